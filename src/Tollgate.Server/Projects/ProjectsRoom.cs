using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Projects;

/// <summary>Registers the room Projects. Needs an <c>NpgsqlDataSource</c> whose schema is migrated before the host starts.</summary>
public static class ProjectsRoom
{
    public static IServiceCollection AddProjects(this IServiceCollection services, ThingLimits things)
    {
        services.AddSingleton(things);
        services.AddSingleton<CountThings>();
        services.AddSingleton<Clock>();
        services.AddSingleton<ProjectDirectory>();
        services.AddSingleton<ProjectQueries>();
        services.AddSingleton(new CustomerKeys(things.CustomerKeys));
        services.AddSingleton<IdempotencyKeys>();
        services.AddSingleton<CreateProject>();
        services.AddSingleton<CreateFirstProjects>();
        services.AddSingleton<SetProjectHosts>();
        services.AddSingleton<CreateKey>();
        services.AddSingleton<RotateKey>();
        services.AddSingleton<RevokeKey>();
        services.AddSingleton<IssueCustomerToken>();
        services.AddSingleton<RevokeTokens>();
        services.AddSingleton<CustomerLogins>();
        services.AddSingleton<Passwords>();
        services.AddSingleton<ServerPresence>();
        services.AddSingleton<ProjectHousekeeping>();
        services.AddHostedService(provider => provider.GetRequiredService<ServerPresence>());
        services.AddHostedService(provider => provider.GetRequiredService<ProjectHousekeeping>());
        return services;
    }

    public static void MapProjects(this WebApplication app)
    {
        ProjectsEndpoints.Map(app);
        KeysEndpoints.Map(app);
        TokensEndpoints.Map(app);
        LoginEndpoints.Map(app);
    }
}
