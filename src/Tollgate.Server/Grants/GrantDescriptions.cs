using System.Text.Json;
using Tollgate.Contracts.Customers;
using Tollgate.Contracts.Http;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;

namespace Tollgate.Server.Grants;

/// <summary>The OpenAPI descriptions of <see cref="GrantsEndpoints"/>.</summary>
internal static class GrantDescriptions
{
    private const string Tag = "Customers";

    private const string Pack =
        """
        {"id": "order-77", "feature": "cv_generate", "source": "topup", "priority": 100, "amount": 20, "used": 3,
         "forfeited": 0, "held_back": 0,
         "remaining": 17, "status": "active", "effective_at": "2026-11-21T08:00:00Z", "expires_at": null,
         "created_at": "2026-11-21T08:00:00Z"}
        """;

    private const string Overrides = """{"cv_generate": {"quota": 500, "hard_cap": false}, "priority_support": {"enabled": true}}""";

    private static readonly IReadOnlyDictionary<string, string> Path = new Dictionary<string, string>(CustomerDescriptions.Path)
    {
        ["grant"] = "The grant's id: your own if you gave one.",
    };

    public static readonly Description Add = new(
        Tag,
        "Grant units",
        "Gives the customer units of a metered feature in addition to the plan's quota: a purchased pack, a promotion, a gift. Creates a "
        + "missing customer. The next decision can use the grant.\n\n"
        + "Grants burn by `priority` (lowest first), then by earlier expiry, then rollover before plan before top-up, then by age. The "
        + "plan's own quota takes part with priority 100 and the end of its period. Default priority: 50 for a promotion or gift "
        + "(burned before the plan), 100 for a top-up (one that never expires burns after the plan).\n\n"
        + "With an `id` of your own, a repeat answers 200 with the grant's present state; different content is a 409.")
    {
        Path = Path,
        Request = Example.Of<AddGrantRequest>("""{"feature": "cv_generate", "amount": 20, "source": "topup", "id": "order-77"}"""),
        Answers = [Example.Of<GrantView>(201, "Granted.", Pack), Example.Of<GrantView>(200, "The grant already existed.", Pack)],
        Errors = [ErrorCode.IdempotencyKeyReused, ErrorCode.CustomerIsMember],
    };

    public static readonly Description List = new(
        Tag, "List grants", "Lists all grants of the customer, the newest first, expired and used-up ones included.")
    {
        Path = Path,
        Query = QueryParameter.OfPage,
        Answers = [Example.Of<GrantList>(200, "A page.", $$"""{"data": [{{Pack}}], "has_more": false}""")],
        Errors = [ErrorCode.CustomerNotFound],
    };

    public static readonly Description Show = new(Tag, "Show a grant", "Returns the grant with its used and remaining units.")
    {
        Path = Path,
        Answers = [Example.Of<GrantView>(200, "The grant.", Pack)],
        Errors = [ErrorCode.GrantNotFound],
    };

    public static readonly Description Void = new(
        Tag,
        "Void a grant",
        "Takes back the grant's remaining units. Used units stay used. A repeat changes nothing.")
    {
        Path = Path,
        Answers = [Example.Of<GrantView>(200, "The grant, with nothing remaining.", Pack)],
        Errors = [ErrorCode.GrantNotFound],
    };

    public static readonly Description ShowOverrides = new(
        Tag,
        "Show a customer's overrides",
        "Returns, by feature code, the members of the entitlement that differ from the plan's.")
    {
        Path = Path,
        Answers = [Example.Of<IReadOnlyDictionary<string, JsonElement>>(200, "The overrides; {} when there are none.", Overrides)],
        Errors = [ErrorCode.CustomerNotFound],
    };

    public static readonly Description SetOverrides = new(
        Tag,
        "Override entitlements",
        "Sets, by feature code, members of the entitlement as in the catalogue: `quota` (null is unlimited, 0 disabled), `period`, "
            + "`hard_cap`, "
        + "`overage_limit`, `overage_price`, `rollover`, `rate_limits`, `pool`, `thresholds`, `settle_over`, `grant_on_change`; `enabled` "
        + "for switches, `value` for values. Members that you leave out are the plan's. Features that you leave out keep their "
        + "override; null removes an override. All overrides of a customer have at most 64 KiB together. Creates a missing customer. "
        + "The next decision uses the change.")
    {
        Path = Path,
        Request = Example.Of<IReadOnlyDictionary<string, JsonElement>>(
            """{"cv_generate": {"quota": 500, "hard_cap": false}, "mock_interview": null}"""),
        Answers = [Example.Of<IReadOnlyDictionary<string, JsonElement>>(200, "All overrides of the customer.", Overrides)],
        Errors = [ErrorCode.CustomerIsMember],
    };
}
