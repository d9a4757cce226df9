namespace Tollgate.Server.Hosting;

/// <summary>Where each room hangs into the server: its services and its endpoints, one line a room, in flow order.</summary>
internal static class Rooms
{
    /// <summary>Singletons that need the running database get <see cref="Engine.Postgres.Database"/> from the container.</summary>
    public static void AddServices(IServiceCollection services, ServerOptions options)
    {
        _ = options;
        services.AddHostedService<EventMonthsLoop>();
    }

    /// <summary>Before any endpoint: errors, authentication, idempotency.</summary>
    public static void UseMiddleware(WebApplication app)
    {
        _ = app;
    }

    public static void MapEndpoints(WebApplication app)
    {
        HealthEndpoints.Map(app);
    }
}
