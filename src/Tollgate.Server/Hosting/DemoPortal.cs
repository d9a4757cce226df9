using Tollgate.Engine.Checkouts;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;
using Tollgate.Server.Http.Pages;

namespace Tollgate.Server.Hosting;

/// <summary><c>/demo/portal</c> with <c>--demo</c>: opens the portal of a demo customer for everybody. Without demo data there is no such path.</summary>
internal static class DemoPortal
{
    public static void Map(WebApplication app)
    {
        if (!app.Services.GetRequiredService<ServerOptions>().Demo)
        {
            return;
        }

        var (demo, sessions) = (app.Services.GetRequiredService<DemoData>(), app.Services.GetRequiredService<PortalSessions>());
        app.MapGet(StartPages.DemoPortal, (RequestDelegate)(context => OpenAsync(context, demo, sessions)))
            .OpenToAll("The customer is made up; the server was started with --demo.").WithLoad(Load.Ordinary)
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
            await StartPages.WriteNotFoundAsync(context);
            return;
        }

        context.Response.Headers.Location = "/portal/" + session.Token;
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
    }
}
