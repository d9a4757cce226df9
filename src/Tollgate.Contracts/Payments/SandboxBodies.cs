using System.ComponentModel.DataAnnotations;

namespace Tollgate.Contracts.Payments;

public sealed record WebhookBehaviorRequest
{
    /// <summary>The number of copies of each webhook; 0 sends none. Default: 1.</summary>
    public int? Copies { get; init; }

    /// <summary>The delay in real time. Default: 0.</summary>
    public int? DelaySeconds { get; init; }

    /// <summary>Each arrives at its own time within the delay, so in any order.</summary>
    public bool? Shuffle { get; init; }

    /// <summary>Each webhook is followed by another whose body was changed after the signature.</summary>
    public bool? Tamper { get; init; }
}

public sealed record SandboxEventRequest
{
    /// <summary>
    /// <c>dispute.opened</c>, <c>dispute.won</c>, <c>dispute.lost</c>, <c>refund.succeeded</c> (made on the provider's own pages) or
    /// <c>payment.succeeded</c> (a failed payment succeeds late).
    /// </summary>
    [Required]
    public string? Type { get; init; }

    /// <summary>The id of a payment of the sandbox that succeeded; for <c>payment.succeeded</c>, of one that failed.</summary>
    [Required]
    public string? Payment { get; init; }

    /// <summary>Minor units; left out: all of it.</summary>
    public long? Amount { get; init; }

    public string? Reason { get; init; }
}
