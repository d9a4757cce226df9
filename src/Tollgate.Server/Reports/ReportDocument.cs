using System.Globalization;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;
using Tollgate.Server.Invoicing;

namespace Tollgate.Server.Reports;

/// <summary>
/// Writes a report as a document, which the room Invoicing draws. Words are English; amounts and dates are those of invoices.
/// </summary>
internal sealed class ReportDocument
{
    /// <summary>The most characters of a text in a column that does not wrap.</summary>
    private const int LongestWord = 24;

    private const string NoValue = "–";

    private readonly ComposedReport _report;
    private readonly InvoiceLocale _locale;
    private readonly Currency _currency;
    private readonly TimeZoneInfo _zone;

    private ReportDocument(ComposedReport report, InvoiceSettings settings, TimeZoneInfo zone)
    {
        (_report, _locale, _zone) = (report, InvoiceLocale.Of(settings.Language), zone);
        _currency = Currency.Of(report.Currency);
    }

    public static Document Of(ComposedReport report, InvoiceSettings settings, ProjectSnapshot project) =>
        new ReportDocument(report, settings, project.Zone).Whole(settings);

    /// <summary>A name in words: <c>new_customers</c> is New customers, <c>churn.net</c> is Net churn.</summary>
    public static string TitleOf(string name)
    {
        var words = name.Split('.').Reverse().SelectMany(static part => part.Split('_')).Select(static word =>
            word is "mrr" or "arr" or "arpu" or "ltv" or "cac" or "usd" ? word.ToUpperInvariant() : word);
        var text = string.Join(' ', words);
        return char.ToUpperInvariant(text[0]) + text[1..];
    }

    private Document Whole(InvoiceSettings settings)
    {
        var span = SpanOf(_report.Order.From, _report.Order.To);
        return new()
        {
            Identity = $"report {_report.Order} {_report.At}", Locale = _locale, Title = _report.Title, DatedAt = _report.At,
            Seller = settings.Seller, Buyer = _report.Buyer,
            Facts =
            [
                new("Project", _report.Project), .. _report.Order.Customer is { } id ? (DocumentFact[])[new("Customer", id)] : [],
                new("Days", span), new("Currency", _report.Currency), new("Composed", _locale.Date(_report.At, _zone)),
            ],
            Sums = [], Details = [.. _report.Sections.Select(TableOf)], Notes = _report.Notes,
        };
    }

    private string SpanOf(DateOnly from, DateOnly to) =>
        _locale.Days(Core.Analytics.ReportSpan.Of(from, to, _zone).Time, _zone);

    private DocumentTable TableOf(ReportSection section)
    {
        var table = section.Table;
        int[] shown = [.. Enumerable.Range(0, table.Columns.Count).Where(at => table.Columns[at].Name != "unit")];
        var wraps = shown.Where(at => table.Columns[at].Kind is CellKind.Text or CellKind.Word)
            .MaxBy(at => table.Rows.Select(row => row[at]?.Length ?? 0).DefaultIfEmpty().Max());
        var rows = table.Rows.Select(row => RowOf(row, isTotal: false));
        if (table.Total is { } total)
        {
            rows = rows.Append(RowOf(total, isTotal: true));
        }

        return new(
            section.Title,
            [.. shown.Select(at => new DocumentColumn(TitleOf(table.Columns[at].Name), at == wraps ? ColumnKind.Text
                : table.Columns[at].Kind is CellKind.Text or CellKind.Word or CellKind.Time ? ColumnKind.Word : ColumnKind.Number))],
            table.Rows.Count == 0 ? [new([.. shown.Select(at => at == wraps ? "No entries" : "")])] : [.. rows]);

        DocumentRow RowOf(string?[] row, bool isTotal) => new(
            [.. shown.Select(at => isTotal && row[at] is null ? "" : CellOf(table, row, at, at == wraps))])
        {
            IsTotal = isTotal,
        };
    }

    private string CellOf(ReportTable table, string?[] row, int at, bool wraps)
    {
        if (row[at] is not { } text)
        {
            return NoValue;
        }

        return table.Columns[at].Kind switch
        {
            CellKind.Minor => Minor(text),
            CellKind.Major => _locale.Amount(new ExactMoney(Number(text), _currency).Rounded()),
            CellKind.Ratio => Ratio(text),
            CellKind.Unit => InUnit(text, row[table.Columns.Index().First(static one => one.Item.Name == "unit").Index]!),
            CellKind.Number => _locale.Number(Quantity.Of(Number(text))),
            CellKind.Time => _locale.Date(Instant.From(DateTimeOffset.Parse(text, CultureInfo.InvariantCulture)), _zone),
            CellKind.Word => TitleOf(text),
            _ => wraps || text.Length <= LongestWord ? text : text[..(LongestWord - 1)] + "…",
        };
    }

    private string InUnit(string text, string unit) => unit switch
    {
        "minor" => Minor(text),
        "ratio" => Ratio(text),
        _ => _locale.Number(Quantity.Of(Number(text))),
    };

    private string Minor(string text) => _locale.Amount(new MoneyAmount((long)Number(text), _currency));

    private string Ratio(string text) => _locale.Rate(new Percent(Number(text) * 100));

    private static decimal Number(string text) => decimal.Parse(text, NumberStyles.Number, CultureInfo.InvariantCulture);
}
