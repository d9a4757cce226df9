namespace Tollgate.Core.Payments.Stripe;

/// <summary>The error of a request that Stripe did not perform. Only <paramref name="Type"/> is always present.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Type"><c>card_error</c>, <c>invalid_request_error</c>, <c>idempotency_error</c>, <c>api_error</c>.</param>
/// <param name="Code"><c>card_declined</c>, <c>resource_missing</c>, …</param>
/// <param name="DeclineCode">The bank's reason: <c>insufficient_funds</c>, …</param>
/// <param name="Param">The parameter at fault: <c>line_items[0][price]</c>.</param>
/// <param name="PaymentIntent">The failed attempt.</param>
public sealed record StripeError(
    int Status, string Type, string? Code = null, string? DeclineCode = null, string? Message = null, string? Param = null,
    string? PaymentIntent = null)
{
    /// <summary>True if the key is invalid or lacks the right: the project's owner has to act, its customers cannot.</summary>
    public bool IsOfKey => Status is 401 or 403;

    public bool IsMissing => Status == 404 || Code == "resource_missing";

    public override string ToString() =>
        $"{Status} {Type}{(Code is null ? "" : $" {Code}")}{(DeclineCode is null ? "" : $" ({DeclineCode})")}: {Message ?? "no message"}";
}

/// <summary>The meaning of Stripe's answers, and the rule for retries.</summary>
/// <remarks>The retry rule is that of Stripe's own libraries.</remarks>
public static class StripeRules
{
    /// <summary>The most retries after the first attempt.</summary>
    public const int Retries = 2;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <param name="status">Null: no answer arrived.</param>
    /// <param name="advice">The header <c>Stripe-Should-Retry</c>.</param>
    public static bool IsAskedAgain(int? status, string? advice) => advice switch
    {
        "true" => true,
        "false" => false,
        _ => status is null or 409 or >= 500,
    };

    /// <summary>True if the answer does not say what Stripe did: the result is unknown, or Stripe did not begin.</summary>
    public static bool IsNoAnswer(int? status) => status is null or 409 or 424 or 429 or >= 500;

    /// <summary>
    /// Returns the pause before a retry: half a second, doubled each time, at most 5 s, times a random factor between ½ and 1, and never
    /// less than half a second.
    /// </summary>
    /// <param name="failed">The attempts so far, at least 1.</param>
    /// <param name="chance">A random number from 0 to 1,000.</param>
    public static TimeSpan PauseAfter(int failed, int chance)
    {
        var pause = FirstPause * (1 << Math.Min(failed - 1, 10));
        pause = pause < LongestPause ? pause : LongestPause;
        var some = TimeSpan.FromTicks((pause.Ticks / 2) + (pause.Ticks * chance / 2_000));
        return some > FirstPause ? some : FirstPause;
    }

    /// <summary>
    /// Returns the failure of the payment. Null: the request was wrong, not the payment. The customer can fix a fault of the method or of
    /// the customer object.
    /// </summary>
    public static PaymentFailure? FailureOf(StripeError error) => error switch
    {
        { Code: "amount_too_small" or "amount_too_large" or "invalid_charge_amount" } => PaymentFailure.AmountNotPossible,
        { Status: 400 or 404, Param: "payment_method" or "customer" } => PaymentFailure.Declined,
        { Type: not "card_error", Status: not 402 } => null,
        { Code: "authentication_required" or "payment_intent_authentication_failure" } => PaymentFailure.AuthenticationRequired,
        { DeclineCode: "authentication_required" } => PaymentFailure.AuthenticationRequired,
        { DeclineCode: "insufficient_funds" } or { Code: "insufficient_funds" } => PaymentFailure.InsufficientFunds,
        _ => PaymentFailure.Declined,
    };
}
