using Tollgate.Contracts.Http;
using Tollgate.Contracts.Payments;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Payments;

/// <summary><c>/v1/provider-invoices</c>: the invoices of payment providers for the subscriptions that they manage.</summary>
public static class ProviderInvoiceEndpoints
{
    private static readonly Description Listed = new(
        "Payments",
        "List provider invoices",
        "Lists the invoices that the payment provider issued for provider-managed subscriptions, the newest first, "
            + "in their last reported state. Tollgate issues no invoices of its own for these subscriptions. "
            + "`GET /v1/payments` lists the payments.")
    {
        Query =
        [
            new("customer", "Only invoices of this customer."),
            new("subscription", "Only invoices of this subscription: the provider's id, as in `GET /v1/subscriptions`."),
            new("status", "Only invoices in this status.", Words: CatalogWords.All<ProviderInvoiceStatus>()), .. QueryParameter.OfPage,
        ],
        Answers =
        [
            Example.Of<ProviderInvoiceList>(
                200,
                "A page.",
                """
                {"data": [{"id": "in_1QJx2eKZ", "provider": "stripe", "customer": "acme", "subscription": "sub_1QJx2eKZ",
                 "number": "A1B2C3D4-0002", "status": "paid", "currency": "USD",
                  "total": 3000, "tax": 0, "amount_paid": 3000, "payment": "01936f5e-7c1d-7c22-8e33-2f6e4d3c2b11",
                   "url": "https://invoice.stripe.com/i/acct_1/test_1",
                  "lines": [{"description": "1 × Pro (at $29.00 / month)", "amount": 2900, "period_start": "2026-04-10T00:00:00Z",
                   "period_end": "2026-05-10T00:00:00Z"},
                            {"description": "Calls beyond the plan", "amount": 100, "period_start": "2026-03-10T00:00:00Z",
                             "period_end": "2026-04-10T00:00:00Z"}],
                  "created_at": "2026-04-10T00:00:00Z", "paid_at": "2026-04-10T01:02:00Z"}], "has_more": false}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static void MapProviderInvoices(this WebApplication app)
    {
        var queries = app.Services.GetRequiredService<ProviderInvoiceQueries>();
        app.MapGet("/v1/provider-invoices", (RequestDelegate)(context => ListAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(Listed);
    }

    private static async Task ListAsync(HttpContext context, ProviderInvoiceQueries queries)
    {
        var list = ListQuery.Read(context);
        var filter = new ProviderInvoiceFilter(
            list.Id("customer"), list.Id("subscription"), list.Word<ProviderInvoiceStatus>("status"));
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await queries.ListAsync(context.Project(), filter, list.StartingAfter, list.Probe, context.RequestAborted);
        await list.AnswerAsync(rows, ViewOf, static (data, more) => new(data, more), WireJson.Default.ProviderInvoiceList);
    }

    private static ProviderInvoiceView ViewOf(ProviderInvoice invoice) => new()
    {
        Id = invoice.Reference, Provider = CatalogWords.Of(invoice.Provider), Customer = invoice.Customer,
        Subscription = invoice.Subscription, Number = invoice.Number,
        Status = CatalogWords.Of(invoice.Status), Currency = invoice.Total.Currency.Code, Total = invoice.Total.Minor,
        Tax = invoice.Tax.Minor, AmountPaid = invoice.Paid.Minor,
        Payment = invoice.Payment?.ToString("D"), Url = invoice.Url,
        Lines = [
            .. invoice.Lines.Select(static line =>
                new ProviderInvoiceLineView(line.Description, line.Amount, line.Period.Start.ToOffset(), line.Period.End.ToOffset()))],
        CreatedAt = invoice.CreatedAt.ToOffset(), PaidAt = invoice.PaidAt?.ToOffset(),
    };
}
