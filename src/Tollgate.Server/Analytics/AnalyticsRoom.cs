using Tollgate.Engine.Analytics;

namespace Tollgate.Server.Analytics;

/// <summary>Registers the room Analytics: recurring revenue, key figures, and the facts behind them.</summary>
public static class AnalyticsRoom
{
    public static IServiceCollection AddAnalytics(this IServiceCollection services) =>
        services.AddSingleton<RateQueries>().AddSingleton<MrrQueries>().AddSingleton<KpiQueries>().AddSingleton<SpendQueries>()
            .AddSingleton<CohortQueries>().AddSingleton<MarginQueries>().AddSingleton<AdoptionQueries>()
            .AddSingleton<ForecastQueries>().AddSingleton<SuccessQueries>().AddSingleton<FoldRevenue>()
            .AddHostedService<AdoptionLoop>().AddHostedService<RevenueLoop>();

    public static void MapAnalytics(this IEndpointRouteBuilder app)
    {
        MrrEndpoints.Map(app);
        RateEndpoints.Map(app);
        KpiEndpoints.Map(app);
        SpendEndpoints.Map(app);
        CohortEndpoints.Map(app);
        MarginEndpoints.Map(app);
        AdoptionEndpoints.Map(app);
        ProjectionEndpoints.Map(app);
        GrowthEndpoints.Map(app);
        SuccessEndpoints.Map(app);
    }
}
