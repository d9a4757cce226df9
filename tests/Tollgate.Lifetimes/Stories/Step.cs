namespace Tollgate.Lifetimes.Stories;

public enum When
{
    Now,
    PeriodEnd,
}

public enum Proration
{
    Second,
    Day,
    None,
    UsageAware,
}

/// <summary>A step of a story. All times are UTC and whole seconds.</summary>
public abstract record Step(DateTime At);

/// <summary>Lets time pass.</summary>
public sealed record Wait(DateTime At) : Step(At);

/// <summary>Publishes a new catalogue: plans of the same code get a new version.</summary>
public sealed record Publish(DateTime At, Shop Shop) : Step(At);

public abstract record CustomerStep(DateTime At, string Customer) : Step(At);

/// <summary>Creates a customer. Without this a subscription creates one without a country.</summary>
public sealed record Join(DateTime At, string Customer, string? Country, string? TaxId = null) : CustomerStep(At, Customer);

/// <param name="TrialExpires">The trial's end ends the subscription; otherwise the first paid period begins.</param>
public sealed record Subscribe(
    DateTime At,
    string Customer,
    string Plan,
    Interval Interval,
    int Quantity = 1,
    string? Currency = null,
    bool Trial = false,
    string? Coupon = null,
    bool TrialExpires = false,
    HeldAddOns? AddOns = null)
    : CustomerStep(At, Customer);

/// <summary>
/// Null values do not change; without <paramref name="When"/> an increase is immediate and a decrease at the period's end.
/// </summary>
public sealed record Change(
    DateTime At,
    string Customer,
    string? Plan = null,
    Interval? Interval = null,
    int? Quantity = null,
    When? When = null,
    Proration? Proration = null,
    HeldAddOns? AddOns = null)
    : CustomerStep(At, Customer);

public sealed record Cancel(DateTime At, string Customer, When When, string? Reason = null) : CustomerStep(At, Customer);

public sealed record Uncancel(DateTime At, string Customer) : CustomerStep(At, Customer);

public sealed record Pause(DateTime At, string Customer, DateTime? Until = null) : CustomerStep(At, Customer);

public sealed record Resume(DateTime At, string Customer) : CustomerStep(At, Customer);

/// <summary>
/// A call that no other step covers; the naive biller ignores it. In the path, <c>{subscription}</c> is the customer's newest one.
/// </summary>
/// <param name="Refusal">The code of the expected error; null: the call must succeed.</param>
public sealed record Call(DateTime At, string Customer, string Method, string Path, string Body, string? Refusal)
    : CustomerStep(At, Customer);

/// <summary>A further coupon, after the start.</summary>
public sealed record Redeem(DateTime At, string Customer, string Coupon) : CustomerStep(At, Customer);

/// <summary>Ends a coupon.</summary>
public sealed record EndCoupon(DateTime At, string Customer, string Coupon) : CustomerStep(At, Customer);

/// <summary>Credit for a customer, in minor units of the shop's currency: prepaid, or a gift that may expire.</summary>
public sealed record Give(DateTime At, string Customer, long Amount, bool Prepaid, DateTime? Expires = null) : CustomerStep(At, Customer);

/// <summary>Records payments of the customer's open invoices.</summary>
public sealed record Pay(DateTime At, string Customer) : CustomerStep(At, Customer);

/// <summary>Buys credit packs; a later payment pays for them.</summary>
public sealed record Buy(DateTime At, string Customer, string Pack, int Quantity) : CustomerStep(At, Customer);

/// <summary>Usage at <paramref name="OccurredAt"/>, reported at <paramref name="At"/>.</summary>
public sealed record Use(DateTime At, string Customer, string Feature, decimal Quantity, DateTime OccurredAt, string Id)
    : CustomerStep(At, Customer);

/// <summary>Voids usage that was reported under <paramref name="Id"/>.</summary>
public sealed record TakeBack(DateTime At, string Customer, string Id) : CustomerStep(At, Customer);
