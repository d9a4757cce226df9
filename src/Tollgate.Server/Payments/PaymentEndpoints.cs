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
        "To try it, create a sandbox project: ./tollgate projects create shop --sandbox --catalog trendit. To accept payments, "
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
        app.MapGet("/v1/payments.csv", app.Services.GetRequiredService<Exports>().Bounded(context => CsvAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingRead).WithLoad(Load.Own).Describe(PaymentDescriptions.Csv);
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
        var list = ListQuery.Read(context);
        var (filter, after) = (FilterOf(list), list.UuidAfter());
        if (after is { } place && await queries.FindAsync(context.Project(), place, context.RequestAborted) is null)
        {
            list.RefuseUnknownAfter();
        }

        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await queries.ListAsync(context.Project(), filter, after, list.Probe, context.RequestAborted);
        await list.AnswerAsync(rows, ViewOf, static (data, more) => new(data, more), WireJson.Default.PaymentList);
    }

    private static async Task CsvAsync(HttpContext context, PaymentQueries queries)
    {
        var list = ListQuery.OfFile(context);
        var filter = FilterOf(list);
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var (project, cancel) = (context.Project(), context.RequestAborted);
        await CsvExport.WriteAsync(
            context, "payments", PaymentCsv.Columns,
            CsvExport.PagesAsync<PaymentRow>(
                last => queries.ListAsync(project, filter, last?.Payment.Id, CsvExport.PageRows, cancel)),
            static (csv, row) => PaymentCsv.Line(csv, row.Payment, ViewOf(row)));
    }

    private static PaymentFilter FilterOf(ListQuery list) =>
        new(list.Id("customer"), list.Uuid("invoice"), list.Word<PaymentStatus>("status"));

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
