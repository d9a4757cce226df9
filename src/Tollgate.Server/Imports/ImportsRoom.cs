using Tollgate.Engine.Imports;

namespace Tollgate.Server.Imports;

/// <summary>Registers the room Imports: closed history from other systems.</summary>
public static class ImportsRoom
{
    public static IServiceCollection AddImports(this IServiceCollection services) =>
        services.AddSingleton<ImportBell>().AddSingleton<ImportQueries>().AddSingleton<ReceiveImport>().AddHostedService<RunImports>();

    public static void MapImports(this IEndpointRouteBuilder app) => ImportEndpoints.Map(app);
}
