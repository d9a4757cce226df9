using Tollgate.Contracts.Customers;
using Tollgate.Contracts.Http;
using Tollgate.Server.Http;

namespace Tollgate.Server.Customers;

/// <summary>The OpenAPI descriptions of <see cref="CustomersEndpoints"/>.</summary>
internal static class CustomerDescriptions
{
    private const string Tag = "Customers";

    public const string Ada =
        """
        {"id": "u_1842", "name": "Ada Lovelace", "email": "ada@example.com", "currency": "EUR", "time_zone": "Europe/Berlin",
         "country": "DE", "tax_id": "DE136695976",
         "tax": {"vat_status": "valid", "checked_at": "2026-11-21T08:00:03Z", "source": "vies", "consultation_number": "WAPIAAAAYtzS3xZW",
          "name": "Lovelace Analytics GmbH", "detail": null},
         "tax_exempt": null, "metadata": {"signup": "spring"}, "plan": "free", "plan_version": 1, "member_of": null,
         "created_at": "2026-11-21T08:00:00Z"}
        """;

    public static readonly IReadOnlyDictionary<string, string> Path = new Dictionary<string, string>
    {
        ["id"] = "Your own id of the customer, percent-encoded: `org%2F42` for `org/42`.",
    };

    public static readonly Description Create = new(
        Tag,
        "Create a customer",
        "Optional: Tollgate creates a customer when its id is first used. Create one yourself to set its name, "
            + "e-mail address and so on.\n\n"
        + "A repeat with the same content answers 200. A customer that its first use created takes the content and answers 200. "
        + "Different content for a customer that already has some is a 409; change it with PATCH.")
    {
        Request = Example.Of<CreateCustomerRequest>(
            """{"id": "u_1842", "name": "Ada Lovelace", "email": "ada@example.com", "currency": "EUR", "country": "DE", "tax_id": "DE136695976", "metadata": {"signup": "spring"}}"""),
        Answers = [
            Example.Of<CustomerView>(201, "Created.", Ada),
            Example.Of<CustomerView>(200, "The customer existed with this content, or with none.", Ada)],
        Errors = [ErrorCode.CustomerExists],
    };

    private static readonly QueryParameter Search = new(
        "search", "The beginning of an id (exact case) or of an e-mail address (any case).");

    public static readonly Description List = new(
        Tag,
        "List customers",
        "Lists customers in byte order of their ids, so pages stay stable while customers come and go. "
            + "`search` finds customers by the beginning of the id or of "
        + "the e-mail address.")
    {
        Query = [.. QueryParameter.OfPage, Search],
        Answers = [Example.Of<CustomerList>(200, "A page.", $$"""{"data": [{{Ada}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description Csv = Description.OfFile(
        Tag, "Export customers", "customers", "in byte order of their ids", CustomerCsv.Columns, [Search]);

    public static readonly Description Show = new(
        Tag, "Show a customer",
        "Returns the customer and its plan. `tax` says whether its VAT id exists: Tollgate checks it with VIES in the background, "
            + "retries while VIES "
        + "does not answer, and checks a valid id again after 30 days. In sandbox projects, ids with the digits `111111` are invalid, "
        + "those with `222222` stay pending, and all "
        + "others are valid.")
    {
        Path = Path,
        Answers = [Example.Of<CustomerView>(200, "The customer.", Ada)],
        Errors = [ErrorCode.CustomerNotFound],
    };

    public static readonly Description Update = new(
        Tag,
        "Change a customer",
        "A field that you leave out stays; null clears it. `metadata` merges key by key: a null value removes its key. "
            + "The limits apply to the result. The "
        + "`currency` cannot change once the customer has a subscription or an invoice in it.")
    {
        Path = Path,
        Request = Example.Of<UpdateCustomerRequest>(
            """{"email": null, "country": "DE", "metadata": {"signup": null, "segment": "agency"}}"""),
        Answers = [Example.Of<CustomerView>(200, "The customer as it is now.", Ada)],
        Errors = [ErrorCode.CustomerNotFound, ErrorCode.CurrencyFixed],
    };

    public static readonly Description Delete = new(
        Tag,
        "Delete a customer",
        "Deletes a customer that was created by mistake. A customer for whom the ledger has recorded usage, a reservation or a "
        + "refused decision cannot be deleted: the answer is a 409 with the reason. The same holds for a customer that has members or is "
        + "one.")
    {
        Path = Path,
        Answers = [Example.Nothing("Deleted, with its grants and overrides.")],
        Errors = [ErrorCode.CustomerNotFound, ErrorCode.Conflict, ErrorCode.CustomerIsMember],
    };

    public static readonly Description AssignPlan = new(
        Tag,
        "Put a customer on a plan",
        "Pins the newest published version of the plan; later versions do not touch the customer until the plan is assigned again. "
        + "Creates a missing customer. null returns the customer to the project's default plan. Earlier usage still counts, the new plan's "
        + "quotas apply from now on in the running periods, and the next decision uses them. Assigning the customer's present plan "
        + "changes nothing.")
    {
        Path = Path,
        Request = Example.Of<AssignPlanRequest>("""{"plan": "pro"}"""),
        Answers = [Example.Of<CustomerView>(200, "The customer on its plan.", Ada)],
        Errors = [ErrorCode.PlanNotFound, ErrorCode.SubscriptionExists, ErrorCode.CustomerIsMember],
    };
}
