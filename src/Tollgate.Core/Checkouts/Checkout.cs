using Tollgate.Core.Payments;
using Tollgate.Core.Time;

namespace Tollgate.Core.Checkouts;

public enum CheckoutStatus
{
    /// <summary>Nothing has happened yet, and nothing will unless it is paid.</summary>
    Open,

    /// <summary>What it asked for was done.</summary>
    Completed,

    /// <summary>Nobody finished it. It changed nothing.</summary>
    Expired,

    /// <summary>
    /// Money came when what it asked for could not be had any more. The money is the customer's credit, and nothing else was done.
    /// </summary>
    Credited,
}

/// <summary>What a checkout is for.</summary>
public enum CheckoutKind
{
    /// <summary>A plan: a subscription begins, or the one that the customer has is changed.</summary>
    Subscription,

    /// <summary>A change of one subscription that the API asked for; it has no page.</summary>
    Change,
    Pack,

    /// <summary>An invoice that is open.</summary>
    Invoice,

    /// <summary>A payment method is left, and nothing is paid.</summary>
    Setup,
}

/// <summary>What somebody was asked to pay for on a page, and what came of it.</summary>
public sealed record Checkout
{
    public required Guid Id { get; init; }

    public required string Customer { get; init; }

    public required CheckoutKind Kind { get; init; }

    public required CheckoutStatus Status { get; init; }

    /// <summary>Where the page leads when it is done; null: it says so itself.</summary>
    public string? SuccessUrl { get; init; }

    /// <summary>Where the page leads when nothing is bought; null: nowhere.</summary>
    public string? CancelUrl { get; init; }

    public required Instant CreatedAt { get; init; }

    public required Instant ExpiresAt { get; init; }

    /// <summary>When it was completed, expired or credited.</summary>
    public Instant? FinishedAt { get; init; }

    /// <summary>What began or was changed.</summary>
    public Guid? Subscription { get; init; }

    /// <summary>What was paid, or asked for nothing.</summary>
    public Guid? Invoice { get; init; }

    /// <summary>The attempt that succeeded, also where its money became credit; null where nothing was due.</summary>
    public Guid? Payment { get; init; }

    /// <summary>Whether it can still be paid.</summary>
    public bool IsOpen(Instant now) => Status == CheckoutStatus.Open && now < ExpiresAt;
}
