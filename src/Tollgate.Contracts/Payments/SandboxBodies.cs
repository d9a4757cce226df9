using System.ComponentModel.DataAnnotations;

namespace Tollgate.Contracts.Payments;

public sealed record WebhookBehaviorRequest
{
    /// <summary>The number of copies of each webhook; 0 sends none. Default: 1.</summary>
    public int? Copies { get; init; }

    /// <summary>The delay in real time. Default: 0.</summary>
    public int? DelaySeconds { get; init; }

    /// <summary>Each at a time of its own within the delay, so in any order.</summary>
    public bool? Shuffle { get; init; }

    /// <summary>Beside each one comes another whose body was changed after it was signed.</summary>
    public bool? Tamper { get; init; }
}

public sealed record SandboxEventRequest
{
    /// <summary><c>dispute.opened</c>, <c>dispute.won</c>, <c>dispute.lost</c>, <c>refund.succeeded</c> (on the provider's own pages) or
    /// <c>payment.succeeded</c> (the money of a failed payment comes after all).</summary>
    [Required]
    public string? Type { get; init; }

    /// <summary>The id of a payment of the sandbox that succeeded; of <c>payment.succeeded</c> one that failed.</summary>
    [Required]
    public string? Payment { get; init; }

    /// <summary>Minor units; left out: all of it.</summary>
    public long? Amount { get; init; }

    public string? Reason { get; init; }
}
