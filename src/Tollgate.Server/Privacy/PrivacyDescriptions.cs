using Tollgate.Contracts.Http;
using Tollgate.Contracts.Privacy;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;

namespace Tollgate.Server.Privacy;

/// <summary>The OpenAPI descriptions of <see cref="PrivacyEndpoints"/>.</summary>
internal static class PrivacyDescriptions
{
    private const string Tag = "Privacy";

    private const string Done =
        """
        {"id": "019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10", "customer": "erased_4f1d07a9c25be86013d9a7ef", "status": "done",
         "requested_by": "key 019aa59f-0b7d-7c1a-8f35-2a6de1b0c9d4", "requested_at": "2026-11-21T08:00:00Z", "done_at": "2026-11-21T08:00:01Z",
         "changes": {"customers": 1, "events": 1842, "mails": 7}}
        """;

    public static readonly Description Export = new(
        Tag, "Export a customer's data",
        "Returns everything that the database has about a customer as one ZIP file: for each table a JSON array and a CSV file with the same "
            + "rows, and `manifest.json`, which says what each file is and which tables are left out, with the reason. Secrets are not in it: "
            + "no texts of tokens, no card tokens. In CSV, texts that a spreadsheet would run as a formula begin with an apostrophe. The file is "
            + "written while it is read; the export counts towards `TOLLGATE_EXPORTS_PER_PROJECT`.")
    {
        Path = CustomerDescriptions.Path,
        Answers = [Example.OfText(StatusCodes.Status200OK, "The file.", ExportFile.ContentType, "PK…")],
        Errors = [ErrorCode.CustomerNotFound, ErrorCode.RateLimited],
    };

    public static readonly Description Erase = new(
        Tag, "Erase a customer",
        "Erases the person: profile, members, tokens, texts and properties of usage, mails, alerts, copies in webhooks, provider events and "
            + "stored answers. **Nothing can undo it.** Invoices, credit notes and payments stay, as tax law wants, and sums of usage, all under a "
            + "random pseudonym. The guide to privacy lists what stays.\n\n"
            + "The subscription must have ended and all invoices and payments must be settled; otherwise the answer is a 409 that says what to "
            + "do. Later requests for the id get 410 `customer_erased`, until `POST /v1/customers` creates a customer with it. "
            + "A repeat changes nothing and gets the same answer. If `status` is `running`, Tollgate continues in the background.")
    {
        Path = CustomerDescriptions.Path,
        Answers = [Example.Of<ErasureView>(StatusCodes.Status200OK, "The erasure.", Done)],
        Errors = [ErrorCode.CustomerNotFound, ErrorCode.CustomerInBusiness, ErrorCode.CustomerBusy],
    };

    public static readonly Description List = new(
        Tag, "List erasures", "Lists the erasures of the project, newest first. The list names nobody.")
    {
        Query = QueryParameter.OfPage,
        Answers = [Example.Of<ErasureList>(StatusCodes.Status200OK, "A page.", $$"""{"data": [{{Done}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };
}
