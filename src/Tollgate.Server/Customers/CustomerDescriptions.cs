using Tollgate.Contracts.Customers;
using Tollgate.Contracts.Http;
using Tollgate.Server.Http;

namespace Tollgate.Server.Customers;

/// <summary>What the OpenAPI document says about <see cref="CustomersEndpoints"/>.</summary>
internal static class CustomerDescriptions
{
    private const string Tag = "Customers";

    public const string Ada =
        """
        {"id": "u_1842", "name": "Ada Lovelace", "email": "ada@example.com", "currency": "EUR", "time_zone": "Europe/Berlin",
         "country": "DE", "tax_id": "DE136695976",
         "tax": {"vat_status": "valid", "checked_at": "2026-11-21T08:00:03Z", "source": "vies", "consultation_number": "WAPIAAAAYtzS3xZW", "name": "Lovelace Analytics GmbH", "detail": null},
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
        "Optional: customers are created on first use by their id. Creating one before says its name, e-mail and so on.\n\n"
        + "A repeat with the same content answers 200. A customer that the first use created takes the content and answers 200. "
        + "Other content for a customer of which something is known already is a 409; change it with PATCH.")
    {
        Request = Example.Of<CreateCustomerRequest>(
            """{"id": "u_1842", "name": "Ada Lovelace", "email": "ada@example.com", "currency": "EUR", "country": "DE", "tax_id": "DE136695976", "metadata": {"signup": "spring"}}"""),
        Answers = [Example.Of<CustomerView>(201, "Created.", Ada), Example.Of<CustomerView>(200, "It existed with this content, or with none.", Ada)],
        Errors = [ErrorCode.CustomerExists],
    };

    public static readonly Description List = new(
        Tag,
        "List customers",
        "In byte order of the id, which stays the same while customers come and go. `search` finds by the beginning of the id or of "
        + "the e-mail address.")
    {
        Query = [.. QueryParameter.OfPage, new("search", "The beginning of an id (exact case) or of an e-mail address (any case).")],
        Answers = [Example.Of<CustomerList>(200, "A page.", $$"""{"data": [{{Ada}}], "has_more": false}""")],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static readonly Description Show = new(Tag, "Show a customer", "What is known about it, and the plan that it is on. `tax` says whether its VAT id exists: Tollgate asks VIES in the background, asks again while VIES "
        + "does not answer, and checks a valid id again after 30 days. In sandbox projects ids with the digits `111111` are invalid, those with `222222` stay pending, and all "
        + "others are valid.")
    {
        Path = Path,
        Answers = [Example.Of<CustomerView>(200, "The customer.", Ada)],
        Errors = [ErrorCode.CustomerNotFound],
    };

    public static readonly Description Update = new(
        Tag,
        "Change a customer",
        "What is left out stays; null clears. `metadata` merges key by key: a null value removes its key. The limits hold for the result. The "
        + "`currency` stays once there is a subscription or an invoice in it.")
    {
        Path = Path,
        Request = Example.Of<UpdateCustomerRequest>("""{"email": null, "country": "DE", "metadata": {"signup": null, "segment": "agency"}}"""),
        Answers = [Example.Of<CustomerView>(200, "The customer as it is now.", Ada)],
        Errors = [ErrorCode.CustomerNotFound, ErrorCode.CurrencyFixed],
    };

    public static readonly Description Delete = new(
        Tag,
        "Delete a customer",
        "For one that was created by mistake. A customer for whom the ledger has recorded anything stays: usage, a reservation, or a "
        + "refused decision is a 409 with the reason. So are members, and being one.")
    {
        Path = Path,
        Answers = [Example.Nothing("Deleted, with its grants and overrides.")],
        Errors = [ErrorCode.CustomerNotFound, ErrorCode.Conflict, ErrorCode.CustomerIsMember],
    };

    public static readonly Description AssignPlan = new(
        Tag,
        "Put a customer on a plan",
        "Pins the newest published version of the plan; later versions do not touch the customer until the plan is assigned again. "
        + "Creates the customer when it is missing. null goes back to the project's default plan. Used stays used, the new plan's "
        + "quotas count from now on in the running periods, and the very next decision sees them. Assigning what the customer has "
        + "already changes nothing.")
    {
        Path = Path,
        Request = Example.Of<AssignPlanRequest>("""{"plan": "pro"}"""),
        Answers = [Example.Of<CustomerView>(200, "The customer on its plan.", Ada)],
        Errors = [ErrorCode.PlanNotFound, ErrorCode.SubscriptionExists, ErrorCode.CustomerIsMember],
    };
}
