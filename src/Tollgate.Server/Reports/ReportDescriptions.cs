using Tollgate.Contracts.Http;
using Tollgate.Contracts.Reports;
using Tollgate.Core.Catalog;
using Tollgate.Core.Reports;
using Tollgate.Server.Analytics;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;

namespace Tollgate.Server.Reports;

/// <summary>The OpenAPI descriptions of the room Reports.</summary>
internal static class ReportDescriptions
{
    private const string Tag = "Reports";

    private const string Sample =
        """
        {"kind": "segments", "title": "Segments", "project": "Shop", "customer": null, "from": "2026-11-01", "to": "2026-11-30",
         "currency": "USD", "at": "2026-12-01T06:00:00Z",
         "sections": [{"name": "by_plan", "title": "Paying customers by plan",
                       "source": "/v1/analytics/segments?to=2026-11-30&group_by=plan",
                       "columns": [{"name": "name", "title": "Name", "type": "text"},
                                   {"name": "customers", "title": "Customers", "type": "number"},
                                   {"name": "mrr", "title": "MRR", "type": "minor"},
                                   {"name": "share", "title": "Share", "type": "ratio"}],
                       "rows": [["pro", "12", "34800", "1"]], "total": ["Total", "12", "34800", "1"], "has_more": false}],
         "notes": []}
        """;

    private const string Schedule =
        """
        {"id": "019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10", "kind": "revenue", "every": "monthly", "format": "pdf",
         "recipients": ["cfo@example.com"], "customer": null, "enabled": true, "next_at": "2026-12-01T04:00:00Z",
         "last_from": "2026-10-01", "last_to": "2026-10-31", "created_at": "2026-09-21T10:00:00Z", "updated_at": "2026-09-21T10:00:00Z"}
        """;

    private const string Body = """{"kind": "revenue", "every": "monthly", "recipients": ["cfo@example.com"]}""";

    /// <summary>The kinds of customers' reports, without the statement, which has operations of its own.</summary>
    public static readonly IReadOnlyList<string> CustomerKinds = [.. CatalogWords.All<ReportKind>().Where(static word =>
        CatalogWords.Read<ReportKind>(word) is var kind && ReportScheduleRules.IsOfCustomer(kind) && kind != ReportKind.Statement)];

    public static readonly IReadOnlyList<string> BusinessKinds =
        [.. CatalogWords.All<ReportKind>().Where(static word => !ReportScheduleRules.IsOfCustomer(CatalogWords.Read<ReportKind>(word)))];

    public static readonly Description Create = new(
        Tag, "Create a report schedule",
        "Tollgate sends the report of each day, week (Monday to Sunday) or month to the recipients, as an attachment, at 06:00 on the next "
            + "day in the project's time zone. If no server ran for some periods, it sends the report of the last one. Customer reports "
            + $"({string.Join(", ", CatalogWords.All<ReportKind>().Where(static word => ReportScheduleRules.IsOfCustomer(CatalogWords.Read<ReportKind>(word))))}) "
            + "need `customer`. A project has at most 1,000 schedules.")
    {
        Request = Example.Of<ReportScheduleBody>(Body),
        Answers = [Example.Of<ReportScheduleView>(201, "Created.", Schedule)],
        Errors = [ErrorCode.ValidationFailed, ErrorCode.LimitReached],
    };

    public static readonly Description List = new(Tag, "List report schedules", "Lists the report schedules of the project, oldest first.")
    {
        Query = [.. QueryParameter.OfPage],
        Answers = [Example.Of<ReportScheduleList>(200, "A page.", $$"""{"data": [{{Schedule}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description Show = new(Tag, "Show a report schedule", "Returns the report schedule.")
    {
        Answers = [Example.Of<ReportScheduleView>(200, "The schedule.", Schedule)],
        Errors = [ErrorCode.ReportScheduleNotFound],
    };

    public static readonly Description Replace = new(
        Tag, "Replace a report schedule", "Replaces the whole schedule. The next report covers the current period.")
    {
        Request = Example.Of<ReportScheduleBody>(Body),
        Answers = [Example.Of<ReportScheduleView>(200, "The schedule.", Schedule)],
        Errors = [ErrorCode.ReportScheduleNotFound, ErrorCode.ValidationFailed],
    };

    public static readonly Description Delete = new(
        Tag, "Delete a report schedule", "Deletes the schedule. Tollgate still sends the mails that it has queued.")
    {
        Answers = [Example.Nothing("Deleted.")],
        Errors = [ErrorCode.ReportScheduleNotFound],
    };

    public static Description Business(ReportFormat format) => Of(
        format, "a report",
        "`revenue`: key figures, recurring revenue by month, margins by plan. `segments`: paying customers by plan, currency and country. "
            + "`churn`: lost customers and revenue, reasons, retention. `growth`: 12 months of MRR and customers with a projection.",
        [ErrorCode.NotFound, ErrorCode.ValidationFailed]) with
    {
        Query = ReportDays.OfMonths,
        Path = new Dictionary<string, string> { ["kind"] = $"One of {string.Join(", ", BusinessKinds)}." },
    };

    public static Description OfCustomer(ReportFormat format) => Of(
        format, "a customer's report",
        "`usage`: the use of features in the current quota periods, and the calls to models in the range. `adoption`: the features of the "
            + "plan, and those in use. `value`: reported values such as saved hours, support tickets and scores, by whole months. For the "
            + "statement, see `GET /v1/customers/{id}/statement`.",
        [ErrorCode.CustomerNotFound, ErrorCode.NotFound, ErrorCode.ValidationFailed]) with
    {
        Query = ReportDays.OfDays,
        Path = new Dictionary<string, string>(CustomerDescriptions.Path) { ["kind"] = $"One of {string.Join(", ", CustomerKinds)}." },
    };

    private static Description Of(ReportFormat format, string what, string kinds, IReadOnlyList<ErrorCode> errors) => new(
        Tag, (format == ReportFormat.Json ? "Show " : "Download ") + what + (format switch
        {
            ReportFormat.Csv => " as CSV",
            ReportFormat.Pdf => " as PDF",
            _ => "",
        }),
        $"{kinds} Each figure equals that of the operation in `source`. A table has at most {ComposeReport.MostLines} lines.")
    {
        Answers =
        [
            format switch
            {
                ReportFormat.Json => Example.Of<ReportView>(200, "The report.", Sample),
                ReportFormat.Csv => Example.OfText(
                    200, "A block for each table.", CsvText.ContentType,
                    "section,name,customers,mrr,share\r\nby_plan,pro,12,34800,1\r\n"),
                _ => Example.OfText(200, "The file.", "application/pdf", "%PDF-1.7 …"),
            },
        ],
        Errors = errors,
    };
}
