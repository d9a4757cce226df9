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

/// <summary>Something that happens in a story. All times are UTC and whole seconds.</summary>
public abstract record Step(DateTime At);

/// <summary>Time passes, and nothing else happens.</summary>
public sealed record Wait(DateTime At) : Step(At);

/// <summary>A new catalogue is published: plans of the same code get a new version.</summary>
public sealed record Publish(DateTime At, Shop Shop) : Step(At);

public abstract record CustomerStep(DateTime At, string Customer) : Step(At);

/// <summary>A customer is made known. Without this a subscription makes one without a country.</summary>
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

/// <summary>A coupon takes nothing off any more.</summary>
public sealed record EndCoupon(DateTime At, string Customer, string Coupon) : CustomerStep(At, Customer);

/// <summary>Money for a customer, in minor units of the shop's currency: its own, or a gift that may expire.</summary>
public sealed record Give(DateTime At, string Customer, long Amount, bool Prepaid, DateTime? Expires = null) : CustomerStep(At, Customer);

/// <summary>The customer's open invoices are paid by hand.</summary>
public sealed record Pay(DateTime At, string Customer) : CustomerStep(At, Customer);

/// <summary>Buys credit packs; a later payment pays for them.</summary>
public sealed record Buy(DateTime At, string Customer, string Pack, int Quantity) : CustomerStep(At, Customer);

/// <summary>Usage that happened at <paramref name="OccurredAt"/> is reported at <paramref name="At"/>.</summary>
public sealed record Use(DateTime At, string Customer, string Feature, decimal Quantity, DateTime OccurredAt, string Id)
    : CustomerStep(At, Customer);

/// <summary>Usage that was reported under <paramref name="Id"/> is taken back.</summary>
public sealed record TakeBack(DateTime At, string Customer, string Id) : CustomerStep(At, Customer);
