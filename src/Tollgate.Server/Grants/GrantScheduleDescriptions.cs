using Tollgate.Contracts.Customers;
using Tollgate.Contracts.Http;
using Tollgate.Engine.Grants;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;

namespace Tollgate.Server.Grants;

/// <summary>The OpenAPI descriptions of <see cref="GrantSchedulesEndpoints"/>.</summary>
internal static class GrantScheduleDescriptions
{
    private const string Tag = "Customers";

    private const string Monthly =
        """
        {"id": "club", "feature": "cv_generate", "amount": 100, "every": "month", "expires_after": 1, "source": "gift",
         "priority": 50, "status": "active",
         "starts_at": "2026-11-30T08:00:00Z", "ends_at": null, "next_at": "2026-12-30T08:00:00Z", "created_at": "2026-11-30T08:00:00Z"}
        """;

    private const string Withdrawal =
        """
        {"id": "refund-9", "feature": "cv_generate", "source": "topup", "requested": 20, "amount": 20,
         "grants": [{"grant": "order-77", "amount": 15}, {"grant": "order-81", "amount": 5}], "reason": "refund of order 81",
          "at": "2026-11-21T08:00:00Z", "replayed": false}
        """;

    private static readonly IReadOnlyDictionary<string, string> Path = new Dictionary<string, string>(CustomerDescriptions.Path)
    {
        ["schedule"] = "The schedule's id: your own if you gave one.",
    };

    public static readonly Description Add = new(
        Tag,
        "Grant units in each interval",
        "Gives the customer units of a metered feature each day, week, month or year, in addition to the plan's quota. Creates a missing "
            + "customer. Tollgate creates the grants before "
        + "they take effect and lists them as `pending` until then; after that they are grants like all others. "
        + "The schedule grants each interval once.\n\n"
        + "Times follow the calendar of the project's time zone. A schedule that starts on the 31st grants on the last day of shorter "
        + "months.\n\nWith an `id` of your own, a repeat answers 200 with the schedule's present state; different content is a 409. "
        + "The ids of the grants begin with the schedule's (`club:1`): an existing grant with such an id "
        + "is a 409, too.")
    {
        Path = Path,
        Request = Example.Of<AddGrantScheduleRequest>(
            """{"feature": "cv_generate", "amount": 100, "every": "month", "expires_after": 1, "source": "gift", "id": "club"}"""),
        Answers = [
            Example.Of<GrantScheduleView>(201, "Created.", Monthly),
            Example.Of<GrantScheduleView>(200, "The schedule already existed.", Monthly)],
        Errors = [ErrorCode.IdempotencyKeyReused, ErrorCode.Conflict, ErrorCode.CustomerIsMember, ErrorCode.LimitReached],
    };

    public static readonly Description List = new(
        Tag, "List grant schedules",
        "Lists all grant schedules of the customer, ended ones included, the oldest first. A customer has at most 100.")
    {
        Path = Path,
        Answers = [Example.Of<GrantScheduleList>(200, "All of them.", $$"""{"data": [{{Monthly}}], "has_more": false}""")],
        Errors = [ErrorCode.CustomerNotFound],
    };

    public static readonly Description Pause = new(
        Tag,
        "Pause or resume a grant schedule",
        "While a schedule is paused, no grant takes effect; grants that have taken effect stay. A resumed schedule continues with the "
            + "first grant whose time is later. Tollgate never makes up for "
        + "the grants that fell into the pause.")
    {
        Path = Path,
        Request = Example.Of<UpdateGrantScheduleRequest>("""{"paused": true}"""),
        Answers = [Example.Of<GrantScheduleView>(200, "The schedule as it is now.", Monthly)],
        Errors = [ErrorCode.NotFound, ErrorCode.Conflict, ErrorCode.LimitReached],
    };

    public static readonly Description End = new(
        Tag,
        "End a grant schedule",
        "No further grant takes effect. Grants that have taken effect stay; void them to take them back. A repeat changes nothing.")
    {
        Path = Path,
        Answers = [Example.Of<GrantScheduleView>(200, "The schedule, ended.", Monthly)],
        Errors = [ErrorCode.NotFound],
    };

    public static readonly Description Withdraw = new(
        Tag,
        "Take credits back",
        "Takes units out of the customer's live grants of a feature, in burn order, for the refund of a top-up or a correction. "
            + "Used units stay used, and "
        + "the plan's quota does not change. If less than `amount` is left, the call changes nothing and answers 409 with the remaining "
        + "amount; with `up_to` it takes the remaining amount. Open reservations may still settle.\n\n"
        + "With an `id` of your own, a repeat answers 200 with the amounts that the first call took.")
    {
        Path = Path,
        Request = Example.Of<WithdrawRequest>(
            """{"feature": "cv_generate", "amount": 20, "source": "topup", "reason": "refund of order 81", "id": "refund-9"}"""),
        Answers = [
            Example.Of<WithdrawalView>(201, "Taken.", Withdrawal),
            Example.Of<WithdrawalView>(200, "The withdrawal was already made.", Withdrawal)],
        Errors = [ErrorCode.CustomerNotFound, ErrorCode.CustomerIsMember, ErrorCode.Conflict, ErrorCode.IdempotencyKeyReused],
    };
}
