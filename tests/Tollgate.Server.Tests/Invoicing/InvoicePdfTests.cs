using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Server.Invoicing;
using static Tollgate.Server.Tests.Invoicing.Papers;

namespace Tollgate.Server.Tests.Invoicing;

public sealed partial class InvoicePdfTests
{
    private static readonly InvoiceStyle Style = new() { Footer = Footer };

    [Fact]
    public async Task The_file_says_what_the_invoice_says()
    {
        // Computed by hand: 897.00 - 15.47 + 2568.23 + 5.94, less 20 %, less 10, and 19 % of the rest.
        var text = await Poppler.TextAsync(InvoicePdf.Of(Rich(), Style));
        foreach (var part in (string[])
            [
                "Invoice", "Number TR-000042", "Date of issue May 1, 2026", "Due date May 15, 2026", "Period May 1, 2026 – May 31, 2026",
                "Customer org_8812", "Currency EUR", "€3,204.13 due by May 15, 2026",
                "Trendit Analytics GmbH", "Torstraße 140", "10119 Berlin", "Tax ID DE 299 481 203", "Ελληνικά Γράμματα & Сыновья",
                "Tax ID EL 094 259 216",
                "Enterprise, monthly 3 €299.00 €897.00", "Unused time of Pro, monthly 1 −€15.47",
                "API calls beyond the plan 1,284,113 €0.002 €2,568.23",
                "48,120,345.5 €0.000000123456 €5.94", "Apr 1, 2026 – Apr 30, 2026",
                "Subtotal €3,455.70", "Discount −€701.14", "WELCOME, 20 % for three months: −€691.14",
                "Goodwill after the outage of 12 April: −€10.00",
                "VAT 19% €523.37", "Total €3,277.93", "Paid from credits −€50.00", "Credited −€23.80", "Amount due €3,204.13",
                "VAT 19% €2,754.56 €523.37", "TR-CN-000007 May 4, 2026 Two seats were never used. −€23.80",
                "Reverse charge: the recipient owes the tax", "HRB 210 443 B", "IBAN DE89 3704 0044 0532 0130 00", "Page 1 of 1",
            ])
        {
            text.ShouldContain(part);
        }
    }

