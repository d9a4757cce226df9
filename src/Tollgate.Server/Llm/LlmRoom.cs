using Tollgate.Engine.Llm;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Llm;

/// <summary>Registers the room Llm: the usage and cost of calls to models.</summary>
public static class LlmRoom
{
    public static IServiceCollection AddLlm(this IServiceCollection services) =>
        services.AddSingleton<IProjectPart, PricePart>().AddSingleton<IProjectPart, UpstreamPart>().AddSingleton<LlmMetrics>()
            .AddSingleton<RecordLlmCalls>().AddSingleton<UnpricedModels>().AddSingleton<SetModelPrices>().AddSingleton<RerateLlmCalls>()
            .AddSingleton<PriceQueries>();

    public static void MapLlm(this IEndpointRouteBuilder app)
    {
        LlmCallsEndpoints.Map(app);
        LlmCallListEndpoints.Map(app);
        ModelPricesEndpoints.Map(app);
        PriceImportEndpoints.Map(app);
        RerateEndpoints.Map(app);
    }
}
