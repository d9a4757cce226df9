using Tollgate.Core.Payments;
using Tollgate.Core.Time;

namespace Tollgate.Core.Checkouts;

public enum CheckoutStatus
{
    /// <summary>The checkout waits for payment and has changed nothing yet.</summary>
    Open,

    /// <summary>The order was carried out.</summary>
    Completed,

    /// <summary>The customer did not finish it. It changed nothing.</summary>
    Expired,

    /// <summary>
    /// The payment arrived when the order was no longer possible. The money became the customer's credit, and nothing else changed.
    /// </summary>
    Credited,
}

/// <summary>The kind of order.</summary>
public enum CheckoutKind
{
    /// <summary>A plan: a new subscription, or a change of the customer's subscription.</summary>
    Subscription,

    /// <summary>A change of one subscription through the API; it has no page.</summary>
    Change,
    Pack,

    /// <summary>An open invoice.</summary>
    Invoice,

    /// <summary>A payment method is saved without a payment.</summary>
    Setup,
}

/// <summary>An order that a customer pays on a page, with its result.</summary>
public sealed record Checkout
{
    public required Guid Id { get; init; }

    public required string Customer { get; init; }

    public required CheckoutKind Kind { get; init; }

    public required CheckoutStatus Status { get; init; }

    /// <summary>The URL to which the page redirects on success; null: the page itself confirms.</summary>
    public string? SuccessUrl { get; init; }

    /// <summary>The URL to which the page redirects without a purchase; null: nowhere.</summary>
    public string? CancelUrl { get; init; }

    public required Instant CreatedAt { get; init; }

    public required Instant ExpiresAt { get; init; }

    /// <summary>The time at which it was completed, expired or credited.</summary>
    public Instant? FinishedAt { get; init; }

    /// <summary>The subscription that began or was changed.</summary>
    public Guid? Subscription { get; init; }

    /// <summary>The paid invoice, or one without an amount due.</summary>
    public Guid? Invoice { get; init; }

    /// <summary>The attempt that succeeded, also if its money became credit; null if nothing was due.</summary>
    public Guid? Payment { get; init; }

    /// <summary>True if the customer can still pay it.</summary>
    public bool IsOpen(Instant now) => Status == CheckoutStatus.Open && now < ExpiresAt;
}
