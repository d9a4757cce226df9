using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Server.Invoicing;
using static Tollgate.Server.Tests.Invoicing.Papers;

namespace Tollgate.Server.Tests.Invoicing;

public sealed class InvoiceHtmlTests
{
    private const string Evil = "</td></style><script>alert(1)</script>\"' onload=x <img src=x onerror=alert(1)> &amp;";

    private static readonly InvoiceStyle Style = new() { Footer = Footer };

    [Fact]
    public void The_page_says_what_the_invoice_says()
    {
        var page = Parse(InvoiceHtml.Of(Rich(), Style));
        page.QuerySelectorAll("table.lines tbody tr").Select(Words).ShouldBe(
        [
            "Enterprise, monthly Apr 1, 2026 – Apr 30, 2026 | 3 | €299.00 | €897.00",
            "Unused time of Pro, monthly Apr 1, 2026 – Apr 30, 2026 | 1 |  | −€15.47",
            "API calls beyond the plan Apr 1, 2026 – Apr 30, 2026 | 1,284,113 | €0.002 | €2,568.23",
            "Tokens of language models beyond the plan, all providers together, input and output, counted as the providers count them "
                + "Apr 1, 2026 – Apr 30, 2026 | 48,120,345.5 | €0.000000123456 | €5.94",
        ]);
        page.QuerySelectorAll(".sums > div").Select(Words).ShouldBe(
        [
            "Subtotal | €3,455.70",
            "Discount WELCOME, 20 % for three months : −€691.14 Goodwill after the outage of 12 April : −€10.00 | −€701.14",
            "VAT 19% | €523.37", "Total | €3,277.93", "Paid from credits | −€50.00", "Credited | −€23.80", "Amount due | €3,204.13",
        ]);
        page.QuerySelectorAll("table.details tbody tr").Select(Words)
            .ShouldBe(["VAT | 19% | €2,754.56 | €523.37", "TR-CN-000007 | May 4, 2026 | Two seats were never used. | −€23.80"]);
        page.QuerySelectorAll("thead th").ShouldAllBe(head => head.GetAttribute("scope") == "col");
        page.QuerySelectorAll("tbody th").ShouldAllBe(head => head.GetAttribute("scope") == "row");
        page.DocumentElement.GetAttribute("lang").ShouldBe("en");
        page.Title.ShouldBe("Invoice TR-000042");
    }

    [Fact]
    public void User_text_appears_only_as_text()
    {
        var usd = Currency.Usd;
        var invoice = Of(usd, [Line(Evil, 1, 1, 100, usd)], [new(Evil, new Percent(10), null)], [new(Evil, new(19), false)]) with
        {
            Number = Evil, Customer = Evil, TaxNote = Evil,
            Seller = new() { Name = Evil, Address = [Evil], Email = Evil, TaxId = Evil, Country = Evil },
            Buyer = new() { Name = Evil },
            CreditNotes = [new(Guid.Empty, Evil, Utc("2026-05-04T09:00:00Z"), Evil, [], MoneyAmount.Zero(usd), MoneyAmount.Zero(usd))],
        };
        var plain = Parse(InvoiceHtml.Of(Rich(), Style with { Logo = Png(16) }));
        var page = Parse(InvoiceHtml.Of(invoice, new() { Footer = Evil, Logo = Png(16) }));
        page.QuerySelectorAll("script, [onload], [onerror]").ShouldBeEmpty();
        page.QuerySelectorAll("img").Length.ShouldBe(1);
        page.QuerySelectorAll("style").Single().TextContent.ShouldBe(plain.QuerySelectorAll("style").Single().TextContent);
        page.All.Select(element => element.LocalName).Distinct().Except(plain.All.Select(element => element.LocalName)).ShouldBeEmpty();
        page.QuerySelector("table.lines tbody th")!.TextContent.ShouldStartWith(Evil);
        page.Title!.ShouldContain(Evil);
    }

    [Fact]
    public void The_page_needs_nothing_else_and_runs_nothing()
    {
        var html = InvoiceHtml.Of(Rich(), Style with { Logo = Png(16) });
        var page = Parse(html);
        page.QuerySelectorAll("script, link, iframe, object, base, form").ShouldBeEmpty();
        page.QuerySelectorAll("[src], [href]").Select(element => element.GetAttribute("src") ?? element.GetAttribute("href")!)
            .ShouldAllBe(source => source.StartsWith("data:image/png;base64,", StringComparison.Ordinal));
        html.ShouldNotContain("url(");
        html.ShouldNotContain("@import");
        Parse(InvoiceHtml.Of(Rich(), Style with { Logo = "<svg onload='x'/>"u8.ToArray() })).QuerySelectorAll("img").ShouldBeEmpty();
    }

    [Fact]
    public void Page_and_file_are_of_the_same_language()
    {
        var page = Parse(InvoiceHtml.Of(Rich() with { Status = InvoiceStatus.Paid }, Style with { Locale = "de-AT" }));
        page.DocumentElement.GetAttribute("lang").ShouldBe("de-AT");
        page.QuerySelector(".mark")!.TextContent.ShouldBe("Bezahlt");
        page.QuerySelector(".sums .total dd")!.TextContent.ShouldBe("€\u00A03.277,93");
    }

    private static IDocument Parse(string html) => new HtmlParser().ParseDocument(html);

    /// <summary>The parts of a row, the texts of each with one space between them.</summary>
    private static string Words(IElement row) => string.Join(" | ", row.Children.Select(cell => string.Join(
        ' ', cell.Descendants<IText>().Select(text => text.Data.Replace('\u00A0', ' ').Trim()).Where(text => text.Length > 0))));
}
