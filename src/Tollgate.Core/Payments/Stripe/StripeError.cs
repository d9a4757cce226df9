namespace Tollgate.Core.Payments.Stripe;

/// <summary>What Stripe said when it did not do something. Only <paramref name="Type"/> is always there.</summary>
/// <param name="Status">Of HTTP.</param>
/// <param name="Type"><c>card_error</c>, <c>invalid_request_error</c>, <c>idempotency_error</c>, <c>api_error</c>.</param>
/// <param name="Code"><c>card_declined</c>, <c>resource_missing</c>, …</param>
/// <param name="DeclineCode">Of the bank: <c>insufficient_funds</c>, …</param>
/// <param name="Param">Which parameter: <c>line_items[0][price]</c>.</param>
/// <param name="PaymentIntent">The attempt that failed.</param>
public sealed record StripeError(
    int Status, string Type, string? Code = null, string? DeclineCode = null, string? Message = null, string? Param = null,
    string? PaymentIntent = null)
{
    /// <summary>The key is wrong or may not do this: the project's owner has to act, its customers cannot.</summary>
    public bool IsOfKey => Status is 401 or 403;

    public bool IsMissing => Status == 404 || Code == "resource_missing";

    public override string ToString() =>
        $"{Status} {Type}{(Code is null ? "" : $" {Code}")}{(DeclineCode is null ? "" : $" ({DeclineCode})")}: {Message ?? "no message"}";
}

/// <summary>What answers mean, and which are asked for again.</summary>
/// <remarks>The retry rule is that of Stripe's own libraries.</remarks>
public static class StripeRules
{
    /// <summary>After the first try.</summary>
    public const int Retries = 2;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <param name="status">Null: no answer came.</param>
    /// <param name="advice">The header <c>Stripe-Should-Retry</c>.</param>
    public static bool IsAskedAgain(int? status, string? advice) => advice switch
    {
        "true" => true,
        "false" => false,
        _ => status is null or 409 or >= 500,
    };

    /// <summary>The answer says nothing of what was done: it is not known, or it was not begun.</summary>
    public static bool IsNoAnswer(int? status) => status is null or 409 or 424 or 429 or >= 500;

    /// <summary>Half a second, doubled each time, at most 5 s; of that between half and all, and never less than half a second.</summary>
    /// <param name="failed">Tries so far, at least 1.</param>
    /// <param name="chance">From 0 to 1,000.</param>
    public static TimeSpan PauseAfter(int failed, int chance)
    {
        var pause = FirstPause * (1 << Math.Min(failed - 1, 10));
        pause = pause < LongestPause ? pause : LongestPause;
        var some = TimeSpan.FromTicks((pause.Ticks / 2) + (pause.Ticks * chance / 2_000));
        return some > FirstPause ? some : FirstPause;
    }

    /// <summary>
    /// Null: it is no failure of the payment, the request was wrong. What is wrong with the method or the customer there is the customer's
    /// to mend.
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
