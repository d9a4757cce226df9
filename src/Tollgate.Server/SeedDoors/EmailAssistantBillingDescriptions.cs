using Tollgate.Contracts.Http;
using Tollgate.Contracts.SeedDoors;
using Tollgate.Core.Catalog;
using Tollgate.Engine.Subscriptions;
using Tollgate.Server.Http;

namespace Tollgate.Server.SeedDoors;

/// <summary>The OpenAPI descriptions of <see cref="EmailAssistantBillingDoor"/>.</summary>
internal static class EmailAssistantBillingDescriptions
{
    private const string Tag = "Seed door: email assistant";

    private static readonly ErrorCode[] ChangeErrors =
    [
        ErrorCode.SubscriptionNotFound, ErrorCode.PlanNotFound, ErrorCode.PriceNotFound, ErrorCode.SubscriptionState,
        ErrorCode.InvoiceImplausible,
        ErrorCode.ValidationFailed,
    ];

    public static readonly Description Subscribe = new(
        Tag,
        "Create a subscription",
        "The user gets the tier at once, and Tollgate invoices the first period. With `trial`, the tier's free trial comes first; "
            + "each user gets one trial. "
        + "A user has one subscription at a time; a second one is a 409. The header `Idempotency-Key` makes a repeat harmless.")
    {
        Request = Example.Of<EmailAssistantSubscribe>("""{"user_id": "7d1f", "tier": "starter"}"""),
        Answers = [Example.Of<EmailAssistantSubscription>(201, "Subscribed.", Sample("starter", "null", 1900))],
        Errors =
        [
            ErrorCode.PlanNotFound, ErrorCode.PriceNotFound, ErrorCode.SubscriptionExists, ErrorCode.TrialUsed,
            ErrorCode.InvoiceImplausible,
            ErrorCode.ValidationFailed,
        ],
    };

    public static readonly Description Upgrade = new(
        Tag,
        "Upgrade the tier",
        "Changes the tier at once: Tollgate credits the rest of the period at the old price and charges it at the new one. "
            + "A user with a saved card pays before the tier changes, as with "
        + "`PATCH /v1/subscriptions/{id}`; a declined card is a 402 and changes nothing. A tier that costs no more than the present one is "
        + "a 409. The present tier changes nothing, and "
        + "cancels a scheduled downgrade.")
    {
        Request = Example.Of<EmailAssistantTierChange>("""{"user_id": "7d1f", "tier": "professional"}"""),
        Answers = [Example.Of<EmailAssistantSubscription>(200, "The subscription as it is now.", Sample("professional", "null", 1500))],
        Errors = [.. ChangeErrors, ErrorCode.PaymentFailed, ErrorCode.PaymentPending, ErrorCode.Conflict],
    };

    public static readonly Description Downgrade = new(
        Tag,
        "Downgrade the tier",
        "Changes the tier at the end of the period; a trial changes at once. A tier that costs no less than the present one is a 409.")
    {
        Request = Example.Of<EmailAssistantTierChange>("""{"user_id": "7d1f", "tier": "starter"}"""),
        Answers = [
            Example.Of<EmailAssistantSubscription>(
                200, "The subscription with the scheduled change.", Sample("professional", "\"starter\"", 0))],
        Errors = ChangeErrors,
    };

    public static readonly Description Cancel = new(
        Tag, "Cancel the subscription",
        "Cancels at the end of the period, or now. Tollgate refunds nothing. Afterwards the user has the default tier.")
    {
        Query =
        [
            new("user_id", "The user. You can leave it out with the header X-Tollgate-Customer."),
            new("at", "period_end (default) or now.", Words: CatalogWords.All<ChangeTime>()),
            new("reason", "A short code of yours, such as too_expensive."),
        ],
        Answers = [
            Example.Of<EmailAssistantSubscription>(
                200, "The subscription; `cancel_at` says when it ends.", Sample("starter", "null", 0, "\"2026-12-21T08:00:00Z\""))],
        Errors = [ErrorCode.SubscriptionNotFound, ErrorCode.SubscriptionState, ErrorCode.ValidationFailed],
    };

    private static string Sample(string tier, string scheduled, long cents, string cancelAt = "null") =>
        $$"""
        {"id": "01936f5e-7c1a-7d3e-9b0a-2f6f0c1d2e3f", "user_id": "7d1f", "tier": "{{tier}}", "status": "active",
         "stripe_subscription_id": null,
         "billing_period": "monthly", "current_period_start": "2026-11-21T08:00:00Z", "current_period_end": "2026-12-21T08:00:00Z",
          "trial_end": null,
         "scheduled_tier": {{scheduled}}, "cancel_at": {{cancelAt}}, "amount_cents": {{cents}}, "currency": "USD",
          "created_at": "2026-11-21T08:00:00Z",
         "updated_at": "2026-11-21T08:00:00Z"}
        """;
}
