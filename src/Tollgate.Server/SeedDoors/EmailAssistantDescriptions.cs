using Tollgate.Contracts.Http;
using Tollgate.Contracts.SeedDoors;
using Tollgate.Server.Http;

namespace Tollgate.Server.SeedDoors;

/// <summary>The OpenAPI descriptions of <see cref="EmailAssistantDoor"/>.</summary>
internal static class EmailAssistantDescriptions
{
    private const string Tag = "Seed door: email assistant";

    private static readonly IReadOnlyList<QueryParameter> User = [new("user_id", "The user. You can leave it out with a customer token.")];

    public static readonly Description Current = new(Tag, "Current usage", "Returns the current month's count of each metric.")
    {
        Query = User,
        Answers =
        [
            Example.Of<EmailAssistantUsage>(200, "The month so far.", """
                {"user_id": "7d1f", "tier": "starter", "month_year": "2026-11",
                 "usage": {"emails_processed": 412, "ai_responses": 40, "leads_created": 3}}
                """),
        ],
    };

    public static readonly Description Limits = new(
        Tag, "Tier limits", "Returns the limit of each metric in the user's tier, and whether the user is within it.")
    {
        Query = User,
        Answers =
        [
            Example.Of<EmailAssistantLimits>(200, "The limits; null is unlimited.", """
                {"user_id": "7d1f", "tier": "starter", "month_year": "2026-11",
                 "limits": {"emails_processed": {"usage_limit": 2000, "count": 412, "remaining": 1588, "within_limit": true}}}
                """),
        ],
    };

    public static readonly Description Track = new(
        Tag,
        "Track usage",
        "Records usage that has happened, beyond the limit too (`within_limit` says so). To check before the work, "
            + "use `/api/features/check` "
        + "or `POST /v1/consume`. The header `Idempotency-Key` makes a repeat harmless.")
    {
        Request = Example.Of<EmailAssistantTrack>("""{"user_id": "7d1f", "metric_type": "emails_processed", "count": 5}"""),
        Answers =
        [
            Example.Of<EmailAssistantTracked>(200, "The metric as it is now.", """
                {"user_id": "7d1f", "tier": "starter", "metric_type": "emails_processed", "month_year": "2026-11", "count": 417,
                 "usage_limit": 2000, "remaining": 1583, "within_limit": true}
                """),
        ],
        Errors = [ErrorCode.IdempotencyKeyReused],
    };

    public static readonly Description Available = new(
        Tag, "Available features",
        "Returns the features of the user's tier: switches that are on, values, and metrics with a limit above 0. With `tier` they are "
            + "that tier's, and the answer has no `user_id`.")
    {
        Query = [.. User, new("tier", "A tier instead of a user.")],
        Answers =
        [
            Example.Of<EmailAssistantFeatures>(200, "The names of the features.", """
                {"user_id": "7d1f", "tier": "starter", "features": ["emails_processed", "ai_responses",
                 "leads_created", "custom_templates"]}
                """),
        ],
    };

    public static readonly Description Check = new(
        Tag, "Check a feature", "Says whether the user may use the feature now. Changes nothing.")
    {
        Request = Example.Of<EmailAssistantCheck>("""{"user_id": "7d1f", "feature_name": "crm_sync"}"""),
        Answers =
        [
            Example.Of<EmailAssistantAccess>(
                200, "The answer.",
                """{"user_id": "7d1f", "tier": "starter", "feature_name": "crm_sync", "enabled": false, "usage_limit": null}"""),
        ],
        Errors = [ErrorCode.FeatureNotFound],
    };
}
