using Tollgate.Contracts.Http;
using Tollgate.Contracts.SeedDoors;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Catalog;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;
using Tollgate.Server.Quotas;

namespace Tollgate.Server.SeedDoors;

/// <summary>
/// B: usage and features. The seed names the paths but no bodies; these use the columns of its tables: user_id, tier, metric_type, count,
/// month_year, feature_name, enabled, usage_limit.
/// </summary>
internal static class EmailAssistantDoor
{
    private const string UserId = "user_id";

    private const Access Callers = Access.Secret | Access.CustomerToken;

    public static void MapEmailAssistant(this WebApplication app)
    {
        var gate = app.Services.GetRequiredService<QuotaGate>();
        app.MapGet("/api/usage/current", (RequestDelegate)(context => CurrentAsync(context, gate)))
            .RequireKey(Callers, Scope.UsageRead).WithSeedErrors().Describe(EmailAssistantDescriptions.Current);
        app.MapGet("/api/usage/limits", (RequestDelegate)(context => LimitsAsync(context, gate)))
            .RequireKey(Callers, Scope.UsageRead).WithSeedErrors().Describe(EmailAssistantDescriptions.Limits);
        app.MapPost("/api/usage/track", (RequestDelegate)(context => TrackAsync(context, gate)))
            .RequireKey(Callers, Scope.GateWrite).WithOwnIdempotency().WithLoad(Load.Light).WithSeedErrors()
            .Describe(EmailAssistantDescriptions.Track);
        app.MapGet("/api/features/available", (RequestDelegate)(context => AvailableAsync(context, gate)))
            .RequireKey(Callers, Scope.UsageRead).WithSeedErrors().Describe(EmailAssistantDescriptions.Available);
        app.MapPost("/api/features/check", (RequestDelegate)(context => CheckAsync(context, gate)))
            .RequireKey(Callers, Scope.UsageRead).ReadsOnly().WithLoad(Load.Light).WithSeedErrors()
            .Describe(EmailAssistantDescriptions.Check);
    }

    private static async Task CurrentAsync(HttpContext context, QuotaGate gate)
    {
        if (await StandingAsync(context, gate) is { } standing)
        {
            var counts = Metered(standing).ToDictionary(f => f.Feature.Code, f => f.Standing!.Used.Value);
            var usage = new EmailAssistantUsage(standing.Customer, standing.Plan.Code, MonthOf(context, standing), counts);
            await Answer.Json(context, StatusCodes.Status200OK, usage, WireJson.Default.EmailAssistantUsage);
        }
    }

    private static async Task LimitsAsync(HttpContext context, QuotaGate gate)
    {
        if (await StandingAsync(context, gate) is { } standing)
        {
            var limits = Metered(standing).ToDictionary(f => f.Feature.Code, f => LimitOf(f.Standing!));
            var answer = new EmailAssistantLimits(standing.Customer, standing.Plan.Code, MonthOf(context, standing), limits);
            await Answer.Json(context, StatusCodes.Status200OK, answer, WireJson.Default.EmailAssistantLimits);
        }
    }

    private static async Task TrackAsync(HttpContext context, QuotaGate gate)
    {
        if (await Body.ReadAsync(context, WireJson.Default.EmailAssistantTrack) is not { } body
            || await SeedCallers.CustomerAsync(context, body.UserId, UserId) is not { } customer)
        {
            return;
        }

        var count = Quantity.Zero;
        var faults = new Faults();
        if (faults.Required(body.MetricType, "metric_type") && !IsMetric(context, body.MetricType!))
        {
            faults.Add("metric_type", FaultCode.InvalidValue, "A metered feature of the project is expected.");
        }

        if (!Quantity.TryCreate(body.Count ?? 1, out count) || !count.IsPositive)
        {
            faults.Add("count", FaultCode.OutOfRange, "A number greater than 0 with at most 9 decimals is expected.");
        }

        var id = Idempotency.IdFor(context, null, faults) ?? Guid.CreateVersion7().ToString();
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var order = new EventOrder(id, customer, body.MetricType!, count, null, null, Enforce: false)
        {
            IsOfToken = SeedCallers.IsOfToken(context),
        };
        var answer = (await gate.RecordAsync(context.Project(), [order], context.RequestAborted))[0];
        await (answer.Decision is null
            ? SeedGuard.WriteFaultAsync(context, answer.Fault)
            : TrackedAsync(context, gate, customer, body.MetricType!));
    }

