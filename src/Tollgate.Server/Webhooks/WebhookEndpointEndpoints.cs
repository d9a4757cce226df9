using Tollgate.Contracts.Http;
using Tollgate.Contracts.Webhooks;
using Tollgate.Core.Webhooks;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Webhooks;
using Tollgate.Server.Http;

namespace Tollgate.Server.Webhooks;

/// <summary><c>/v1/webhook-endpoints</c>: the receivers of events. The API returns a secret only once.</summary>
internal static class WebhookEndpointEndpoints
{
    private const int DefaultGraceSeconds = 86_400;
    private const int LongestGraceSeconds = 604_800;

    public static void MapWebhookEndpoints(this WebApplication app)
    {
        var services = app.Services;
        var (endpoints, secrets, clock) =
            (services.GetRequiredService<WebhookEndpoints>(), services.GetRequiredService<WebhookSecrets>(),
                services.GetRequiredService<Clock>());
        var (targets, sender) = (services.GetRequiredService<WebhookTargets>(), services.GetRequiredService<WebhookSender>());

        app.MapPost("/v1/webhook-endpoints", (RequestDelegate)(context => CreateAsync(context, endpoints, secrets, targets, sender, clock)))
            .RequireKey(Access.Secret, Scope.WebhooksWrite)
            .WithSecretAnswer()
            .Describe(WebhookDescriptions.Create);
        app.MapGet("/v1/webhook-endpoints", (RequestDelegate)(context => ListAsync(context, endpoints, clock)))
            .RequireKey(Access.Secret, Scope.WebhooksRead)
            .Describe(WebhookDescriptions.List);
        app.MapGet("/v1/webhook-endpoints/{id}", (RequestDelegate)(context => ShowAsync(context, endpoints, clock)))
            .RequireKey(Access.Secret, Scope.WebhooksRead)
            .Describe(WebhookDescriptions.Show);
        app.MapPatch("/v1/webhook-endpoints/{id}", (RequestDelegate)(context => ChangeAsync(context, endpoints, targets, sender, clock)))
            .RequireKey(Access.Secret, Scope.WebhooksWrite)
            .Describe(WebhookDescriptions.Change);
        app.MapDelete("/v1/webhook-endpoints/{id}", (RequestDelegate)(context => DeleteAsync(context, endpoints)))
            .RequireKey(Access.Secret, Scope.WebhooksWrite)
            .Describe(WebhookDescriptions.Delete);
        app.MapPost(
            "/v1/webhook-endpoints/{id}/rotate-secret", (RequestDelegate)(context => RotateAsync(context, endpoints, secrets, clock)))
            .RequireKey(Access.Secret, Scope.WebhooksWrite)
            .WithSecretAnswer()
            .Describe(WebhookDescriptions.Rotate);
    }

