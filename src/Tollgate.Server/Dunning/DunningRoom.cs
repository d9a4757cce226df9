using Tollgate.Engine.Billing;
using Tollgate.Engine.Dunning;
using Tollgate.Server.Http;

namespace Tollgate.Server.Dunning;

/// <summary>Registers the room Dunning. Needs the rooms Payments and Checkouts.</summary>
public static class DunningRoom
{
    public static IServiceCollection AddDunning(this IServiceCollection services)
    {
        services.AddSingleton<DunningQueries>();
        services.AddSingleton<CollectDue>();
        services.AddHostedService<CollectLoop>();
        return services;
    }
}
