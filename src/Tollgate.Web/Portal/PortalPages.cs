using System.Net;
using Microsoft.AspNetCore.Http;
using Tollgate.Core.Checkouts;
using Tollgate.Engine.Checkouts;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Driven;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Notices;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;
using Tollgate.Web.Layout;

namespace Tollgate.Web.Portal;

/// <summary>
/// A customer's own page, <c>/portal/{token}</c>: the plan, what is open, invoices, cards. Whoever has the token is the customer; no cookie is set or read. What is to be
/// paid, and a card that is added, is a checkout.
/// </summary>
public sealed class PortalPages(
    ProjectDirectory directory, PortalSessions sessions, SubscriptionQueries subscriptions, InvoiceQueries invoices, PaymentMethods methods, OpenCheckout open,
    ChangeSubscription change, ChangeDriven driven, NoticeQueries notices, EnterProject enter, Clock clock)
{
    private const int MostInvoices = 36;

    private sealed record Desk(HttpContext Context, ProjectSnapshot Project, PortalSession Session, string Path)
    {
        public string Actor => $"customer {Session.Customer}";

        public Task BackAsync() => Pages.LeadToAsync(Context, Path);
    }

    public Task ShowAsync(HttpContext context, string token) => AtAsync(context, token, async desk =>
    {
        var (project, customer, cancel) = (desk.Project, desk.Session.Customer, context.RequestAborted);
        var rows = await invoices.ListAsync(project, new(customer, null, null, null, null, false), null, MostInvoices, cancel);
        var model = new PortalModel(
            desk.Path, project, desk.Session.ReturnUrl, (await LiveAsync(desk))?.Row.Subscription, [.. rows.Select(static row => row.Invoice)],
            await methods.ListAsync(project, customer, cancel) ?? [], await notices.ListAsync(project, customer, cancel) ?? []);
        await Pages.WriteAsync<PortalPage>(context, StatusCodes.Status200OK, new Dictionary<string, object?> { ["Model"] = model });
    });

    /// <param name="server">Where customers reach this server.</param>
    public Task PayAsync(HttpContext context, string token, Uri server) => AtAsync(context, token, async desk =>
    {
        var named = (await Forms.ReadAsync(context))["invoice"].ToString();
        if (!Guid.TryParse(named, out var invoice) || await invoices.FindAsync(desk.Project, invoice, context.RequestAborted) is not { } row
            || row.Invoice.Customer != desk.Session.Customer)
        {
            await desk.BackAsync();
            return;
        }

        await CheckOutAsync(desk, CheckoutKind.Invoice, new() { Invoice = invoice }, server);
    });

    public Task ChangeCardsAsync(HttpContext context, string token, Uri server) => AtAsync(context, token, async desk =>
    {
        var form = await Forms.ReadAsync(context);
        var (project, customer) = (desk.Project, desk.Session.Customer);
        if (form["do"] == "add")
        {
            await CheckOutAsync(desk, CheckoutKind.Setup, new(), server);
            return;
        }

        if (Guid.TryParse(form["card"], out var card))
        {
            _ = form["do"].ToString() switch
            {
                "remove" => await methods.RemoveAsync(project, customer, card, context.RequestAborted),
                "default" => await methods.MakeDefaultAsync(project, customer, card, context.RequestAborted),
                _ => false,
            };
        }

        await desk.BackAsync();
    });

    public Task CancelAsync(HttpContext context, string token) => AtAsync(context, token, async desk =>
    {
        if (await LiveAsync(desk) is { } item)
        {
            _ = await driven.CancelAsync(desk.Project, item.Row.Subscription.Id, new(ChangeTime.PeriodEnd, null), new(desk.Actor, false), context.RequestAborted)
                ?? await change.CancelAsync(desk.Project, item.Row.Subscription.Id, new(ChangeTime.PeriodEnd, null), new(desk.Actor, false), context.RequestAborted);
        }

        await desk.BackAsync();
    });

    public Task UncancelAsync(HttpContext context, string token) => AtAsync(context, token, async desk =>
    {
        if (await LiveAsync(desk) is { Row.Subscription.CancelAt: not null } item)
        {
            _ = await driven.UncancelAsync(desk.Project, item.Row.Subscription.Id, new(desk.Actor, false), context.RequestAborted)
                ?? await change.UncancelAsync(desk.Project, item.Row.Subscription.Id, new(desk.Actor, false), context.RequestAborted);
        }

        await desk.BackAsync();
    });

    /// <summary>The project and an invoice of the customer whose page it is, for whoever draws it. Null: there is none.</summary>
    /// <param name="from">The address of whoever asks.</param>
    public async Task<(ProjectSnapshot Project, InvoiceRow Row)?> FindInvoiceAsync(string token, Guid id, IPAddress? from, CancellationToken cancel)
    {
        if (await sessions.FindAsync(token, cancel) is not { } session || session.HasEnded(clock.Now()) || !KeyRules.Allows(session.Issuer.Networks, from)
            || !directory.Current.ProjectsById.TryGetValue(session.Project, out var project)
            || await invoices.FindAsync(project, id, cancel) is not { } row || row.Invoice.Customer != session.Customer)
        {
            return null;
        }

        return (project, row);
    }

    private async Task<SubscriptionItem?> LiveAsync(Desk desk)
    {
        var items = await subscriptions.ListAsync(desk.Project, new(desk.Session.Customer, null, null), null, 1, desk.Context.RequestAborted);
        return items is [{ Row.Subscription.IsEnded: false } newest] ? newest : null;
    }

    private async Task CheckOutAsync(Desk desk, CheckoutKind kind, CheckoutWanted wanted, Uri server)
    {
        var back = new Uri(server, desk.Path).AbsoluteUri;
        var answer = await open.RunAsync(
            desk.Project, new(desk.Session.Customer, kind, wanted, back, back, OpenCheckout.DefaultLife, IssuerOf(desk.Session)), server, desk.Actor, desk.Context.RequestAborted);
        await Pages.LeadToAsync(desk.Context, answer.Page?.AbsoluteUri ?? desk.Path);
    }

    /// <summary>The hour of the portal is no limit of a payment that was begun in it; what limits the credential behind the session is.</summary>
    private static Issuer IssuerOf(PortalSession session) => new(null, null, session.Id, session.Issuer.ExpiresAt);

    private async Task AtAsync(HttpContext context, string token, Func<Desk, Task> run)
    {
        var session = await sessions.FindAsync(token, context.RequestAborted);
        if (session is null || !directory.Current.ProjectsById.TryGetValue(session.Project, out var project))
        {
            await NoticeAsync(context, StatusCodes.Status404NotFound, null, "This page is not known", "The address is incomplete, or too old. Go back to where you came from and open it again.", null);
            return;
        }

        if (!KeyRules.Allows(session.Issuer.Networks, context.Connection.RemoteIpAddress))
        {
            await NoticeAsync(context, StatusCodes.Status403Forbidden, project, "This page cannot be opened from here", "It works from certain networks only.", session.ReturnUrl);
            return;
        }

        if (session.HasEnded(clock.Now()))
        {
            await NoticeAsync(context, StatusCodes.Status410Gone, project, "This page has expired", "For your safety it lasts an hour. Open it again where you came from.", session.ReturnUrl);
            return;
        }

        if (await enter(context, project))
        {
            await run(new(context, project, session, "/portal/" + token));
        }
    }

    private static Task NoticeAsync(HttpContext context, int status, ProjectSnapshot? project, string title, string text, string? link) => Pages.WriteAsync<NoticePage>(
        context, status,
        new Dictionary<string, object?>
        {
            ["Title"] = title, ["Text"] = text, ["Seller"] = project?.Name ?? "Tollgate", ["IsSandbox"] = project?.Mode == ProjectMode.Sandbox, ["Link"] = link,
            ["LinkText"] = $"Back to {project?.Name}",
        });
}
