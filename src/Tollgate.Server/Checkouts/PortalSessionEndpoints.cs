using Tollgate.Contracts.Checkouts;
using Tollgate.Contracts.Http;
using Tollgate.Core;
using Tollgate.Core.Time;
using Tollgate.Engine.Checkouts;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;
using Tollgate.Server.Projects;

namespace Tollgate.Server.Checkouts;

/// <summary><c>/v1/portal-sessions</c>: the URLs of customers' portals; open, list, revoke.</summary>
internal static class PortalSessionEndpoints
{
    public static void Map(WebApplication app)
    {
        var (sessions, clock) = (app.Services.GetRequiredService<PortalSessions>(), app.Services.GetRequiredService<Clock>());
        app.MapPost("/v1/portal-sessions", (RequestDelegate)(context => OpenAsync(context, sessions)))
            .RequireKey(Access.Secret | Access.CustomerToken, Scope.BillingWrite)
            .WithSecretAnswer()
            .Describe(CheckoutDescriptions.OpenPortal);
        app.MapGet("/v1/portal-sessions", (RequestDelegate)(context => ListAsync(context, sessions, clock)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(CheckoutDescriptions.ListPortalSessions);
        app.MapGet("/v1/portal-sessions/{id}", (RequestDelegate)(context => ShowAsync(context, sessions, clock)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(CheckoutDescriptions.ShowPortalSession);
        app.MapDelete("/v1/portal-sessions/{id}", (RequestDelegate)(context => RevokeAsync(context, sessions)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(CheckoutDescriptions.RevokePortalSession);
    }

    private static async Task OpenAsync(HttpContext context, PortalSessions sessions)
    {
        if (await Body.ReadAsync(context, WireJson.Default.PortalSessionRequest) is not { } body)
        {
            return;
        }

        // A customer token identifies the customer of the portal.
        var caller = context.Caller();
        var customer = caller.Customer ?? body.Customer;
        if (body.Customer is { } named && named != customer)
        {
            await Problems.WriteAsync(context, ErrorCode.KeyNotAllowed, "This customer token belongs to another customer.", "customer");
            return;
        }

        var faults = new Faults();
        faults.Id(customer, "customer");
        CheckoutEndpoints.Address(body.ReturnUrl, "return_url", false, faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var server = PublicAddress.Of(context);
        var session = await sessions.OpenAsync(context.Project(), customer!, body.ReturnUrl, Issuer.Of(caller), context.RequestAborted);
        await (session is null
            ? Problems.WriteAsync(context, ErrorCode.CustomerNotFound, $"Unknown customer '{Spelling.Shown(customer!)}'.", "customer")
            : Answer.Json(
                context, StatusCodes.Status201Created,
                new(session.Id.ToString("D"), new Uri(server, "/portal/" + session.Token).AbsoluteUri, session.ExpiresAt.ToOffset()),
                WireJson.Default.PortalSessionView));
    }

    private static async Task ListAsync(HttpContext context, PortalSessions sessions, Clock clock)
    {
        var list = ListQuery.Read(context);
        var (customer, after) = (list.Id("customer"), list.UuidAfter());
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await sessions.ListAsync(context.Project(), customer, after, list.Probe, context.RequestAborted);
        var now = clock.Now();
        await list.AnswerAsync(rows, row => View(row, now), static (data, more) => new(data, more), WireJson.Default.PortalSessionList);
    }

    private static async Task ShowAsync(HttpContext context, PortalSessions sessions, Clock clock)
    {
        var row = Guid.TryParseExact(RawPath.Id(context), "D", out var id)
            ? await sessions.ShowAsync(context.Project(), id, context.RequestAborted)
            : null;
        await (row is null
            ? Problems.WriteAsync(context, ErrorCode.PortalSessionNotFound)
            : Answer.Json(context, StatusCodes.Status200OK, View(row, clock.Now()), WireJson.Default.PortalSessionItem));
    }

    private static async Task RevokeAsync(HttpContext context, PortalSessions sessions)
    {
        var isRevoked = Guid.TryParseExact(RawPath.Id(context), "D", out var id)
            && await sessions.RevokeAsync(context.Project(), id, context.RequestAborted);
        await (isRevoked ? Answer.Nothing(context) : Problems.WriteAsync(context, ErrorCode.PortalSessionNotFound));
    }

    private static PortalSessionItem View(PortalSessionRow row, Instant now) => new()
    {
        Id = row.Id.ToString("D"),
        Customer = row.Customer,
        Status = TokensEndpoints.StatusOf(row.RevokedAt, row.ExpiresAt, now),
        ReturnUrl = row.ReturnUrl,
        IssuedBy = row.IssuedBy?.ToString("D"),
        Token = row.Token?.ToString("D"),
        CreatedAt = row.CreatedAt.ToOffset(),
        ExpiresAt = row.ExpiresAt.ToOffset(),
        RevokedAt = row.RevokedAt?.ToOffset(),
    };
}
