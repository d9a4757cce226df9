using System.Reflection;
using System.Text.Json.Serialization;
using Swashbuckle.AspNetCore.SwaggerUI;
using Tollgate.Contracts.Http;
using Tollgate.Server.Http.Pages;

namespace Tollgate.Server.Http;

/// <summary>The base of every endpoint. See README.md in this folder.</summary>
public static class HttpRoom
{
    /// <param name="words">For the OpenAPI document: the values of members with a closed set of values; null for any other.</param>
    public static IServiceCollection AddHttpRoom(
        this IServiceCollection services, FairShareOptions share, GuessOptions guesses, RequestLimitOptions limits,
        Func<PropertyInfo, IReadOnlyList<string>?> words,
        Action<HttpOptions>? configure = null)
    {
        services.Configure(configure ?? (_ => { }));
        services.AddSingleton<Idempotency>();
        services.AddSingleton<RequestTimes>();
        services.AddSingleton(new FairShare(share));
        services.AddSingleton(guesses);
        services.AddSingleton(new RequestLimits(limits));
        services.AddSingleton<Guesses>();
        services.AddSingleton<AppTokens>();
        services.AddSingleton<Exports>();
        services.ConfigureHttpJsonOptions(http =>
        {
            // For the OpenAPI document only: endpoints read and write bodies with WireJson itself.
            http.SerializerOptions.TypeInfoResolverChain.Insert(0, WireJson.Default);
            http.SerializerOptions.PropertyNamingPolicy = WireJson.Default.Options.PropertyNamingPolicy;
            http.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
        });
        return services.AddOpenApi(OpenApiFile.Name, options => OpenApiDocuments.Configure(options, words));
    }

    /// <summary>
    /// Adds the front door, before every middleware that could answer, and before routing the projects' own paths.
    /// </summary>
    public static IApplicationBuilder UseFrontDoor(this IApplicationBuilder app) =>
        app.UseMiddleware<ProjectPath>().UseRouting().UseMiddleware<FrontDoor>();

    /// <summary>
    /// Maps the document at <c>/openapi/v1.json</c>, Swagger UI at <c>/docs</c>, the pages of the error codes, and the start page.
    /// </summary>
    /// <param name="hasDemo">True: there are demo customers.</param>
    public static void MapHttpRoom(this WebApplication app, bool hasDemo)
    {
        OpenApiFile.Map(app);
        PageFrame.Map(app);
        ErrorPages.Map(app);
        StartPages.Map(app, hasDemo);

        // Only for their paths, so that other requests do not pass through this middleware.
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/docs", StringComparison.Ordinal), docs =>
        {
            docs.Use(next => context => PageFrame.ProtectAsync(context, next));
            docs.UseSwaggerUI(ConfigureSwagger);
        });
    }

    private static void ConfigureSwagger(SwaggerUIOptions ui)
    {
        ui.RoutePrefix = "docs";
        ui.DocumentTitle = "API · Tollgate";
        ui.IndexStream = PageFrame.Swagger;
        ui.SwaggerEndpoint("/openapi/v1.json", "Tollgate v1");
        ui.EnableDeepLinking();
        ui.EnableFilter();
        ui.DefaultModelsExpandDepth(0);
    }
}
