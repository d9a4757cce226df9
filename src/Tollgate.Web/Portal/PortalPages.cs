using System.Net;
using Microsoft.AspNetCore.Http;
using Tollgate.Core.Catalog;
using Tollgate.Core.Checkouts;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Checkouts;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Notices;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Branding;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;
using Tollgate.Web.Layout;
using Tollgate.Web.Pricing;

namespace Tollgate.Web.Portal;

/// <summary>
/// A customer's own page, <c>/portal/{token}</c>: the plan, open amounts, invoices, cards. The token alone authorises access; the pages set
/// and read no cookie. Payments and new cards use a checkout.
/// </summary>
public sealed class PortalPages(
    ProjectDirectory directory, PortalSessions sessions, CustomerQueries customers, SubscriptionQueries subscriptions,
    InvoiceQueries invoices, PaymentMethods methods, KeepPaymentMethod keep, OpenCheckout open,
    ChangeSubscription change, NoticeQueries notices, PaymentProviders providers, EnterProject enter, Clock clock)
{
    private const int MostInvoices = 36;

    private sealed record Deps(HttpContext Context, ProjectSnapshot Project, PortalSession Session, string Path)
    {
        public string Actor => $"customer {Session.Customer}";

        public Task BackAsync() => Pages.LeadToAsync(Context, Path);
    }

    public Task ShowAsync(HttpContext context, string token) => AtAsync(context, token, async deps =>
    {
        var (project, customer, cancel) = (deps.Project, deps.Session.Customer, context.RequestAborted);
        var rows = await invoices.ListAsync(project, new(customer, null, null, null, null, false), null, MostInvoices, cancel);
        var plan = await PlanAsync(deps);

        // Does not ask a provider for each view of the page, because it can be slow or unavailable.
        var ahead = plan.Newest is { } newest ? await change.GlanceAsync(project, newest, cancel) : null;
        var abilities = providers.CapabilitiesOf(project);
        var model = new PortalModel(
            deps.Path, project, customer, deps.Session.ReturnUrl, plan, [.. rows.Select(static row => row.Invoice)],
            await methods.ListAsync(project, customer, cancel) ?? [], await notices.ListAsync(project, customer, cancel) ?? [],
            abilities.HasCheckout, abilities.UsesTollgatePages, ahead?.Next, ahead?.Prices ?? []);
        await Pages.WriteAsync<PortalPage>(context, StatusCodes.Status200OK, new Dictionary<string, object?> { ["Model"] = model });
    });

    /// <param name="server">The address at which customers reach this server.</param>
    public Task PayAsync(HttpContext context, string token, Uri server) => AtAsync(context, token, async deps =>
    {
        var named = (await Forms.ReadAsync(context))["invoice"].ToString();
        if (!Guid.TryParse(named, out var invoice) || await invoices.FindAsync(deps.Project, invoice, context.RequestAborted) is not { } row
            || row.Invoice.Customer != deps.Session.Customer)
        {
            await deps.BackAsync();
            return;
        }

        await CheckOutAsync(deps, CheckoutKind.Invoice, new() { Invoice = invoice }, server);
    });

    /// <summary>Shows the pricing page with the customer's current plan.</summary>
    /// <param name="server">The address at which customers reach this server.</param>
    public Task ShowPlansAsync(HttpContext context, string token, Uri server) => AtAsync(context, token, async deps =>
    {
        var (project, plan, path) = (deps.Project, await PlanAsync(deps), deps.Path + "/plans");
        var terms = plan.Newest is { IsEnded: false } live ? live.Terms : null;
        var customer = new PricingCustomer(plan.Plan.Code, terms, path, deps.Path, CanChoose(project, plan));
        await Pages.WriteAsync<PlansPage>(context, StatusCodes.Status200OK, new Dictionary<string, object?>
        {
            ["Model"] = new PricingModel(project, new(context.Request.Query), new Uri(server, path), customer),
        });
    });

    /// <summary>Leads to the checkout of the chosen plan, which shows what is due and asks before anything changes.</summary>
    /// <param name="server">The address at which customers reach this server.</param>
    public Task ChoosePlanAsync(HttpContext context, string token, Uri server) => AtAsync(context, token, async deps =>
    {
        var form = await Forms.ReadAsync(context);
        var plan = CatalogDisplay.Offered(deps.Project.Catalog.Document).FirstOrDefault(one => one.Code == form["plan"].ToString());
        if (plan is null || !CatalogWords.TryParse<PriceInterval>(form["period"].ToString(), out var interval)
            || !Currency.TryFind(form["currency"].ToString(), out var currency) || !CanChoose(deps.Project, await PlanAsync(deps)))
        {
            await Pages.LeadToAsync(context, deps.Path + "/plans");
            return;
        }

        // A subscription keeps its currency.
        var wanted = new CheckoutWanted
        {
            Plan = plan.Code, Interval = interval, Currency = await LiveAsync(deps) is null ? currency.Code : null,
        };
        await CheckOutAsync(deps, CheckoutKind.Subscription, wanted, server);
    });

    /// <summary>False: somebody else decides the plan of a member, and a provider without a page sells nothing.</summary>
    private bool CanChoose(ProjectSnapshot project, PortalPlan plan) => providers.CapabilitiesOf(project).HasCheckout && !plan.IsOwners;

    public Task ChangeCardsAsync(HttpContext context, string token, Uri server) => AtAsync(context, token, async deps =>
    {
        var form = await Forms.ReadAsync(context);
        var (project, customer) = (deps.Project, deps.Session.Customer);
        if (form["do"] == "add")
        {
            await CheckOutAsync(deps, CheckoutKind.Setup, new(), server);
            return;
        }

        if (Guid.TryParse(form["card"], out var card))
        {
            _ = form["do"].ToString() switch
            {
                "remove" => await keep.RemoveAsync(project, customer, card, context.RequestAborted),
                "default" => await keep.MakeDefaultAsync(project, customer, card, context.RequestAborted),
                _ => false,
            };
        }

        await deps.BackAsync();
    });

    public Task CancelAsync(HttpContext context, string token) => AtAsync(context, token, async deps =>
    {
        if (await LiveAsync(deps) is { } item)
        {
            _ = await change.CancelAsync(
                deps.Project, item.Row.Subscription.Id, new(ChangeTime.PeriodEnd, null), new(deps.Actor, false), context.RequestAborted);
        }

        await deps.BackAsync();
    });

    /// <summary>Revokes only what the button names, so that a second click revokes nothing else.</summary>
    public Task UncancelAsync(HttpContext context, string token) => AtAsync(context, token, async deps =>
    {
        var undoesChange = (await Forms.ReadAsync(context))["undo"] == "change";
        if (await LiveAsync(deps) is { Row.Subscription: { } subscription }
            && (undoesChange ? subscription is { CancelAt: null, Scheduled: not null } : subscription.CancelAt is not null))
        {
            _ = await change.UncancelAsync(deps.Project, subscription.Id, new(deps.Actor, false), context.RequestAborted);
        }

        await deps.BackAsync();
    });

    /// <summary>Finds the project and an invoice of the page's customer, for its PDF. Null: there is none.</summary>
    /// <param name="from">The caller's IP address.</param>
    public async Task<(ProjectSnapshot Project, InvoiceRow Row)?> FindInvoiceAsync(string token, Guid id, IPAddress? from,
        CancellationToken cancel)
    {
        if (await sessions.FindAsync(token, cancel) is not { } session || session.HasEnded(clock.Now())
            || !KeyRules.Allows(session.Issuer.Networks, from)
            || !directory.Current.ProjectsById.TryGetValue(session.Project, out var project)
            || await invoices.FindAsync(project, id, cancel) is not { } row || row.Invoice.Customer != session.Customer)
        {
            return null;
        }

        return (project, row);
    }

    /// <summary>Returns the customer's plan, of any origin.</summary>
    private async Task<PortalPlan> PlanAsync(Deps deps)
    {
        var (project, customer, cancel) = (deps.Project, deps.Session.Customer, deps.Context.RequestAborted);
        var account = await customers.FindAccountAsync(project, customer, cancel);
        var plan = account?.PlanVersionId is { } version ? project.Catalog.VersionOf(version) : project.Catalog.DefaultPlan;
        var newest = await NewestAsync(deps);
        return new(
            plan.Plan, plan.Code == project.Catalog.DefaultPlan.Code, account is not null && account.Customer.Id != customer,
            newest?.Row.Subscription, account?.Customer.Vat.Status);
    }

    private async Task<SubscriptionItem?> LiveAsync(Deps deps) =>
        await NewestAsync(deps) is { Row.Subscription.IsEnded: false } live ? live : null;

    private async Task<SubscriptionItem?> NewestAsync(Deps deps) =>
        (await subscriptions.ListAsync(
            deps.Project, new(deps.Session.Customer, null, null), null, 1, deps.Context.RequestAborted)).SingleOrDefault();

    private async Task CheckOutAsync(Deps deps, CheckoutKind kind, CheckoutWanted wanted, Uri server)
    {
        var back = new Uri(server, deps.Path).AbsoluteUri;
        var answer = await open.RunAsync(
            deps.Project, new(deps.Session.Customer, kind, wanted, back, back, CheckoutLife.Default, IssuerOf(deps.Session)), server,
            deps.Actor, deps.Context.RequestAborted);
        await (answer.Page is { } page
            ? Pages.LeadToAsync(deps.Context, page.AbsoluteUri)
            : NoticeAsync(
                deps.Context, StatusCodes.Status409Conflict, deps.Project, "You cannot pay here at the moment",
                $"You were not charged. {WhyNot(answer, deps.Project)}", deps.Path, "Back to your plan and invoices"));
    }

    private static string WhyNot(CheckoutAnswer answer, ProjectSnapshot project) => answer.Outcome switch
    {
        CheckoutOutcome.Refused => "The invoice may already be paid.",
        CheckoutOutcome.IsPending => "A payment for it is in progress. Try again in a moment.",
        CheckoutOutcome.NoAnswer => "The payment provider did not respond. Try again in a moment.",
        _ => $"Contact {project.PublicName} to pay.",
    };

    /// <summary>
    /// The hour of a portal session does not limit a payment that began in it; the expiry of the credential behind the session does.
    /// </summary>
    private static Issuer IssuerOf(PortalSession session) => new(null, null, session.Id, session.Issuer.ExpiresAt);

    private async Task AtAsync(HttpContext context, string token, Func<Deps, Task> run)
    {
        var session = await sessions.FindAsync(token, context.RequestAborted);
        if (session is null || !directory.Current.ProjectsById.TryGetValue(session.Project, out var project))
        {
            await NoticeAsync(
                context, StatusCodes.Status404NotFound, null, "Page not found",
                "The link is incomplete or has expired. Go back to the app and open the page again.", null);
            return;
        }

        if (!KeyRules.Allows(session.Issuer.Networks, context.Connection.RemoteIpAddress))
        {
            await NoticeAsync(context, StatusCodes.Status403Forbidden, project, "This page cannot be opened from here",
                "This page opens only from certain networks. Contact the company that gave you the link.", session.ReturnUrl);
            return;
        }

        if (session.HasEnded(clock.Now()))
        {
            await NoticeAsync(context, StatusCodes.Status410Gone, project, "This page has expired",
                "For your security, this page is valid for one hour. Go back to the app and open it again.",
                session.ReturnUrl);
            return;
        }

        if (await enter(context, project))
        {
            await run(new(context, project, session, "/portal/" + token));
        }
    }

    private static Task NoticeAsync(
        HttpContext context, int status, ProjectSnapshot? project, string title, string text, string? link, string? linkText = null) =>
        Pages.WriteAsync<NoticePage>(
        context, status,
        new Dictionary<string, object?>
        {
            ["Title"] = title, ["Text"] = text, ["Seller"] = Seller.Of(project), ["Link"] = link,
            ["LinkText"] = linkText ?? $"Back to {project?.PublicName}",
        });
}
