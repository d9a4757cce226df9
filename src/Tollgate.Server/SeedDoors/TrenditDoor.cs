using Tollgate.Contracts.Http;
using Tollgate.Contracts.SeedDoors;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Http;

namespace Tollgate.Server.SeedDoors;

/// <summary>E: the guard of its two metered examples with the seed's 429 and 402.</summary>
public static class TrenditDoor
{
    /// <summary>The built-in project.</summary>
    public const string Product = "trendit";

    private const string Tag = "Seed door: Trendit";

    private const string Export = "export";

    private const string Sentiment = "sentiment_analysis";

    /// <summary>The most texts of one batch: as many as events in one request.</summary>
    private const int MostTexts = 10_000;

    public static void MapTrendit(this WebApplication app)
    {
        var gate = app.Services.GetRequiredService<QuotaGate>();
        app.MapGuard("/export/posts/csv", Guard(Export, "one export", null), context => GuardAsync(context, gate, Export, Quantity.One));
        app.MapGuard(
            "/sentiment/analyze-batch",
            Guard(Sentiment, "one analysis for each text", Example.Of<TrenditBatch>("""{"texts": ["Great product.", "Not for me."]}""")),
            context => BatchAsync(context, gate));
    }

    private static async Task BatchAsync(HttpContext context, QuotaGate gate)
    {
        if (await Body.ReadAsync(context, WireJson.Default.TrenditBatch) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        if (faults.Required(body.Texts, "texts") && body.Texts!.Count is 0 or > MostTexts)
        {
            faults.Add("texts", FaultCode.OutOfRange, $"1 to {MostTexts} texts are expected.");
        }

        await (faults.Any ? faults.WriteAsync(context) : GuardAsync(context, gate, Sentiment, Quantity.Of(body.Texts!.Count)));
    }

    private static async Task GuardAsync(HttpContext context, QuotaGate gate, string usageType, Quantity costUnits)
    {
        if (await SeedGuard.ConsumeAsync(context, gate, usageType, costUnits, keepsOrigin: true) is { } decision)
        {
            await WriteAsync(context, decision, usageType, costUnits);
        }
    }

    /// <summary>The decision in the seed's shape.</summary>
    public static Task WriteAsync(HttpContext context, Decision decision, string usageType, Quantity costUnits)
    {
        var (used, limit) = (decision.Standing?.Used.Value ?? 0, decision.Standing is { } standing ? standing.Limit?.Value : 0);
        if (decision.Allowed)
        {
            var allowed = new TrenditAllowed("ok", usageType, costUnits.Value, used, limit);
            return Answer.Json(context, StatusCodes.Status200OK, allowed, WireJson.Default.TrenditAllowed);
        }

        // The seed says "Monthly export limit exceeded" for every usage type, with the type's own name.
        var denied = new TrenditDenied(
            "rate_limit_exceeded", $"Monthly {usageType} limit exceeded", used, limit, context.Project().Catalog.Document.UpgradeUrl);
        return Answer.Json(context, StatusCodes.Status429TooManyRequests, new(denied), WireJson.Default.SeedErrorTrenditDenied);
    }

    private static Description Guard(string usageType, string amount, Example? request) => new(
        Tag,
        $"Guard of {usageType}",
        $"`require_active_subscription_with_usage_tracking(\"{usageType}\")`: checks and records {amount} for the customer of the token, or "
        + $"of the header `{SeedCallers.Header}`. 402 `{{\"detail\": \"Active subscription required\"}}` for a paid tier whose "
        + "subscription is "
        + "not active. A request that would go beyond the limit is refused whole, also when a part of it would fit. The event keeps "
        + "`request_id` (`X-Request-Id`), `ip_address` and `user_agent`: of the connection, or with a secret key of the headers "
        + $"`{SeedOrigin.AddressHeader}` and `{SeedOrigin.AgentHeader}`.")
    {
        Request = request,
        Answers =
        [
            Example.Of<TrenditAllowed>(
                200, "Recorded; do the work.",
                $$"""{"status": "ok", "usage_type": "{{usageType}}", "cost_units": 1, "current_usage": 3, "limit": 5}"""),
            Example.Of<SeedError<string>>(402, "The subscription is not active.", """{"detail": "Active subscription required"}"""),
            Example.Of<SeedError<TrenditDenied>>(
                429, "The limit is reached. Tollgate recorded nothing.",
                $$"""
                {"detail": {"error": "rate_limit_exceeded", "message": "Monthly {{usageType}} limit exceeded",
                 "current_usage": 5, "limit": 5,
                 "upgrade_url": "http://localhost:8000/billing/upgrade"} }
                """),
        ],
    };
}
