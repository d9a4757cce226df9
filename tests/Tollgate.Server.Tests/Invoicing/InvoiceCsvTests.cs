using System.Globalization;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Server.Invoicing;
using static Tollgate.Server.Tests.Invoicing.Papers;

namespace Tollgate.Server.Tests.Invoicing;

public sealed class InvoiceCsvTests
{
    [Fact]
    public void Read_back_it_gives_the_amounts_of_the_invoice()
    {
        var invoice = Rich();
        var rows = Read(InvoiceCsv.Of([invoice]));
        rows.Count.ShouldBe(invoice.Lines.Count);
        foreach (var (row, line) in rows.Zip(invoice.Lines))
        {
            (row["description"],
                row["amount_minor"]).ShouldBe((line.Description, line.Amount.Minor.ToString(CultureInfo.InvariantCulture)));
            decimal.Parse(row["amount"], CultureInfo.InvariantCulture).ShouldBe(line.Amount.Major);
            decimal.Parse(row["quantity"], CultureInfo.InvariantCulture).ShouldBe(line.Quantity.Value);
            (row["invoice_number"], row["customer"], row["currency"]).ShouldBe(("TR-000042", "org_8812", "EUR"));
            (row["subtotal"], row["discount"], row["tax"], row["total"]).ShouldBe(("3455.70", "701.14", "523.37", "3277.93"));
            (row["subtotal_minor"], row["discount_minor"], row["tax_minor"],
                row["total_minor"]).ShouldBe(("345570", "70114", "52337", "327793"));
            (row["amount_paid"], row["amount_due"]).ShouldBe(("50.00", "3204.13"));
            (row["period_start"], row["period_end"]).ShouldBe(("2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z"));
        }

        rows.Select(row => row["kind"]).ShouldBe(["subscription", "proration_credit", "usage", "usage", "discount", "discount"]);
        rows[3]["unit_price"].ShouldBe("0.000000123456");
    }

    [Theory]
    [InlineData("JPY", 1234, "1234")]
    [InlineData("KWD", -1234, "-1.234")]
    [InlineData("USD", 5, "0.05")]
    public void Major_units_have_the_decimals_of_the_currency(string code, long minor, string expected)
    {
        var currency = Currency.Of(code);
        Read(InvoiceCsv.Of([Of(currency, [Line("x", 1, null, minor, currency)])]))[0]["amount"].ShouldBe(expected);
    }

    [Theory]
    [InlineData("=1+1")]
    [InlineData("+1")]
    [InlineData("-1")]
    [InlineData("@SUM(A1)")]
    [InlineData("\t=1")]
    [InlineData("=HYPERLINK(\"http://x\",\"y\"),\n2")]
    [InlineData("＝1+1")]
    [InlineData("＠SUM(A1)")]
    [InlineData(" =1")]
    [InlineData("\u200E\uFEFF=1")]
    public void A_text_is_no_formula(string text)
    {
        var row = Read(InvoiceCsv.Of([Of(Currency.Usd, [Line(text, 1, 1, 100, Currency.Usd)]) with { Customer = text, Number = text }]))[0];
        (row["description"], row["customer"], row["invoice_number"]).ShouldBe(("'" + text, "'" + text, "'" + text));
    }

    [Theory]
    [InlineData("a;=1+1;b", "a;'=1+1;b")]
    [InlineData("a; ＝1;", "a;' ＝1;")]
    [InlineData("a;b; c-1", "a;b; c-1")]
    public void A_text_is_no_formula_behind_a_semicolon(string text, string expected) =>
        Read(InvoiceCsv.Of([Of(Currency.Usd, [Line(text, 1, 1, 100, Currency.Usd)])]))[0]["description"].ShouldBe(expected);

    [Fact]
    public void An_invoice_without_lines_has_one_row()
    {
        var rows = Read(InvoiceCsv.Of([Of(Currency.Usd, []), Of(Currency.Usd, [Line("a, \"b\"\r\nc", 1, 1, 100, Currency.Usd)])]));
        (rows[0]["line"], rows[0]["line_period_end"], rows[0]["total"], rows[0]["amount_due"]).ShouldBe(("", "", "0.00", "0.00"));
        (rows[1]["line"], rows[1]["description"], rows[1]["total"]).ShouldBe(("1", "a, \"b\"\r\nc", "1.00"));
    }

    /// <summary>A reader of RFC 4180 that shares nothing with the writer. Rows must have as many cells as the header.</summary>
    internal static List<Dictionary<string, string>> Read(string csv)
    {
        var (rows, row, cell, quoted) = (new List<List<string>>(), new List<string>(), new System.Text.StringBuilder(), false);
        for (var at = 0; at < csv.Length; at++)
        {
            switch (csv[at])
            {
                case '"' when quoted && at + 1 < csv.Length && csv[at + 1] == '"':
                    cell.Append(csv[at++]);
                    break;
                case '"':
                    quoted = !quoted;
                    break;
                case ',' when !quoted:
                    row.Add(cell.ToString());
                    cell.Clear();
                    break;
                case '\r' when !quoted:
                    csv[++at].ShouldBe('\n');
                    row.Add(cell.ToString());
                    cell.Clear();
                    rows.Add(row);
                    row = [];
                    break;
                default:
                    cell.Append(csv[at]);
                    break;
            }
        }

        rows.ShouldAllBe(cells => cells.Count == rows[0].Count);
        return [.. rows.Skip(1)
            .Select(cells => rows[0].Zip(cells).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal))];
    }
}