    private static async Task CreateAsync(
        HttpContext context, WebhookEndpoints endpoints, WebhookSecrets secrets, WebhookTargets targets, WebhookSender sender, Clock clock)
    {
        if (await Body.ReadAsync(context, WireJson.Default.CreateWebhookEndpointRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        faults.Required(body.Url, "url");
        faults.Required(body.Events, "events");
        var order = new EndpointChange(body.Url, body.Events, body.Description, null, body.Format);
        faults.OneOf(body.Format, "format", [.. WebhookEndpoint.Formats]);
        CheckSlack(body.Format, body.Events, faults);
        await CheckAsync(context, order, faults, targets, sender);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var (secret, now) = (WebhookSecrets.Make(), clock.Now());
        var id = Guid.CreateVersion7(now.ToOffset());
        var made = await endpoints.CreateAsync(context.Project(), id, order, secrets.Close(id, secret), context.RequestAborted);
        await (made is null
            ? Problems.WriteAsync(
                context, ErrorCode.WebhookEndpointState, $"A project has at most {WebhookEndpoints.MostOfProject} webhook endpoints.")
            : Answer.Json(
                context, StatusCodes.Status201Created, WebhookAnswers.Of(made, secret, now), WireJson.Default.WebhookEndpointSecret));
    }

    private static async Task ListAsync(HttpContext context, WebhookEndpoints endpoints, Clock clock)
    {
        var list = ListQuery.Read(context);
        var after = list.UuidAfter();
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await endpoints.ListAsync(context.Project(), after, list.Probe, context.RequestAborted);
        var now = clock.Now();
        await list.AnswerAsync(
            rows, one => WebhookAnswers.Of(one, now), static (data, more) => new(data, more), WireJson.Default.WebhookEndpointList);
    }

    private static async Task ShowAsync(HttpContext context, WebhookEndpoints endpoints, Clock clock) =>
        await AnswerAsync(
            context, WebhookIds.OfPath(context) is { } id ? await endpoints.FindAsync(context.Project(), id, context.RequestAborted) : null,
            clock);

    private static async Task ChangeAsync(
        HttpContext context, WebhookEndpoints endpoints, WebhookTargets targets, WebhookSender sender, Clock clock)
    {
        if (await Body.ReadAsync(context, WireJson.Default.ChangeWebhookEndpointRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        var change = new EndpointChange(body.Url, body.Events, body.Description, body.Enabled);
        await CheckAsync(context, change, faults, targets, sender);
        var id = WebhookIds.OfPath(context);
        if (body.Events is not null && id is not null)
        {
            CheckSlack(
                (await endpoints.FindAsync(context.Project(), id.Value, context.RequestAborted))?.Format, body.Events, faults);
        }

        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        await AnswerAsync(
            context,
            id is not null
                ? await endpoints.ChangeAsync(context.Project(), id.Value, change, context.RequestAborted)
                : null, clock);
    }

    private static async Task DeleteAsync(HttpContext context, WebhookEndpoints endpoints)
    {
        var isKnown = WebhookIds.OfPath(context) is { } id && await endpoints.DeleteAsync(context.Project(), id, context.RequestAborted);
        await (isKnown ? Answer.Nothing(context) : Problems.WriteAsync(context, ErrorCode.WebhookEndpointNotFound));
    }

    private static async Task RotateAsync(HttpContext context, WebhookEndpoints endpoints, WebhookSecrets secrets, Clock clock)
    {
        if (await Body.ReadAsync(context, WireJson.Default.RotateWebhookSecretRequest, new()) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        faults.Range(body.GraceSeconds, "grace_seconds", 0, LongestGraceSeconds);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var secret = WebhookSecrets.Make();
        var rotated = WebhookIds.OfPath(context) is { } id
            ? await endpoints.RotateAsync(
                context.Project(), id, secrets.Close(id, secret), body.GraceSeconds ?? DefaultGraceSeconds, context.RequestAborted)
            : null;
        await (rotated is null
            ? Problems.WriteAsync(context, ErrorCode.WebhookEndpointNotFound)
            : Answer.Json(
                context, StatusCodes.Status200OK, WebhookAnswers.Of(rotated, secret, clock.Now()),
                WireJson.Default.WebhookEndpointSecret));
    }

    /// <summary>A message has one text, which only alerts have.</summary>
    private static void CheckSlack(string? format, IReadOnlyList<string>? events, Faults faults)
    {
        if (format == WebhookEndpoint.Slack && events is not null && events.Any(static one => one != WebhookEventType.AlertFired.Name))
        {
            faults.Add(
                "events", FaultCode.InvalidValue,
                $"An endpoint of the format slack takes {WebhookEventType.AlertFired.Name} only: [\"{WebhookEventType.AlertFired.Name}\"].");
        }
    }

    /// <summary>Checks the URL's text first, and then the addresses of its name, which needs a DNS query.</summary>
    private static async Task CheckAsync(
        HttpContext context, EndpointChange change, Faults faults, WebhookTargets targets, WebhookSender sender)
    {
        var allowLocal = sender.AllowsLocal(context.Project());
        faults.Add(TargetRules.Validate(change.Url, change.Events, change.Description, allowLocal));
        if (!faults.Any && change.Url is not null
            && await targets.LeadsAstrayAsync(context.Project().Id, change.Url, allowLocal, context.RequestAborted))
        {
            faults.Add("url", FaultCode.InvalidValue, TargetRules.NotAllowed);
        }
    }

    private static Task AnswerAsync(HttpContext context, WebhookEndpoint? endpoint, Clock clock) => endpoint is null
        ? Problems.WriteAsync(context, ErrorCode.WebhookEndpointNotFound)
        : Answer.Json(context, StatusCodes.Status200OK, WebhookAnswers.Of(endpoint, clock.Now()), WireJson.Default.WebhookEndpointView);
}

/// <summary>Ids of the room in paths and queries.</summary>
internal static class WebhookIds
{
    /// <summary>Null: the segment is not an id, so there is no such object.</summary>
    public static Guid? OfPath(HttpContext context) => Guid.TryParseExact(RawPath.Id(context), "D", out var id) ? id : null;

    public static Guid? Read(string? text, string param, Faults faults)
    {
        if (text is null || Guid.TryParseExact(text, "D", out var id))
        {
            return text is null ? null : Guid.Parse(text);
        }

        faults.Add(param, FaultCode.InvalidFormat, "An id such as 019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10 is expected.");
        return null;
    }
}
