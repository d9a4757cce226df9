namespace Tollgate.Core.Payments.Sandbox;

/// <summary>The outcomes of payments at the sandbox's provider.</summary>
public enum SandboxOutcome
{
    Success,
    Decline,
    InsufficientFunds,
    AuthenticationRequired,

    /// <summary>The money moves, but the request gets no answer.</summary>
    Timeout,

    /// <summary>The request gets no answer; some seconds later the money has moved, and a webhook reports it.</summary>
    LateSuccess,
}

/// <summary>A card that exists only in the sandbox, with its details and its automatic outcome.</summary>
public sealed record SandboxCard(string Token, string Brand, string Last4, SandboxOutcome Outcome)
{
    /// <summary>The only provider at which the card pays.</summary>
    public const PaymentProvider Provider = PaymentProvider.Sandbox;
}

/// <summary>The sandbox's cards. Their last digits are those of well-known test cards.</summary>
public static class SandboxCards
{
    public static IReadOnlyList<SandboxCard> All { get; } =
    [
        new("pm_sandbox_visa", "visa", "4242", SandboxOutcome.Success),
        new("pm_sandbox_mastercard", "mastercard", "4444", SandboxOutcome.Success),
        new("pm_sandbox_declined", "visa", "0002", SandboxOutcome.Decline),
        new("pm_sandbox_insufficient_funds", "visa", "9995", SandboxOutcome.InsufficientFunds),
        new("pm_sandbox_authentication", "visa", "3155", SandboxOutcome.AuthenticationRequired),
        new("pm_sandbox_timeout", "visa", "0119", SandboxOutcome.Timeout),
        new("pm_sandbox_late", "visa", "0077", SandboxOutcome.LateSuccess),
    ];

    public static SandboxCard? Find(string token) => All.FirstOrDefault(card => card.Token == token);

    /// <summary>Returns null if the payment succeeds.</summary>
    public static PaymentFailure? FailureOf(SandboxOutcome outcome) => outcome switch
    {
        SandboxOutcome.Decline => PaymentFailure.Declined,
        SandboxOutcome.InsufficientFunds => PaymentFailure.InsufficientFunds,
        SandboxOutcome.AuthenticationRequired => PaymentFailure.AuthenticationRequired,
        _ => null,
    };
}
