using System.Collections.Frozen;
using Tollgate.Contracts.Gateway;
using Tollgate.Contracts.Http;
using Tollgate.Core.Catalog;
using Tollgate.Core.Gateway;
using Tollgate.Core.Llm;
using Tollgate.Core.Llm.Shapes;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Gateway;

/// <summary>The upstreams of the gateway. The API accepts keys and never returns them.</summary>
internal static class UpstreamsEndpoints
{
    private const string Tag = "Gateway";

    private const string OpenAi =
        """
        {"provider": "openai", "base_url": "https://api.openai.com", "has_key": true, "headers": [], "readable": true,
         "reported_cost": "beside",
         "updated_at": "2026-11-21T08:00:00Z"}
        """;

    private static readonly Dictionary<string, string> Provider = new()
    {
        ["provider"] =
            "A name of the price book (`openai`, `anthropic`, `gemini`, `mistral`, `tavily` …), or your own name for a server with "
                + "OpenAI's API.",
    };

    public static void Map(IEndpointRouteBuilder app)
    {
        var upstreams = app.ServiceProvider.GetRequiredService<Upstreams>();
        var (secrets, forwarder) =
            (app.ServiceProvider.GetRequiredService<UpstreamSecrets>(), app.ServiceProvider.GetRequiredService<Forwarder>());
        app.MapPut("/v1/upstreams/{provider}", context => SetAsync(context, upstreams, secrets, forwarder))
            .RequireKey(Access.Secret, Scope.SettingsWrite).Describe(new(Tag, "Set an upstream",
            "Sets the address and credentials for calls to `/gateway/{provider}/…`. It replaces all earlier settings. "
                + "Tollgate stores the key and the values of "
            + "headers encrypted, and never shows them again.\n\n`base_url` ends where the provider's own paths begin: "
            + "`https://api.openai.com`, without "
            + "`/v1`, since the paths after `/gateway/openai` begin with it. It must be an address of the public internet, "
            + "or of a network that the operator lists in "
            + "`TOLLGATE_UPSTREAM_NETWORKS`; Tollgate checks the address again at each connection. `headers` cannot be connection headers, "
            + "nor headers that servers "
            + "of a private network trust (`Cookie`, `X-Forwarded-*`, `Metadata-Flavor` …).\n\n"
            + "`reported_cost` sets the use of a cost that the provider reports: with `wins` (the default of `openrouter`) budgets "
            + "move by it; with `beside` (the default of all others) Tollgate stores it in addition to the computed cost.")
        {
            Request = Example.Of<UpstreamRequest>("""{"api_key": "sk-…", "base_url": "https://api.openai.com"}"""),
            Path = Provider,
            Answers = [Example.Of<UpstreamView>(200, "Set", OpenAi)],
            Errors = [ErrorCode.ValidationFailed, ErrorCode.LimitReached],
        });
        app.MapGet("/v1/upstreams", (RequestDelegate)(context => ListAsync(context, secrets))).RequireKey(Access.Secret, Scope.SettingsRead)
            .Describe(new(Tag, "List upstreams",
            "Lists the project's upstreams by name, without their keys.")
        {
            Answers = [Example.Of<UpstreamList>(200, "All of them", $$"""{"data": [{{OpenAi}}], "has_more": false}""")],
        });
        app.MapDelete("/v1/upstreams/{provider}", (RequestDelegate)(context => RemoveAsync(context, upstreams)))
            .RequireKey(Access.Secret, Scope.SettingsWrite).Describe(new(Tag, "Remove an upstream",
            "Deletes the upstream with its credentials. From now on, calls to it get a 404.")
        {
            Path = Provider,
            Answers = [Example.Nothing("Removed")],
            Errors = [ErrorCode.UpstreamNotConfigured],
        });
    }

    private static async Task SetAsync(HttpContext context, Upstreams upstreams, UpstreamSecrets secrets, Forwarder forwarder)
    {
        if (await Body.ReadAsync(context, WireJson.Default.UpstreamRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        var provider = LlmRoutes.ProviderOf(RawPath.Id(context), null);
        faults.OneOf(body.ReportedCost, "reported_cost", [.. CatalogWords.All<ReportedCostPolicy>()]);
        faults.Add(UpstreamRules.Validate(provider, body.BaseUrl, body.ApiKey, body.Headers));
        if (!faults.Any && body.BaseUrl is { } url
            && await forwarder.LeadsAstrayAsync(context.Project().Id, new(url), context.RequestAborted))
        {
            faults.Add("base_url", FaultCode.InvalidValue, UpstreamRules.NotAllowed);
        }

        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var credentials = new UpstreamCredentials(body.ApiKey!, body.Headers ?? FrozenDictionary<string, string>.Empty);
        var upstream = await upstreams.SetAsync(
            context.Project(), provider, body.BaseUrl?.TrimEnd('/'), secrets.Close(context.Project(), provider, credentials),
            body.ReportedCost is { } word ? CatalogWords.Read<ReportedCostPolicy>(word) : null, context.RequestAborted);
        if (upstream is null)
        {
            await Problems.WriteAsync(
                context, ErrorCode.LimitReached,
                $"A project has at most {UpstreamRules.MostUpstreams} upstreams. Remove those that nobody calls.");
            return;
        }

        await Answer.Json(context, StatusCodes.Status200OK, ViewOf(context.Project(), upstream, secrets), WireJson.Default.UpstreamView);
    }

    private static Task ListAsync(HttpContext context, UpstreamSecrets secrets) => Answer.Json(
        context, StatusCodes.Status200OK,
        new([.. context.Project().Upstreams.Values.OrderBy(one => one.Provider, StringComparer.Ordinal)
            .Select(one => ViewOf(context.Project(), one, secrets))], HasMore: false),
        WireJson.Default.UpstreamList);

    private static async Task RemoveAsync(HttpContext context, Upstreams upstreams)
    {
        var removed = await upstreams.RemoveAsync(
            context.Project(), LlmRoutes.ProviderOf(RawPath.Id(context), null), context.RequestAborted);
        await (removed ? Answer.Nothing(context) : Problems.WriteAsync(context, ErrorCode.UpstreamNotConfigured));
    }

    private static UpstreamView ViewOf(ProjectSnapshot project, Upstream upstream, UpstreamSecrets secrets)
    {
        var credentials = secrets.Open(project, upstream);
        return new()
        {
            Provider = upstream.Provider, BaseUrl = upstream.BaseUrl ?? ProviderHome.Of(upstream.Provider).BaseUrl ?? "",
            HasKey = credentials is { ApiKey.Length: > 0 },
            Headers = [.. (credentials?.Headers.Keys ?? []).Order(StringComparer.Ordinal)], Readable = credentials is not null,
            ReportedCost = CatalogWords.Of(upstream.ReportedCost ?? ReportedCosts.DefaultOf(GatewayTarget.ProviderOf(upstream))),
            UpdatedAt = upstream.UpdatedAt.ToUniversalTime(),
        };
    }
}
