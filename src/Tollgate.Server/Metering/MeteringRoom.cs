using Tollgate.Engine.Metering;
using Tollgate.Server.Http;

namespace Tollgate.Server.Metering;

/// <summary>Registers the room Metering: recording and listing of facts.</summary>
public static class MeteringRoom
{
    public static IServiceCollection AddMetering(this IServiceCollection services) =>
        services.AddSingleton<EventQueries>().AddSingleton<DecisionQueries>().AddSingleton<UnmatchedTypes>()
            .AddHostedService<UnmatchedTypesWriter>();

    public static void MapMetering(this IEndpointRouteBuilder app)
    {
        EventsEndpoints.Map(app);
        EventListEndpoints.Map(app);
        DecisionsEndpoints.Map(app);
        UnmatchedEventsEndpoint.Map(app);
    }
}
