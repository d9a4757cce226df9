using System.Globalization;
using Microsoft.AspNetCore.Http;
using Tollgate.Core.Checkouts;
using Tollgate.Core.Payments;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Checkouts;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Branding;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;
using Tollgate.Web.Controls;
using Tollgate.Web.Layout;

namespace Tollgate.Web.Checkouts;

/// <summary>
/// The pages of a checkout, <c>/checkout/{token}</c> and, of an invoice, <c>/pay/{token}</c>. The token alone authorises the payment: the
/// pages set and read no cookie, so no other site can act for a customer. The answer to a form is a redirect, so that going back and
/// reloading pay nothing.
/// </summary>
public sealed class CheckoutPages(
    ProjectDirectory directory, CheckoutQueries queries, SubscriptionQueries subscriptions, PaymentMethods methods, PayCheckout pay,
    PaymentProviders providers, SettlePayment settle, EnterProject enter, Clock clock)
{
    private const string WaitSeconds = "2";

    /// <summary>A request for the page of a checkout.</summary>
    private sealed record Deps(HttpContext Context, ProjectSnapshot Project, CheckoutRow Row, string Path)
    {
        public string Success => Row.Checkout.SuccessUrl ?? Path;
    }

    /// <param name="door"><c>checkout</c> or <c>pay</c>, from the URL.</param>
    public Task ShowAsync(HttpContext context, string door, string token) =>
        AtAsync(context, door, token, deps => ShowAsync(deps, null, StatusCodes.Status200OK));

    public Task PayAsync(HttpContext context, string door, string token) => AtAsync(context, door, token, async deps =>
    {
        var form = await Forms.ReadAsync(context);
        if (!long.TryParse(form["due"], NumberStyles.Integer, CultureInfo.InvariantCulture, out var due))
        {
            await ShowAsync(
                deps, "The form was incomplete. You were not charged. Please submit it again.", StatusCodes.Status400BadRequest);
            return;
        }

        var with = CardValue.Read(form["card"]) ?? PayWith.Nothing;
        var answer = await pay.RunAsync(
            deps.Project, deps.Row, with, new(due, form["quote"]), PayCheckout.ActorOf(deps.Row), context.RequestAborted);
        await (answer.Outcome switch
        {
            PayOutcome.Completed => Pages.LeadToAsync(context, deps.Success),
            PayOutcome.Attempted => LeadOnAsync(deps, answer.Payment!.Payment),
            PayOutcome.IsPending => Pages.LeadToAsync(context, deps.Path + "/wait"),
            PayOutcome.QuoteMoved =>
                ShowAsync(
                    deps, "The price or your plan has changed since you opened this page. You were not charged. This is the current price.",
                    StatusCodes.Status409Conflict),
            PayOutcome.PlanIsTaken => ShowAsync(
                deps, "Another payment for your plan is in progress. You were not charged here. Try again in a moment.",
                StatusCodes.Status409Conflict),
            PayOutcome.NoMethod => ShowAsync(deps, "Choose a card first. You were not charged.", StatusCodes.Status422UnprocessableEntity),
            _ => Pages.LeadToAsync(context, deps.Path),
        });
    });

    /// <summary>Waits for the result of a payment: each reload of the page asks the provider.</summary>
    public Task WaitAsync(HttpContext context, string door, string token) => AtAsync(context, door, token, async deps =>
    {
        var last = (await queries.LastPaymentAsync(deps.Row, context.RequestAborted))?.Payment;
        if (last is { Status: PaymentStatus.Pending } && context.Request.Query.ContainsKey("again"))
        {
            await settle.AskAsync(deps.Project, last.Id, resends: false, context.RequestAborted);
            last = (await queries.LastPaymentAsync(deps.Row, context.RequestAborted))?.Payment;
        }

        if (last is not { Status: PaymentStatus.Pending })
        {
            await (last is null ? Pages.LeadToAsync(context, deps.Path) : LeadOnAsync(deps, last));
            return;
        }

        context.Response.Headers["Refresh"] = $"{WaitSeconds};url={deps.Path}/wait?again=1";
        await Pages.WriteAsync<WaitPage>(
            context, StatusCodes.Status200OK,
            new Dictionary<string, object?>
            {
                ["Seller"] = Seller.Of(deps.Project), ["Path"] = deps.Path,
                ["Amount"] = last.Amount,
            });
    });

    public Task AskBankAsync(HttpContext context, string door, string token) => AtAsync(context, door, token, async deps =>
    {
        if (await queries.LastPaymentAsync(
            deps.Row, context.RequestAborted) is not { Payment: { Status: PaymentStatus.RequiresAction } payment })
        {
            await Pages.LeadToAsync(context, deps.Path);
            return;
        }

        await Pages.WriteAsync<BankPage>(
            context, StatusCodes.Status200OK,
            new Dictionary<string, object?> { ["Seller"] = Seller.Of(deps.Project), ["Path"] = deps.Path, ["Amount"] = payment.Amount },
            deps.Row.Checkout.SuccessUrl);
    });

    public Task AnswerBankAsync(HttpContext context, string door, string token) => AtAsync(context, door, token, async deps =>
    {
        var isApproved =
            (await Forms.ReadAsync(context))["answer"].ToString() switch { "approve" => true, "deny" => false, _ => (bool?)null };
        var settled = isApproved is { } approves ? await pay.ConfirmAsync(deps.Project, deps.Row, approves, context.RequestAborted) : null;
        await (settled is null ? Pages.LeadToAsync(context, deps.Path) : LeadOnAsync(deps, settled.Payment));
    });

    /// <summary>Redirects by the result of an attempt.</summary>
    private static Task LeadOnAsync(Deps deps, Payment payment) => Pages.LeadToAsync(deps.Context, payment switch
    {
        { Status: PaymentStatus.Succeeded, Invoice: not null } => deps.Success,
        { Status: PaymentStatus.Pending } => deps.Path + "/wait",
        { Status: PaymentStatus.RequiresAction } => deps.Path + "/authenticate",
        _ => deps.Path,
    });

    private async Task AtAsync(HttpContext context, string door, string token, Func<Deps, Task> run)
    {
        if (await queries.FindByTokenAsync(token, context.RequestAborted) is not { } row
            || !directory.Current.ProjectsById.TryGetValue(row.Project, out var project))
        {
            await NoticeAsync(
                context, StatusCodes.Status404NotFound, null, "Page not found",
                "The link is incomplete or has expired. Go back to the app and try again.");
            return;
        }

        var issuer = await queries.IssuerOfAsync(token, context.RequestAborted);
        if (!KeyRules.Allows(issuer.Networks, context.Connection.RemoteIpAddress))
        {
            await NoticeAsync(
                context, StatusCodes.Status403Forbidden, project, "This page cannot be opened from here",
                "This page opens only from certain networks. Contact the company that gave you the link.");
            return;
        }

        if (row.Checkout.Status == CheckoutStatus.Open && issuer.HasEnded(clock.Now()))
        {
            await NoticeAsync(
                context, StatusCodes.Status410Gone, project, "This page has expired",
                "The link is no longer valid. You were not charged. Go back to the app and start again.",
                row.Checkout.CancelUrl, $"Back to {project.PublicName}");
            return;
        }

        if (await enter(context, project))
        {
            await run(new(context, project, row, $"/{door}/{token}"));
        }
    }

    private async Task ShowAsync(Deps deps, string? fault, int status)
    {
        var (context, project, row) = (deps.Context, deps.Project, deps.Row);
        var (checkout, cancel) = (row.Checkout, context.RequestAborted);
        var last = await queries.LastPaymentAsync(row, cancel);
        if (checkout.Status == CheckoutStatus.Completed)
        {
            await NoticeAsync(
                context, StatusCodes.Status200OK, project, checkout.Kind == CheckoutKind.Setup ? "Your card is saved" : "Thank you",
                checkout.Payment is null
                    ? await NothingDueAsync(deps)
                    : $"We have received {Words.Of(last!.Payment.Amount)}. There is nothing more to pay.", checkout.SuccessUrl,
                    $"Continue to {project.PublicName}");
            return;
        }

        if (checkout.Status == CheckoutStatus.Credited)
        {
            await NoticeAsync(
                context, StatusCodes.Status200OK, project, "Your payment became credit",
                $"We have received {Words.Of(last!.Payment.Amount)}, but could not complete your purchase. The amount is now your credit "
                    + "and will pay your next invoices.",
                checkout.CancelUrl ?? checkout.SuccessUrl, $"Back to {project.PublicName}");
            return;
        }

        if (last is { Payment.Status: PaymentStatus.Pending })
        {
            await Pages.LeadToAsync(context, deps.Path + "/wait");
            return;
        }

        if (!checkout.IsOpen(clock.Now(project)))
        {
            await NoticeAsync(
                context, StatusCodes.Status410Gone, project, "This page has expired",
                "You were not charged. Go back to the app and start again.",
                checkout.CancelUrl, $"Back to {project.PublicName}");
            return;
        }

        var quote = await pay.QuoteAsync(project, row, cancel);
        if (quote is not { Purchase.Refusal: null })
        {
            await NoticeAsync(
                context, StatusCodes.Status409Conflict, project, "There is nothing to pay here",
                CheckoutModel.WhyNotOf(quote?.Purchase.Refusal) + " You were not charged.",
                checkout.CancelUrl ?? checkout.SuccessUrl, $"Back to {project.PublicName}");
            return;
        }

        var saved = await methods.ListAsync(project, checkout.Customer, cancel) ?? [];
        var tried = last is { Payment: { Status: PaymentStatus.Failed, Method: not null } } ? await methods.OfAsync(last, cancel) : null;
        var takesCards = providers.CapabilitiesOf(project).UsesTollgatePages;
        var model = new CheckoutModel(deps.Path, project, row, quote, saved, last, tried, takesCards, fault);
        await Pages.WriteAsync<CheckoutPage>(
            context, status, new Dictionary<string, object?> { ["Model"] = model }, checkout.SuccessUrl);
    }

    /// <summary>Returns the text after an order without a charge; for a scheduled change, with its date.</summary>
    private async Task<string> NothingDueAsync(Deps deps) =>
        (await subscriptions.FindLiveAsync(
            deps.Project, deps.Row.Checkout.Customer, deps.Context.RequestAborted))?.Row.Subscription is { Scheduled: { } later } waiting
            ? $"Nothing is due now. Your plan changes to {later.Plan.Plan.Name} on {Words.Day(waiting.Current.End, deps.Project)}."
            : "Nothing is due.";

    private static Task NoticeAsync(
        HttpContext context, int status, ProjectSnapshot? project, string title, string text, string? link = null,
        string? linkText = null) =>
        Pages.WriteAsync<NoticePage>(
            context, status,
            new Dictionary<string, object?>
            {
                ["Title"] = title, ["Text"] = text, ["Seller"] = Seller.Of(project), ["Link"] = link, ["LinkText"] = linkText,
            });
}
