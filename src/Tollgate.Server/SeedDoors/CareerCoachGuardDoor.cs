using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.SeedDoors;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Http;

namespace Tollgate.Server.SeedDoors;

/// <summary>A: the guard of its five metered routes with the seed's 402, and its database health check.</summary>
internal static class CareerCoachGuardDoor
{
    private const string Tag = "Seed door: career coach";

    /// <summary>
    /// The seed checks the quota of an analysis on upload. The two routes therefore record the same use: with the same
    /// <c>Idempotency-Key</c>, the analysis of an uploaded CV repeats its upload.
    /// </summary>
    private const string Upload = "/cv/upload";

    /// <summary>
    /// The seed's routes "that need integration", with their feature codes. It states the method, POST, only for the first.
    /// </summary>
    private static readonly (string Path, string Feature)[] Guarded =
    [
        ("/cv/generate", "cv_generate"),
        (Upload, "cv_analyze"),
        ("/cv/analyze", "cv_analyze"),
        ("/rewriter/cover-letter", "cover_letter_generate"),
        ("/interview/start", "mock_interview"),
        ("/career/chat", "career_chat_messages"),
    ];

    public static void MapCareerCoachGuard(this WebApplication app)
    {
        var gate = app.Services.GetRequiredService<QuotaGate>();
        var database = app.Services.GetRequiredService<NpgsqlDataSource>();
        foreach (var (path, feature) in Guarded)
        {
            app.MapGuard(path, Guard(feature), context => GuardAsync(context, gate, feature));
        }

        app.MapGet("/admin/health/database", (RequestDelegate)(context => HealthAsync(context, database)))
            .RequireKey(Access.Secret | Access.Admin, Scope.None, "X-Admin-Key")
            .WithSeedErrors(SeedErrors.AdminShape)
            .Describe(Health);
    }

    private static async Task GuardAsync(HttpContext context, QuotaGate gate, string feature)
    {
        if (await SeedGuard.ConsumeAsync(
                context, gate, feature, Quantity.One, route: feature == "cv_analyze" ? Upload : null) is not { } decision)
        {
            return;
        }

        if (decision.Allowed)
        {
            var allowed = new CareerCoachAllowed(
                "ok", feature, decision.Plan, decision.Standing?.Limit?.Value, decision.Standing?.Used.Value ?? 0,
                decision.Standing?.Remaining?.Value);
            await Answer.Json(context, StatusCodes.Status200OK, allowed, WireJson.Default.CareerCoachAllowed);
        }
        else
        {
            var denied = new CareerCoachDenied(
                "Quota exceeded", MessageOf(feature, decision), context.Project().Catalog.Document.UpgradeUrl);
            await Answer.Json(context, StatusCodes.Status402PaymentRequired, new(denied), WireJson.Default.SeedErrorCareerCoachDenied);
        }
    }

    /// <summary>The text of the seed's exception, which it does not state.</summary>
    private static string MessageOf(string feature, Decision decision) => decision is { Standing: { Limit: { } limit } standing }
        ? string.Create(
            CultureInfo.InvariantCulture, $"Quota exceeded for {feature}: {standing.Used} of {limit} used on the {decision.Plan} plan.")
        : $"{feature} is not part of the {decision.Plan} plan.";

    private static async Task HealthAsync(HttpContext context, NpgsqlDataSource database)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            await using var connection = await database.OpenConnectionAsync(context.RequestAborted);
            await using var ping = new NpgsqlCommand("SELECT 1", connection);
            await ping.ExecuteScalarAsync(context.RequestAborted);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            var down = new CareerCoachDatabaseHealth("unhealthy", "disconnected", null);
            await Answer.Json(context, StatusCodes.Status503ServiceUnavailable, down, WireJson.Default.CareerCoachDatabaseHealth);
            return;
        }

        var latency = decimal.Round((decimal)Stopwatch.GetElapsedTime(started).Ticks / TimeSpan.TicksPerMillisecond, 2);
        var healthy = new CareerCoachDatabaseHealth("healthy", "connected", latency);
        await Answer.Json(context, StatusCodes.Status200OK, healthy, WireJson.Default.CareerCoachDatabaseHealth);
    }

    private static Description Guard(string feature) => new(
        Tag,
        $"Guard of {feature}",
        $"Checks and records one `{feature}` for the customer of the token or of the header `{SeedCallers.Header}`, and answers as the "
        + "seed's own guard does. Tollgate does not read the body, which is the app's."
        + (feature == "cv_analyze"
            ? " The seed checks the quota on upload: send the same `Idempotency-Key`, such as the CV's id, to `/cv/upload` and to "
                + "`/cv/analyze`, and the two count once."
            : ""))
    {
        Answers =
        [
            Example.Of<CareerCoachAllowed>(
                200, "Recorded; do the work.",
                $$"""{"status": "ok", "feature_code": "{{feature}}", "plan": "free", "monthly_quota": 2, "used_count": 1, "remaining": 1}"""),
            Example.Of<SeedError<CareerCoachDenied>>(
                402, "The quota is used up. Tollgate recorded nothing.",
                $$"""
                {"detail": {"error": "Quota exceeded", "message": "Quota exceeded for {{feature}}: 2 of 2 used on the free plan.",
                 "upgrade_url": "/pricing"} }
                """),
        ],
        Errors = [ErrorCode.RateLimited],
    };

    private static readonly Description Health = new(
        Tag,
        "Database health",
        "Needs the server's admin key or the project's secret key in `X-Admin-Key`; anything else is 403 `{\"detail\": \"Forbidden\"}`.")
    {
        Answers =
        [
            Example.Of<CareerCoachDatabaseHealth>(
                200, "It answers.", """{"status": "healthy", "database": "connected", "latency_ms": 0.4}"""),
            Example.Of<CareerCoachDatabaseHealth>(
                503, "The database does not answer.", """{"status": "unhealthy", "database": "disconnected", "latency_ms": null}"""),
        ],
    };
}
