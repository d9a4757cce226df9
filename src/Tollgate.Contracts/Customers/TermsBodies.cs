namespace Tollgate.Contracts.Customers;

/// <summary>Answer of <c>GET /v1/customers/{id}/terms</c>: the customer's terms at an instant.</summary>
public sealed record TermsView
{
    public required string Customer { get; init; }

    /// <summary>The requested instant.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The time at which these terms began, by a change of plan, override, add-on or catalogue. Null: the first terms.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>The time at which the next terms began. Null: these are in force.</summary>
    public DateTimeOffset? Until { get; init; }

    public required string Plan { get; init; }

    public required int PlanVersion { get; init; }

    /// <summary>The customer had no plan of its own: the plan is the version of the project's default plan at that time.</summary>
    public required bool IsDefaultPlan { get; init; }

    /// <summary>Every feature of the plan, with the add-ons and overrides of that time applied, without balances.</summary>
    public required IReadOnlyDictionary<string, EntitlementView> Features { get; init; }

    /// <summary>The subscription at that time; null: the customer had none yet.</summary>
    public SubscriptionTermsView? Subscription { get; init; }
}

/// <summary>A subscription at an instant.</summary>
public sealed record SubscriptionTermsView
{
    public required string Id { get; init; }

    public required string Status { get; init; }

    public required string Plan { get; init; }

    public required int PlanVersion { get; init; }

    /// <summary><c>weekly</c>, <c>monthly</c> or <c>yearly</c>.</summary>
    public required string Interval { get; init; }

    public required string Currency { get; init; }

    /// <summary>The number of seats, or the multiple of the plan's price.</summary>
    public required long Quantity { get; init; }

    /// <summary>The price of a whole period, with seats and add-ons, in minor units of the currency.</summary>
    public required long Amount { get; init; }

    /// <summary>Agreed with the customer instead of the plan's price, in minor units; null: the plan's.</summary>
    public long? CustomAmount { get; init; }

    /// <summary>The quantity by the add-on's code.</summary>
    public required IReadOnlyDictionary<string, long> AddOns { get; init; }

    /// <summary>The coupons that reduced invoices at that time, in the order of redemption.</summary>
    public required IReadOnlyList<CouponTermsView> Coupons { get; init; }

    public required DateTimeOffset PeriodStart { get; init; }

    public required DateTimeOffset PeriodEnd { get; init; }
}

/// <param name="EndsAt">Null: the coupon does not end.</param>
public sealed record CouponTermsView(string Code, DateTimeOffset RedeemedAt, DateTimeOffset? EndsAt);