    [Fact]
    public async Task Every_one_of_many_lines_stands_on_some_page_below_a_head()
    {
        var invoice = Long(120);
        var pages = await Poppler.PagesAsync(InvoicePdf.Of(invoice, Style));
        pages.Length.ShouldBeGreaterThan(3);
        foreach (var (index, page) in pages.Index())
        {
            page.ShouldContain($"Page {index + 1} of {pages.Length}");
            page.ShouldContain("Description Quantity Unit price Amount");
            page.ShouldContain("TR-000042");
        }

        var lines = LineOfLong().Matches(string.Concat(pages));
        lines.Select(line => int.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture)).ShouldBe(Enumerable.Range(1, 120));
        lines.Sum(line => (long)(decimal.Parse(line.Groups[2].Value, CultureInfo.InvariantCulture) * 100)).ShouldBe(invoice.Subtotal.Minor);
        pages[^1].ShouldContain("Total $1,659.91");
        pages[^1].ShouldContain("Sales tax 8.875% $135.31");
    }

    [Theory]
    [InlineData("JPY", 1234567, "¥1,234,567")]
    [InlineData("KWD", 1234567, "KWD 1,234.567")]
    [InlineData("CLP", 990, "CLP 990")]
    [InlineData("USD", 5, "$0.05")]
    public async Task Amounts_have_the_decimals_of_their_currency(string code, long minor, string expected)
    {
        var currency = Currency.Of(code);
        var text = await Poppler.TextAsync(InvoicePdf.Of(Of(currency, [Line("Plan", 1, null, minor, currency)]), Style));
        text.ShouldContain($"Plan 1 {expected}\n");
        text.ShouldContain($"Amount due {expected}\n");
    }

    [Fact]
    public async Task A_price_of_twelve_decimals_and_the_largest_amounts_fit()
    {
        var kwd = Currency.Of("KWD");
        var sold = Line(new string('Ж', 300), 999_999_999_999_999_998.123456789m, 999_999.123456789012m, long.MaxValue, kwd);
        var text = await Poppler.TextAsync(InvoicePdf.Of(Of(kwd, [sold]), Style));
        text.ShouldContain("999,999,999,999,999,998.123456789 KWD 999,999.123456789012 KWD 9,223,372,036,854,775.807");
        text.Count(letter => letter == 'Ж').ShouldBe(300);
    }

    [Theory]
    [InlineData(InvoiceStatus.Draft, "DRAFT Invoice")]
    [InlineData(InvoiceStatus.Paid, "PAID Invoice")]
    [InlineData(InvoiceStatus.Void, "VOID Invoice")]
    [InlineData(InvoiceStatus.Uncollectible, "UNCOLLECTIBLE Invoice")]
    public async Task A_mark_says_where_it_stands(InvoiceStatus status, string expected)
    {
        var invoice = Of(
            Currency.Usd, [Line("Pro, monthly", 1, 29m, 2_900, Currency.Usd)], paid: status == InvoiceStatus.Paid ? 2_900 : 0,
            status: status);
        var text = await Poppler.TextAsync(InvoicePdf.Of(invoice, Style));
        text.ShouldContain(expected);
        text.ShouldContain(status == InvoiceStatus.Draft ? "Amount due $29.00" : "Amount due $0.00");
        text.Contains("TR-000042", StringComparison.Ordinal).ShouldBe(status != InvoiceStatus.Draft);
    }

    [Fact]
    public async Task Tax_that_the_prices_contain_is_not_added()
    {
        var invoice = Of(
            Currency.Usd, [Line("Pro, monthly", 1, 119m, 11_900, Currency.Usd)],
            rates: [new("VAT", new(19), true), new("City tax", new(1), true)]);
        var text = await Poppler.TextAsync(InvoicePdf.Of(invoice, Style));
        text.ShouldContain("Total $119.00");
        text.ShouldContain("VAT 19%, included in the prices $18.84");
        text.ShouldContain("City tax, included in the prices 1% $99.17 $0.99");
        text.ShouldContain("Total $19.83");
    }

    [Fact]
    public async Task A_credit_note_is_a_document_of_its_own()
    {
        var invoice = Rich();
        var text = await Poppler.TextAsync(InvoicePdf.Of(invoice, invoice.CreditNotes[0], Style));
        foreach (var part in (string[])[
            "Credit note", "Number TR-CN-000007", "For invoice TR-000042", "Total €23.80", "Tax €3.80",
            "Reason: Two seats were never used."])
        {
            text.ShouldContain(part);
        }
    }

    [Fact]
    public async Task The_same_invoice_gives_the_same_bytes()
    {
        var style = Style with { Logo = Png(64) };
        var first = InvoicePdf.Of(Rich(), style);
        await Parallel.ForAsync(0, 16, (_, _) =>
        {
            InvoicePdf.Of(Rich(), style).ShouldBe(first);
            return ValueTask.CompletedTask;
        });
        InvoicePdf.Of(Rich() with { Id = Guid.Empty }, style).ShouldNotBe(first);
        (await Poppler.InfoAsync(first)).ShouldContain("2026");
        Encoding.Latin1.GetString(first).ShouldContain("/CreationDate (D:20260501010000Z)");
    }

    [Fact]
    public async Task Fonts_are_inside_of_the_file_and_cut_to_what_is_used()
    {
        var pdf = InvoicePdf.Of(Rich(), Style);
        var fonts = (await Poppler.FontsAsync(pdf)).Split('\n', StringSplitOptions.RemoveEmptyEntries)[2..];
        fonts.Length.ShouldBe(2);
        fonts.ShouldAllBe(font => font.Contains("+Inter-", StringComparison.Ordinal) && Regex.IsMatch(font, @"yes\s+yes\s+yes"));
        pdf.Length.ShouldBeLessThan(40_000);
    }

    [Theory]
    [InlineData("en", "Invoice", "$1,234,567.89", "May 1, 2026")]
    [InlineData("de", "Rechnung", "1.234.567,89 $", "01.05.2026")]
    [InlineData("fr", "Facture", "1 234 567,89 $", "01/05/2026")]
    [InlineData("es", "Factura", "1.234.567,89 $", "01/05/2026")]
    public async Task It_speaks_the_language_of_its_locale(string locale, string title, string total, string issued)
    {
        var invoice = Of(Currency.Usd, [Line("Pro", 1, null, 123_456_789, Currency.Usd)]);
        var text = await Poppler.TextAsync(InvoicePdf.Of(invoice, Style with { Locale = locale }));
        text.ShouldContain(title);
        text.ShouldContain(total);
        text.ShouldContain(issued);
    }

    [Fact]
    public async Task Days_are_those_of_the_projects_zone()
    {
        var text = await Poppler.TextAsync(
            InvoicePdf.Of(Rich(), Style with { Zone = TimeZoneInfo.FindSystemTimeZoneById("America/Los_Angeles") }));
        text.ShouldContain("Date of issue Apr 30, 2026");
    }

    [Fact]
    public async Task A_character_that_the_font_lacks_becomes_a_box()
    {
        var buyer = Buyer with { Name = "شركة 中文 🎉 e\u0301 \ud83c \u202eevil\u0000", Address = [] };
        var text = await Poppler.TextAsync(InvoicePdf.Of(Rich() with { Buyer = buyer }, Style));
        text.ShouldContain("□□□□ □□ □ é □ evil");
    }

    [Fact]
    public async Task Endless_texts_break_over_lines_and_pages()
    {
        var jpy = Currency.Of("JPY");
        var invoice = Of(
            jpy, [Line(new string('W', 6_000), 1, 5, 5, jpy), Line(string.Join(' ', Enumerable.Repeat("word", 3_000)), 1, 5, 5, jpy),
                Line("last", 1, 5, 5, jpy)]) with
        {
            Customer = new string('c', 500),
            Seller = Seller with { Name = new string('s', 400), Address = [.. Enumerable.Repeat(new string('a', 300), 40)] },
        };
        var pdf = InvoicePdf.Of(invoice, Style with { Footer = string.Join(' ', Enumerable.Repeat("legal", 400)) });
        var text = await Poppler.TextAsync(pdf);
        text.Count(letter => letter == 'W').ShouldBe(6_000);
        Regex.Count(text, "word").ShouldBe(3_000);
        Regex.Count(text, "legal").ShouldBe(400);
        text.ShouldContain("last 1 ¥5 ¥5");
        await Poppler.DrawAsync(pdf);
    }

    [Fact]
    public async Task An_invoice_of_a_sandbox_says_so() =>
        (await Poppler.TextAsync(InvoicePdf.Of(Rich(), Style with { IsSandbox = true }))).ShouldContain("This is a test document.");

    [GeneratedRegex(@"Feature number (\d+) beyond the plan [\d,]+ \$0\.0125 \$([\d.,]+)\n")]
    private static partial Regex LineOfLong();
}