    private static async Task TrackedAsync(HttpContext context, QuotaGate gate, string customer, string metric)
    {
        if (await ReadingEndpoints.StandingAsync(context, gate, customer) is { } standing)
        {
            var limit = standing.Features.FirstOrDefault(f => f.Feature.Code == metric)?.Standing is { } now
                ? LimitOf(now)
                : new(0, 0, 0, false);
            var tracked = new EmailAssistantTracked(
                customer, standing.Plan.Code, metric, MonthOf(context, standing), limit.Count, limit.UsageLimit, limit.Remaining,
                limit.WithinLimit);
            await Answer.Json(context, StatusCodes.Status200OK, tracked, WireJson.Default.EmailAssistantTracked);
        }
    }

    private static async Task AvailableAsync(HttpContext context, QuotaGate gate)
    {
        if (context.Request.Query["tier"] is [{ } tier])
        {
            await OfTierAsync(context, tier);
        }
        else if (await StandingAsync(context, gate) is { } standing)
        {
            var codes = standing.Features.Where(f => CustomerAnswers.Of(f, standing.Plan).Enabled).Select(f => f.Feature.Code).ToList();
            var features = new EmailAssistantFeatures(standing.Customer, standing.Plan.Code, codes);
            await Answer.Json(context, StatusCodes.Status200OK, features, WireJson.Default.EmailAssistantFeatures);
        }
    }

    /// <summary>The seed's <c>get_available_features(tier)</c>: what the tier includes, whatever a user has besides.</summary>
    private static Task OfTierAsync(HttpContext context, string tier)
    {
        var catalog = context.Project().Catalog;
        if (!catalog.Plans.TryGetValue(tier, out var plan))
        {
            return Problems.WriteAsync(context, ErrorCode.PlanNotFound, Spelling.Unknown("tier", tier, catalog.Plans.Keys), "tier");
        }

        var codes = CatalogViews.InOrder(catalog.Document)
            .Where(feature => plan.Entitlements.GetValueOrDefault(catalog.Features[feature.Code].Key) is { } entitlement
                && CustomerAnswers.IsIncluded(feature.Kind, entitlement))
            .Select(static feature => feature.Code);
        return Answer.Json(
            context, StatusCodes.Status200OK, new EmailAssistantFeatures(null, tier, [.. codes]),
            WireJson.WithoutNulls.EmailAssistantFeatures);
    }

    private static async Task CheckAsync(HttpContext context, QuotaGate gate)
    {
        if (await Body.ReadAsync(context, WireJson.Default.EmailAssistantCheck) is not { } body
            || await SeedCallers.CustomerAsync(context, body.UserId, UserId) is not { } customer)
        {
            return;
        }

        var faults = new Faults();
        if (!faults.Required(body.FeatureName, "feature_name"))
        {
            await faults.WriteAsync(context);
            return;
        }

        if (!context.Project().Catalog.Features.TryGetValue(body.FeatureName!, out var feature))
        {
            await Problems.WriteAsync(context, ErrorCode.FeatureNotFound, param: "feature_name");
            return;
        }

        if (await ReadingEndpoints.StandingAsync(context, gate, customer) is not { } standing)
        {
            return;
        }

        var found = standing.Features.FirstOrDefault(f => f.Feature.Key == feature.Key);
        var check = await gate.CheckAsync(context.Project(), customer, feature.Code, Quantity.One, context.RequestAborted);
        var access = new EmailAssistantAccess(
            customer, standing.Plan.Code, feature.Code, check.Decision?.Allowed ?? found is not null, found?.Standing?.Limit?.Value);
        await Answer.Json(context, StatusCodes.Status200OK, access, WireJson.Default.EmailAssistantAccess);
    }

    /// <summary>The balances of the user in the query's user_id. Null: there is none, and the problem is written.</summary>
    private static ValueTask<CustomerStanding?> StandingAsync(HttpContext context, QuotaGate gate) =>
        SeedCallers.StandingAsync(context, gate, context.Request.Query[UserId], UserId);

    private static IEnumerable<FeatureStanding> Metered(CustomerStanding standing) => standing.Features.Where(f => f.Standing is not null);

    private static bool IsMetric(HttpContext context, string code) =>
        context.Project().Catalog.Features.TryGetValue(code, out var feature) && feature.Feature.Kind == FeatureKind.Metered;

    private static string MonthOf(HttpContext context, CustomerStanding standing) =>
        QuotaPeriods.MonthKey(standing.Now, context.Project().Zone);

    /// <summary>The user is within the limit if at least one unit remains.</summary>
    private static EmailAssistantLimit LimitOf(Standing standing) =>
        new(standing.Limit?.Value, standing.Used.Value, standing.Remaining?.Value, standing.Remaining is not { IsZero: true });
}
