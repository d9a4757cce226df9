using Tollgate.Contracts.Checkouts;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Payments;
using Tollgate.Core.Catalog;
using Tollgate.Core.Checkouts;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Outbound;
using Tollgate.Core.Payments;
using Tollgate.Core.Time;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Checkouts;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;
using Tollgate.Server.Payments;
using Tollgate.Server.Projects;
using Tollgate.Server.Subscriptions;

namespace Tollgate.Server.Checkouts;

/// <summary><c>/v1/checkouts</c>: payment pages for an order.</summary>
public static class CheckoutEndpoints
{
    private const int LongestAddress = 2_000;
    private const int LongestCode = 255;
    private const int LongestCoupon = 64;

    internal static readonly string[] MethodWishes = ["always", IfRequired];

    private const string IfRequired = "if_required";

    public static void MapCheckouts(this WebApplication app)
    {
        var (open, queries, expire) = (
            app.Services.GetRequiredService<OpenCheckout>(), app.Services.GetRequiredService<CheckoutQueries>(),
            app.Services.GetRequiredService<ExpireCheckouts>());
        var invoices = app.Services.GetRequiredService<InvoiceQueries>();

        app.MapPost("/v1/checkouts", app.Counted(Thing.Checkout, context => CreateAsync(context, open, invoices)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .WithSecretAnswer()
            .Describe(CheckoutDescriptions.Create);
        app.MapGet("/v1/checkouts", (RequestDelegate)(context => ListAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(CheckoutDescriptions.List);
        app.MapGet("/v1/checkouts/{id}", (RequestDelegate)(context => ShowAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(CheckoutDescriptions.Show);
        app.MapPost("/v1/checkouts/{id}/expire", (RequestDelegate)(context => ExpireAsync(context, expire)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(CheckoutDescriptions.Expire);
    }

    private static async Task CreateAsync(HttpContext context, OpenCheckout open, InvoiceQueries invoices)
    {
        if (await Body.ReadAsync(context, WireJson.Default.CreateCheckoutRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        var order = OrderOf(body, Issuer.Of(context.Caller()), faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        if (order.Kind == CheckoutKind.Invoice)
        {
            if (await invoices.FindAsync(context.Project(), order.Wanted.Invoice!.Value, context.RequestAborted) is not { } row
                || (body.Customer is { } named && named != row.Invoice.Customer))
            {
                await Problems.WriteAsync(context, ErrorCode.InvoiceNotFound, UnknownId.Invoice(body.Invoice!), "invoice");
                return;
            }

            order = order with { Customer = row.Invoice.Customer };
        }

        var actor = SubscriptionAnswers.ActorOf(context.Caller());
        var answer = await open.RunAsync(context.Project(), order, PublicAddress.Of(context), actor, context.RequestAborted);
        await (answer.Refusal is { Subscription: SubscriptionOutcome.PlanUnknown or SubscriptionOutcome.CouponRefused } why
            ? SubscriptionAnswers.RefuseAsync(context, why.Subscription.Value, why.Detail, body.Plan, body.Coupon)
            : WriteAsync(context, answer));
    }

    /// <summary>Writes the result of a creation.</summary>
    internal static Task WriteAsync(HttpContext context, CheckoutAnswer answer) => answer.Outcome switch
    {
        CheckoutOutcome.Done => Answer.Json(
            context, answer.IsAgain ? StatusCodes.Status200OK : StatusCodes.Status201Created, CheckoutAnswers.Of(answer.Row!, answer.Page),
            WireJson.Default.CheckoutView),
        CheckoutOutcome.NotOffered => Problems.WriteAsync(
            context, ErrorCode.BillingNotConfigured,
            $"The project's payment provider has no page on which a customer could do this. {PaymentEndpoints.HowToBePaid}"),
        CheckoutOutcome.NoAnswer =>
            Problems.WriteAsync(
                context, ErrorCode.UpstreamUnreachable, "The payment provider did not answer; nothing was charged. Try again."),
        CheckoutOutcome.IsPending =>
            Problems.WriteAsync(
                context, ErrorCode.PaymentPending,
                "The invoice has an open page at the payment provider, or a pending payment. Tollgate never charges it twice; "
                    + "wait until that ends."),
        CheckoutOutcome.TooMany => Problems.WriteAsync(
            context, ErrorCode.LimitReached,
            $"The customer has {CheckoutQueries.MostOpen} open checkouts whose payments are under way. Wait until one is paid or expires."),
        _ => RefuseAsync(context, answer.Refusal!),
    };

    private static async Task ListAsync(HttpContext context, CheckoutQueries queries)
    {
        var list = ListQuery.Read(context);
        var (customer, status, after) = (list.Id("customer"), list.Word<CheckoutStatus>("status"), list.UuidAfter());
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await queries.ListAsync(context.Project(), customer, status, after, list.Probe, context.RequestAborted);
        await list.AnswerAsync(
            rows, static row => CheckoutAnswers.Of(row), static (data, more) => new(data, more), WireJson.Default.CheckoutList);
    }

    private static async Task ShowAsync(HttpContext context, CheckoutQueries queries)
    {
        var row = Guid.TryParse(RawPath.Id(context), out var id)
            ? await queries.FindAsync(context.Project(), id, context.RequestAborted)
            : null;
        await (row is null
            ? Problems.WriteAsync(context, ErrorCode.CheckoutNotFound)
            : Answer.Json(context, StatusCodes.Status200OK, CheckoutAnswers.Of(row), WireJson.Default.CheckoutView));
    }

    private static async Task ExpireAsync(HttpContext context, ExpireCheckouts expire)
    {
        var answer = Guid.TryParse(RawPath.Id(context), out var id)
            ? await expire.RunAsync(context.Project(), id, SubscriptionAnswers.ActorOf(context.Caller()), context.RequestAborted)
            : new(CheckoutOutcome.Unknown);
        await (answer.Outcome switch
        {
            CheckoutOutcome.Done or CheckoutOutcome.Unchanged => Answer.Json(
                context, StatusCodes.Status200OK, CheckoutAnswers.Of(answer.Row!), WireJson.Default.CheckoutView),
            CheckoutOutcome.IsPending =>
                Problems.WriteAsync(
                    context, ErrorCode.PaymentPending, "A payment of the checkout is pending. Wait until it succeeds or fails."),
            CheckoutOutcome.IsCompleted => Problems.WriteAsync(context, ErrorCode.CheckoutState),
            _ => Problems.WriteAsync(context, ErrorCode.CheckoutNotFound),
        });
    }

    private static NewCheckout OrderOf(CreateCheckoutRequest body, Issuer issuer, Faults faults)
    {
        string[] named = [
            .. new[]
            {
                body.Plan is null ? null : "plan", body.Pack is null ? null : "pack", body.Invoice is null ? null : "invoice",
                body.Setup == true ? "setup" : null,
            }.OfType<string>()];
        if (named.Length == 0)
        {
            faults.Add("plan", FaultCode.Required, "One of plan, pack, invoice and setup is expected.");
        }
        else if (named.Length > 1)
        {
            faults.Add(
                named[1], FaultCode.InvalidValue,
                $"One of plan, pack, invoice and setup is expected; {string.Join(" and ", named)} were sent.");
        }

        var kind = body switch
        {
            { Pack: not null } =>
                CheckoutKind.Pack, { Invoice: not null } =>
                    CheckoutKind.Invoice, { Setup: true } => CheckoutKind.Setup, _ => CheckoutKind.Subscription,
        };
        faults.Id(body.Customer, "customer", kind != CheckoutKind.Invoice);
        faults.Text(body.Plan, "plan", LongestCode);
        faults.Text(body.Pack, "pack", LongestCode);
        faults.OneOf(body.Period, "period", OrderedTerms.Periods);
        faults.Range(body.Quantity, "quantity", 1, OrderedTerms.LargestQuantity);
        faults.Range(body.Count, "count", 1, PackRules.MostAtOnce);
        faults.Text(body.Coupon, "coupon", LongestCoupon);
        faults.OneOf(body.PaymentMethod, "payment_method", MethodWishes);
        var addOns = OrderedTerms.AddOnsOf(body.AddOns, faults);
        Address(body.SuccessUrl, "success_url", kind != CheckoutKind.Invoice, faults);
        Address(body.CancelUrl, "cancel_url", kind != CheckoutKind.Invoice, faults);
        faults.Currency(body.Currency, "currency");

        var isId = Guid.TryParse(body.Invoice, out var invoice);
        if (body.Invoice is not null && !isId)
        {
            faults.Add("invoice", FaultCode.InvalidFormat, "The id of an invoice, not its number, is expected.");
        }

        var wanted = new CheckoutWanted
        {
            Plan = body.Plan, Interval = OrderedTerms.IntervalOf(body.Period) ?? (body.Plan is null ? null : PriceInterval.Monthly),
            Currency = body.Currency,
            Quantity = body.Quantity, Trial = body.Trial, Coupon = body.Coupon,
            MethodIfRequired = body.PaymentMethod == IfRequired ? true : null, Pack = body.Pack, Count = body.Count,
            Invoice = isId ? invoice : null,
            AddOns = faults.Any ? null : addOns?.ToDictionary(static one => one.Code, static one => one.Quantity),
        };
        var life = kind == CheckoutKind.Invoice ? CheckoutLife.OfInvoice : CheckoutLife.Default;
        return new(body.Customer ?? "", kind, wanted, body.SuccessUrl, body.CancelUrl, life, issuer);
    }

    /// <summary>Checks the target of a redirect: an absolute http or https URL without user info.</summary>
    internal static void Address(string? text, string name, bool isRequired, Faults faults)
    {
        if (text is null)
        {
            if (isRequired)
            {
                faults.Required(text, name);
            }

            return;
        }

        var plain = text.Replace("{CHECKOUT_ID}", "id", StringComparison.Ordinal);
        if (faults.Text(text, name, LongestAddress)
            && !(WebAddress.TryRead(plain, out var address) && address.UserInfo.Length == 0 && address.Host.Length > 0))
        {
            faults.Add(name, FaultCode.InvalidFormat, "An absolute http or https address is expected.");
        }
    }

    private static Task RefuseAsync(HttpContext context, PurchaseRefusal why) => why switch
    {
        { Subscription: { } outcome } when SubscriptionAnswers.ProblemOf(outcome) is var (code, param) =>
            Problems.WriteAsync(context, code, why.Detail, param),
        { Pack: PackOutcome.IsMember } => Problems.WriteAsync(context, ErrorCode.CustomerIsMember, why.Detail),
        { Pack: PackOutcome.CurrencyFixed } => Problems.WriteAsync(context, ErrorCode.CurrencyFixed, why.Detail, "currency"),
        { Pack: PackOutcome.Implausible } => Problems.WriteAsync(context, ErrorCode.InvoiceImplausible, why.Detail),
        { Pack: not null } => Problems.WriteAsync(context, ErrorCode.PackRefused, why.Detail, "pack"),
        { Invoice: ChargeOutcome.NothingDue } => Problems.WriteAsync(context, ErrorCode.InvoiceState, why.Detail, "invoice"),
        _ => Problems.WriteAsync(context, ErrorCode.InvoiceNotFound, why.Detail, "invoice"),
    };
}

/// <summary>Converts the engine's records to the bodies of the API.</summary>
internal static class CheckoutAnswers
{
    /// <param name="page">The URL of the page, which only the answer to the creation has.</param>
    public static CheckoutView Of(CheckoutRow row, Uri? page = null) => new()
    {
        Id = row.Checkout.Id.ToString("D"),
        Url = page?.AbsoluteUri,
        ExpiresAt = row.Checkout.ExpiresAt.ToOffset(),
        Customer = row.Checkout.Customer,
        Kind = CatalogWords.Of(row.Checkout.Kind),
        Status = CatalogWords.Of(row.Checkout.Status),
        SuccessUrl = row.Checkout.SuccessUrl,
        CancelUrl = row.Checkout.CancelUrl,
        CreatedAt = row.Checkout.CreatedAt.ToOffset(),
        FinishedAt = row.Checkout.FinishedAt?.ToOffset(),
        Subscription = row.Checkout.Subscription?.ToString("D"),
        Invoice = row.Checkout.Invoice?.ToString("D"),
        Payment = row.Checkout.Payment?.ToString("D"),
    };
}
