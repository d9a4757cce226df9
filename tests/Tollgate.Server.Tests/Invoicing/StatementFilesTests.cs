using AngleSharp.Html.Parser;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Server.Invoicing;
using static Tollgate.Server.Tests.Invoicing.Papers;

namespace Tollgate.Server.Tests.Invoicing;

public sealed class StatementFilesTests
{
    private static readonly StatementParties Parties = new(Seller, Buyer);

    private static readonly Statement Account = StatementRules.Of(
        "org_8812", Currency.Usd, Month(5),
        [Long(3),
            Of(Currency.Usd, [Line("Pro", 1, 29m, 2_900, Currency.Usd)]) with
            {
                Number = "TR-000041", IssuedAt = Utc("2026-04-02T00:00:00Z"),
            }],
        [new(StatementEntryKind.Payment, Utc("2026-05-03T00:00:00Z"), "TR-000041", new(2_900, Currency.Usd))]);

    [Fact]
    public async Task File_page_and_table_say_the_same()
    {
        var text = await Poppler.TextAsync(StatementFiles.Pdf(Account, Parties, new()));
        var page = new HtmlParser().ParseDocument(StatementFiles.Html(Account, Parties, new())).Body!.TextContent.Replace('\u00A0', ' ');
        foreach (var part in (string[])
            [
                "Statement of account", "May 1, 2026 – May 31, 2026", "org_8812", "Opening balance", "$29.00", "Invoice TR-000042", "$1.37",
                "$30.37",
                "Payment of invoice TR-000041", "−$29.00", "Closing balance", "Trendit Analytics GmbH",
            ])
        {
            text.ShouldContain(part);
            page.ShouldContain(part);
        }

        text.ShouldContain("May 1, 2026 Invoice TR-000042 $1.37 $30.37\n");
        text.ShouldContain("May 3, 2026 Payment of invoice TR-000041 −$29.00 $1.37\n");
        InvoiceCsvTests.Read(StatementFiles.Csv(Account))
            .Select(row => $"{row["entry"]} {row["number"]} {row["amount_minor"]} {row["balance"]}").ShouldBe(
            ["opening   29.00", "invoice TR-000042 137 30.37", "payment TR-000041 -2900 1.37", "closing   1.37"]);
    }

    [Fact]
    public async Task A_balance_in_the_customers_favour_is_shown_as_such()
    {
        var account = Account with { Closing = new(-500, Currency.Usd), Entries = [] };
        var text = await Poppler.TextAsync(StatementFiles.Pdf(account, Parties, new() { Locale = "de" }));
        text.ShouldContain("5,00 $ zu Ihren Gunsten");
        text.ShouldContain("In diesem Zeitraum gab es keine Vorgänge.");
    }

    [Theory]
    [InlineData("en")]
    [InlineData("de")]
    [InlineData("fr")]
    [InlineData("es")]
    public void Every_kind_of_entry_has_words(string locale) =>
        Enum.GetValues<StatementEntryKind>()
            .Select(kind => StatementDocument.Describe(new(kind, default, "TR-1", default, default), InvoiceLocale.Of(locale).Words))
            .ShouldAllBe(words => words.Contains("TR-1", StringComparison.Ordinal) && !words.Contains('{'));
}
