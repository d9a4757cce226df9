using Tollgate.Contracts.Http;
using Tollgate.Contracts.SeedDoors;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Http;

namespace Tollgate.Server.SeedDoors;

/// <summary>C: <c>GET /me/usage</c>, and the guard of its metered routes with the seed's 429.</summary>
internal static class ResumeAtsDoor
{
    /// <summary>The built-in project.</summary>
    public const string Product = "resume-ats";

    // The seed names the groups of its documentation.
    private const string UsageTag = "Usage";

    private const string GuardTag = "AI";

    /// <summary>The seed states a path only for the first; the other three are Tollgate's choice.</summary>
    private static readonly (string Path, string Feature)[] Guarded =
    [
        ("/ats/score", "ats_scan"),
        ("/resume/tailor", "resume_tailor"),
        ("/cover-letter/generate", "cover_letter"),
        ("/jd/parse", "jd_parse"),
    ];

    public static void MapResumeAts(this WebApplication app)
    {
        var gate = app.Services.GetRequiredService<QuotaGate>();
        app.MapGet("/me/usage", (RequestDelegate)(context => UsageAsync(context, gate)))
            .RequireKey(Access.Secret | Access.CustomerToken, Scope.UsageRead)
            .WithSeedErrors()
            .Describe(Usage);
        foreach (var (path, feature) in Guarded)
        {
            app.MapGuard(path, Guard(feature), context => GuardAsync(context, gate, feature));
        }
    }

    private static async Task UsageAsync(HttpContext context, QuotaGate gate)
    {
        if (await SeedCallers.StandingAsync(context, gate) is not { } standing)
        {
            return;
        }

        var usage = new ResumeAtsUsage(
            standing.Plan.Code,
            QuotaPeriods.MonthKey(standing.Now, context.Project().Zone),
            standing.Features.Where(f => f.Standing is not null).ToDictionary(f => f.Feature.Code, f => FeatureOf(f.Standing!)));
        await Answer.Json(context, StatusCodes.Status200OK, usage, WireJson.Default.ResumeAtsUsage);
    }

    private static async Task GuardAsync(HttpContext context, QuotaGate gate, string feature)
    {
        if (await SeedGuard.ConsumeAsync(context, gate, feature, Quantity.One) is not { } decision)
        {
            return;
        }

        var standing = decision.Standing;
        if (decision.Allowed)
        {
            var allowed = new ResumeAtsAllowed(
                "ok", feature, decision.Plan, standing?.Limit?.Value, standing?.Used.Value ?? 0, standing?.Remaining?.Value);
            await Answer.Json(context, StatusCodes.Status200OK, allowed, WireJson.Default.ResumeAtsAllowed);
        }
        else
        {
            var denied = new ResumeAtsDenied(
                "quota_exceeded", feature, decision.Plan, standing?.Limit?.Value ?? 0, standing?.Used.Value ?? 0,
                standing?.Remaining?.Value ?? 0);
            await Answer.Json(context, StatusCodes.Status429TooManyRequests, new(denied), WireJson.Default.SeedErrorResumeAtsDenied);
        }
    }

    private static ResumeAtsFeature FeatureOf(Standing standing) =>
        new(standing.Limit?.Value, standing.Used.Value, standing.Remaining?.Value, standing.Limit is null);

    private static readonly Description Usage = new(
        UsageTag,
        "My usage",
        $"Returns the usage of the customer token's customer, or, with a secret key, of the customer in the header `{SeedCallers.Header}`.")
    {
        Answers =
        [
            Example.Of<ResumeAtsUsage>(200, "The month so far.", """
                {"plan": "free", "month_key": "2026-01", "features": {
                 "ats_scan": {"limit": 2, "used": 0, "remaining": 2, "unlimited": false},
                 "resume_tailor": {"limit": 3, "used": 0, "remaining": 3, "unlimited": false},
                 "cover_letter": {"limit": 3, "used": 0, "remaining": 3, "unlimited": false},
                 "jd_parse": {"limit": 5, "used": 0, "remaining": 5, "unlimited": false}}}
                """),
        ],
    };

    private static Description Guard(string feature) => new(
        GuardTag,
        $"Guard of {feature}",
        $"`require_quota(\"{feature}\")`: checks and records one use for the customer of the token or of the header "
            + $"`{SeedCallers.Header}`. "
        + "Tollgate does not read the body, which is the app's.")
    {
        Answers =
        [
            Example.Of<ResumeAtsAllowed>(
                200, "Recorded; do the work.",
                $$"""{"status": "ok", "feature": "{{feature}}", "plan": "free", "limit": 2, "used": 1, "remaining": 1}"""),
            Example.Of<SeedError<ResumeAtsDenied>>(
                429, "The quota is used up. Tollgate recorded nothing.",
                $$"""{"detail": {"error": "quota_exceeded", "feature": "{{feature}}", "plan": "free", "limit": 2, "used": 2, "remaining": 0} }"""),
        ],
    };
}
