using Tollgate.Contracts.SeedDoors;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;

namespace Tollgate.Server.SeedDoors;

/// <summary>
/// D: <c>GET /api/subscription/usage/{user_id}</c>. The seed states no body; this is the usage half of its dashboard. A
/// provider is what its features are named after: <c>gemini_calls</c>, <c>gemini_tokens</c>, <c>gemini_cost</c>.
/// </summary>
internal static class AlwrityUsageDoor
{
    private const string Calls = "_calls";
    private const string Tokens = "_tokens";
    private const string Cost = "_cost";

    /// <summary>Where the user's id stands in the path.</summary>
    private const int UserSegment = 3;

    private const decimal WarningPercent = 80;

    public static void MapAlwrityUsage(this WebApplication app)
    {
        var gate = app.Services.GetRequiredService<QuotaGate>();
        app.MapGet("/api/subscription/usage/{user_id}", (RequestDelegate)(context => UsageAsync(context, gate)))
            .RequireKey(Access.Secret | Access.CustomerToken, Scope.UsageRead)
            .WithSeedErrors()
            .Describe(Usage);
    }

    private static async Task UsageAsync(HttpContext context, QuotaGate gate)
    {
        if (await SeedCallers.CustomerAsync(context, RawPath.Segment(context, UserSegment), "user_id") is { } customer
            && await ReadingEndpoints.StandingAsync(context, gate, customer) is { } standing)
        {
            await Answer.Json(context, StatusCodes.Status200OK, ViewOf(standing, context.Project().Zone), SeedDoorsJson.Default.AlwrityUsage);
        }
    }

    private static AlwrityUsage ViewOf(CustomerStanding standing, TimeZoneInfo zone)
    {
        var metered = standing.Features.Where(f => f.Standing is not null).ToDictionary(f => f.Feature.Code, f => f.Standing!);
        var budget = standing.Features.FirstOrDefault(f => f.Standing is not null && f.Feature.Feature.IsMoney)?.Feature.Code;
        var percentages = metered
            .Where(f => f.Value.Limit is { IsPositive: true })
            .ToDictionary(f => f.Key == budget ? "cost" : f.Key, f => UsageProjection.PercentOf(f.Value.Used, f.Value.Limit)!.Value);
        var calls = metered.Where(f => f.Key.EndsWith(Calls, StringComparison.Ordinal)).Sum(f => f.Value.Used.Value);
        return new()
        {
            UserId = standing.Customer,
            BillingPeriod = QuotaPeriods.MonthKey(standing.Now, zone),
            CurrentUsage = new(calls, UsedOf(metered, budget) ?? 0, StatusOf(percentages.Values), ProvidersOf(metered)),
            Limits = new(standing.Plan.Plan.Name, metered.ToDictionary(f => f.Key == budget ? "monthly_cost" : f.Key, f => f.Value.Limit?.Value)),
            UsagePercentages = percentages,
        };
    }

    private static Dictionary<string, AlwrityProvider> ProvidersOf(Dictionary<string, Standing> metered) => metered.Keys
        .Where(code => code.EndsWith(Calls, StringComparison.Ordinal))
        .Select(code => code[..^Calls.Length])
        .ToDictionary(
            provider => provider,
            provider => new AlwrityProvider(
                metered[provider + Calls].Used.Value, UsedOf(metered, provider + Cost), UsedOf(metered, provider + Tokens)));

    private static decimal? UsedOf(Dictionary<string, Standing> metered, string? code) =>
        code is not null && metered.TryGetValue(code, out var standing) ? standing.Used.Value : null;

    private static string StatusOf(IEnumerable<decimal> percentages) => percentages.DefaultIfEmpty().Max() switch
    {
        >= 100 => "limit_reached",
        >= WarningPercent => "warning",
        _ => "active",
    };

    private static readonly Description Usage = new(
        "Seed D: ALwrity",
        "Usage of a user",
        "Calls, cost and tokens by provider, the plan's limits and how much of each is used.")
    {
        Answers =
        [
            Example.Of<AlwrityUsage>(200, "The month so far.", """
                {"user_id": "user_42", "billing_period": "2026-11",
                 "current_usage": {"total_calls": 1250, "total_cost": 15.75, "usage_status": "active",
                  "provider_breakdown": {"gemini": {"calls": 800, "cost": null, "tokens": 125000},
                   "openai": {"calls": 450, "cost": null, "tokens": 85000}}},
                 "limits": {"plan_name": "Pro", "limits": {"gemini_calls": 5000, "monthly_cost": 150}},
                 "usage_percentages": {"gemini_calls": 16, "cost": 10.5}}
                """),
        ],
    };
}
