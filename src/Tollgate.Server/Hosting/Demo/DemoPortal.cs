using Tollgate.Engine.Checkouts;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;
using Tollgate.Server.Http.Pages;

namespace Tollgate.Server.Hosting.Demo;

/// <summary>
/// <c>/demo/portal</c> with <c>--demo</c>: opens the portal of a demo customer for everybody. Without the option, it explains how to start
/// the server.
/// </summary>
internal static class DemoPortal
{
    public static void Map(WebApplication app)
    {
        var isOn = app.Services.GetRequiredService<ServerOptions>().Demo;
        var (demo, sessions) = (app.Services.GetRequiredService<DemoData>(), app.Services.GetRequiredService<PortalSessions>());
        app.MapGet(
            StartPages.DemoPortal,
            (RequestDelegate)(context => isOn ? OpenAsync(context, demo, sessions) : StartPages.WriteNoDemoAsync(context)))
            .OpenToAll("The customer is made up, and only a server that was started with --demo has it.").WithLoad(Load.Ordinary)
            .ExcludeFromDescription();
    }

    private static async Task OpenAsync(HttpContext context, DemoData demo, PortalSessions sessions)
    {
        var server = PublicAddress.Of(context);
        var session = await demo.ShownAsync(context.RequestAborted) is var (project, customer)
            ? await sessions.OpenAsync(project, customer, server.AbsoluteUri, Issuer.Server, context.RequestAborted)
            : null;
        if (session is null)
        {
            await StartPages.WriteNoDemoAsync(context);
            return;
        }

        context.Response.Headers.Location = "/portal/" + session.Token;
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
    }
}
