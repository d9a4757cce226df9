using Tollgate.Engine.Catalog;
using Tollgate.Server.Http;

namespace Tollgate.Server.Catalog;

/// <summary>Registers the room Catalog, and the bodies of the seed doors that only read it.</summary>
public static class CatalogRoom
{
    public static IServiceCollection AddCatalog(this IServiceCollection services)
    {
        services.AddSingleton<PublishCatalog>();
        services.AddSingleton<PreviewCatalog>();
        return services;
    }
}
