using Tollgate.Contracts.Http;
using Tollgate.Contracts.Payments;
using Tollgate.Core.Catalog;
using Tollgate.Core.Checkouts;
using Tollgate.Core.Payments;
using Tollgate.Core.Subscriptions;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;
using Tollgate.Server.Invoicing;
using Tollgate.Server.Subscriptions;

namespace Tollgate.Server.Payments;

/// <summary><c>/v1/payments</c>: payments and refunds. Also <c>/v1/invoices/{id}/pay</c>: payments outside the provider.</summary>
public static class PaymentEndpoints
{
    private const int LongestReason = 500;

    /// <summary>The end of errors about a provider that cannot collect: the two remedies.</summary>
    internal const string HowToBePaid =
        "To try it, make a sandbox project: ./tollgate projects create shop --sandbox --catalog trendit. To take money, "
            + "choose a provider and set its keys: PUT /v1/payment-settings.";

    public static void MapPayments(this WebApplication app)
    {
        var queries = app.Services.GetRequiredService<PaymentQueries>();
        var charge = app.Services.GetRequiredService<ChargeInvoice>();
        var refund = app.Services.GetRequiredService<RefundPayment>();
        var byHand = app.Services.GetRequiredService<RecordManualPayment>();

        app.MapPost("/v1/payments", (RequestDelegate)(context => ChargeAsync(context, charge)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(PaymentDescriptions.Charge);
        app.MapGet("/v1/payments", (RequestDelegate)(context => ListAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(PaymentDescriptions.List);
        app.MapGet("/v1/payments/{id}", (RequestDelegate)(context => ShowAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(PaymentDescriptions.Show);
        app.MapPost("/v1/payments/{id}/refunds", (RequestDelegate)(context => RefundAsync(context, refund)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(PaymentDescriptions.Refund);
        app.MapPost("/v1/invoices/{id}/pay", (RequestDelegate)(context => InvoiceEndpoints.SettleAsync(context, byHand.RunAsync)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(InvoiceDescriptions.Pay);
    }

    private static async Task ChargeAsync(HttpContext context, ChargeInvoice charge)
    {
        if (await Body.ReadAsync(context, WireJson.Default.ChargeRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        if (!faults.Id(body.Invoice, "invoice", required: true))
        {
            await faults.WriteAsync(context);
            return;
        }

        var answer = Guid.TryParse(body.Invoice, out var invoice)
            ? await charge.RunAsync(
                context.Project(), invoice, Idempotency.RequestOf(context), SubscriptionAnswers.ActorOf(context.Caller()),
                context.RequestAborted)
            : new(ChargeOutcome.InvoiceUnknown);
        await (answer.Outcome switch
        {
            ChargeOutcome.Attempted =>
                Answer.Json(context, StatusCodes.Status201Created, ViewOf(answer.Row!), WireJson.Default.PaymentView),
            ChargeOutcome.InvoiceUnknown =>
                Problems.WriteAsync(context, ErrorCode.InvoiceNotFound, UnknownId.Invoice(body.Invoice!), "invoice"),
            ChargeOutcome.NothingDue => Problems.WriteAsync(context, ErrorCode.InvoiceState, answer.Detail, "invoice"),
            ChargeOutcome.IsPending => Problems.WriteAsync(context, ErrorCode.PaymentPending, answer.Detail, "invoice"),
            ChargeOutcome.NotOffered => Problems.WriteAsync(context, ErrorCode.BillingNotConfigured, $"{answer.Detail} {HowToBePaid}"),
            _ => Problems.WriteAsync(context, ErrorCode.PaymentMethodMissing),
        });
    }

    private static async Task ListAsync(HttpContext context, PaymentQueries queries)
    {
        var faults = new Faults();
        var (paging, query) = (Paging.Read(context, faults), context.Request.Query);
        string? customer = query["customer"], invoice = query["invoice"], status = query["status"];
        faults.Id(customer, "customer", required: false);
        faults.OneOf(status, "status", [.. CatalogWords.All<PaymentStatus>()]);
        var (ofInvoice, after) = (IdOf(invoice, "invoice", faults), IdOf(paging.StartingAfter, "starting_after", faults));
        if (after is { } place && await queries.FindAsync(context.Project(), place, context.RequestAborted) is null)
        {
            faults.Add("starting_after", FaultCode.InvalidValue, "The id of the last payment of the previous page is expected.");
        }

        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        PaymentStatus? wanted = status is not null && CatalogWords.TryParse<PaymentStatus>(status, out var known) ? known : null;
        var rows = await queries.ListAsync(
            context.Project(), new(customer, ofInvoice, wanted), after, paging.Probe, context.RequestAborted);
        var (page, hasMore) = paging.Cut(rows);
        await Answer.Json(
            context, StatusCodes.Status200OK, new PaymentList([.. page.Select(ViewOf)], hasMore), WireJson.Default.PaymentList);
    }

    private static async Task ShowAsync(HttpContext context, PaymentQueries queries)
    {
        var row = Guid.TryParse(RawPath.Id(context), out var id)
            ? await queries.FindAsync(context.Project(), id, context.RequestAborted)
            : null;
        await (row is null
            ? Problems.WriteAsync(context, ErrorCode.PaymentNotFound)
            : Answer.Json(context, StatusCodes.Status200OK, ViewOf(row), WireJson.Default.PaymentView));
    }

    private static async Task RefundAsync(HttpContext context, RefundPayment refund)
    {
        if (await Body.ReadAsync(context, WireJson.Default.RefundRequest, new()) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        faults.Range(body.Amount, "amount", 1, SubscriptionTerms.LargestAmount);
        faults.Text(body.Reason, "reason", LongestReason);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var answer = Guid.TryParse(RawPath.Id(context), out var id)
            ? await refund.RunAsync(
                context.Project(), id, (body.Amount, body.Reason), Idempotency.RequestOf(context),
                SubscriptionAnswers.ActorOf(context.Caller()), context.RequestAborted)
            : new(RefundOutcome.PaymentUnknown);
        await (answer.Outcome switch
        {
            RefundOutcome.Done => Answer.Json(context, StatusCodes.Status201Created, ViewOf(answer.Row!), WireJson.Default.PaymentView),
            RefundOutcome.PaymentUnknown => Problems.WriteAsync(context, ErrorCode.PaymentNotFound),
            _ => Problems.WriteAsync(context, ErrorCode.RefundRefused, answer.Detail, "amount"),
        });
    }

    internal static Guid? IdOf(string? text, string name, Faults faults)
    {
        if (text is null)
        {
            return null;
        }

        if (!Guid.TryParse(text, out var id))
        {
            faults.Add(name, FaultCode.InvalidFormat, "An id that an answer returned is expected.");
        }

        return id;
    }

    internal static PaymentView ViewOf(PaymentRow row) => new()
    {
        Id = row.Payment.Id.ToString("D"),
        Customer = row.Payment.Customer,
        Invoice = row.Payment.Invoice?.ToString("D"),
        Checkout = row.Payment.Checkout?.ToString("D"),
        ProviderInvoice = row.Payment.ProviderInvoice,
        Provider = CatalogWords.Of(row.Payment.Provider),
        PaymentMethod = row.Payment.Method?.ToString("D"),
        Amount = row.Payment.Amount.Minor,
        AmountRefunded = row.Payment.Refunded.Minor,
        AmountDisputed = row.Dispute?.Amount.Minor ?? 0,
        Dispute = row.Dispute is { } dispute ? CatalogWords.Of(dispute.Status) : null,
        Currency = row.Payment.Amount.Currency.Code,
        Status = CatalogWords.Of(row.Payment.Status),
        Failure = row.Payment.Failure is { } failure ? CatalogWords.Of(failure) : null,
        Reference = row.Payment.Reference,
        CreatedAt = row.Payment.CreatedAt.ToOffset(),
        SettledAt = row.Payment.SettledAt?.ToOffset(),
        Refunds = [.. row.Refunds.Select(ViewOf)],
    };

    private static RefundView ViewOf(Refund refund) => new(
        refund.Id.ToString("D"), refund.Amount.Minor, refund.FromCredit.Minor, CatalogWords.Of(refund.Status), refund.Reason,
        refund.Reference, refund.CreditNote?.ToString("D"),
        refund.CreatedAt.ToOffset(), refund.SettledAt?.ToOffset());
}
