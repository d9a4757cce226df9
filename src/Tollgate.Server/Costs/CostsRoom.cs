using Tollgate.Engine.Analytics;
using Tollgate.Engine.Costs;
using Tollgate.Server.Http;

namespace Tollgate.Server.Costs;

/// <summary>Registers the room Costs: rollups of calls to models and their analyses.</summary>
public static class CostsRoom
{
    public static IServiceCollection AddCosts(this IServiceCollection services) =>
        services.AddSingleton<FoldCalls>().AddSingleton<CostQueries>().AddSingleton<SlaTargets>().AddSingleton<RevenueQueries>()
            .AddSingleton<CashQueries>()
            .AddHostedService<CallFolder>();

    public static void MapCosts(this IEndpointRouteBuilder app)
    {
        CustomerCostEndpoints.Map(app);
        CustomerOverviewEndpoints.Map(app);
        CostAnalysisEndpoints.Map(app);
        SlaEndpoints.Map(app);
    }
}
