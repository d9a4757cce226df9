using Tollgate.Engine.Gateway;
using Tollgate.Engine.Llm;
using Tollgate.Server.Http;

namespace Tollgate.Server.Gateway;

/// <summary>Registers the room Gateway: metered forwarding of calls to providers.</summary>
public static class GatewayRoom
{
    public static IServiceCollection AddGateway(this IServiceCollection services, GatewayOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<Upstreams>();
        services.AddSingleton<UpstreamSecrets>();
        services.AddSingleton<GuardLlmCalls>();
        services.AddSingleton<Forwarder>();
        services.AddSingleton(_ => new ByteBudget(options.MostMemoryMiB * 1024 * 1024));
        services.AddSingleton<GatewayJobs>();
        services.AddSingleton<ProviderJobs>();
        services.AddSingleton<SettleLater>();
        services.AddHostedService<JobWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<SettleLater>());
        return services;
    }

    public static void MapGateway(this IEndpointRouteBuilder app)
    {
        UpstreamsEndpoints.Map(app);
        GatewayEndpoints.Map(app);
    }
}
