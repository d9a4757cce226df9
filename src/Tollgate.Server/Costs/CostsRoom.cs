using Tollgate.Engine.Costs;

namespace Tollgate.Server.Costs;

/// <summary>Registers the room Costs: rollups of calls to models and what is read from them.</summary>
public static class CostsRoom
{
    public static IServiceCollection AddCosts(this IServiceCollection services) =>
        services.AddSingleton<FoldCalls>().AddHostedService<CallFolder>();
}
