using Tollgate.Contracts.Http;
using Tollgate.Contracts.Imports;
using Tollgate.Core.Catalog;
using Tollgate.Core.Imports;
using Tollgate.Engine.Imports;
using Tollgate.Server.Http;

namespace Tollgate.Server.Imports;

/// <summary>The OpenAPI descriptions of the room.</summary>
internal static class ImportDescriptions
{
    private const string Tag = "Imports";

    private const string Summary =
        """
        "id": "019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10", "status": "finished", "format": "ndjson", "kind": null, "dry_run": false,
         "progress": 100, "bytes": 912, "read": 4, "booked": 2, "replayed": 1, "rejected_count": 1, "error": null,
         "created_at": "2026-11-21T08:00:00Z", "started_at": "2026-11-21T08:00:01Z", "finished_at": "2026-11-21T08:00:01Z"
        """;

    private static readonly string One =
        $$"""
        {{{Summary}},
         "rejected": [{"line": 4, "id": "u-3", "code": "feature_not_found", "detail": "Unknown feature 'ats_scam'. Did you mean 'ats_scan'?"}],
         "sums": [{"kind": "usage", "month": "2024-03", "name": "ats_scan", "records": 2, "amount": 5}]}
        """;

    private const string Lines =
        """{"kind": "customers", "id": "user_42", "name": "Sam", "email": "sam@example.com", "created_at": "2024-02-01T09:00:00Z"}""" + "\n"
        + """{"kind": "subscriptions", "id": "s-1", "customer": "user_42", "plan": "pro", "period": "monthly", "started_at": "2024-02-01T09:00:00Z", "ended_at": "2024-06-01T09:00:00Z"}""" + "\n"
        + """{"kind": "invoices", "id": "i-1", "customer": "user_42", "subscription": "s-1", "number": "2024-17", "status": "paid", "total": 2900, "issued_at": "2024-02-01T09:00:00Z"}""" + "\n"
        + """{"kind": "usage", "id": "u-1", "customer": "user_42", "feature": "ats_scan", "quantity": 3, "occurred_at": "2024-03-05T10:00:00Z"}"""
        + "\n"
        + """{"kind": "llm_calls", "id": "l-1", "customer": "user_42", "model": "gpt-4o", "input_tokens": 900, "output_tokens": 120, "cost_usd": "0.00345", "occurred_at": "2024-03-05T10:00:01Z"}""";

    private const string File =
        "id,customer,feature,quantity,occurred_at\r\nu-1,user_42,ats_scan,3,2024-03-05T10:00:00Z\r\n";

    public static readonly Description Create = new(
        Tag, "Import history",
        "Records facts of the past as closed history: events, costs, revenue and reports include it; no quota, new invoice, webhook, "
            + "mail or alert follows from it. The body is NDJSON (an object on each line, with its `kind`) or CSV (the names of the fields in the first "
            + "line, and `?kind=`). Records have any age, and an id of their own: a repeat books nothing, so an import can be sent again at "
            + "any time.\n\nThe answer comes when the whole body is stored. Tollgate then books it in the background, in order; "
            + "`GET /v1/imports/{id}` shows the progress and an account of every record. If the sender disconnects before the end, nothing "
            + "is booked. The fields of each kind are in docs/reference/imports.md.")
    {
        Request = Example.OfText("application/x-ndjson", Lines),
        AlsoAccepts = ["application/jsonl", "application/ndjson", "text/csv"],
        AlsoWritten =
        [
            Example.OfText("application/jsonl", Lines), Example.OfText("application/ndjson", Lines), Example.OfText("text/csv", File),
        ],
        Query =
        [
            new("kind", "The kind of all records. Default: each record names its own.", Words: CatalogWords.All<ImportKind>()),
            new("dry_run", "true: book nothing, and count what would be booked. Default: false.", "boolean"),
        ],
        Answers = [Example.Of<ImportView>(202, "Received. Location is its address.", One)],
        Errors =
        [
            ErrorCode.ValidationFailed, ErrorCode.PayloadTooLarge, ErrorCode.UnsupportedMediaType, ErrorCode.Conflict,
            ErrorCode.IdempotencyKeyReused, ErrorCode.RateLimited,
        ],
    };

    public static readonly Description Show = new(
        Tag, "Retrieve an import",
        "Returns the progress, the counts, the first 1,000 rejected records, and the sums of the accepted ones by month.")
    {
        Path = new Dictionary<string, string> { ["id"] = "The import's id." },
        Answers = [Example.Of<ImportView>(200, "The import.", One)],
        Errors = [ErrorCode.ImportNotFound],
    };

    public static readonly Description List = new(Tag, "List imports", "Lists the project's imports, the newest first.")
    {
        Query = [new("status", "Only imports with this status.", Words: CatalogWords.All<ImportStatus>()), .. QueryParameter.OfPage],
        Answers = [Example.Of<ImportList>(200, "A page.", $$"""{"data": [{{{Summary}}, "rejected": null, "sums": null}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };
}
