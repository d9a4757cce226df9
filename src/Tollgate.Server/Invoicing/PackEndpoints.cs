using Tollgate.Contracts.Http;
using Tollgate.Contracts.Invoicing;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;
using Tollgate.Server.Subscriptions;

namespace Tollgate.Server.Invoicing;

/// <summary><c>/v1/customers/{id}/packs</c>: buy credit packs and list the purchases.</summary>
public static class PackEndpoints
{
    /// <summary>The catalogue's codes are shorter, so a longer text names no pack.</summary>
    private const int LongestCode = 255;

    public static void MapPacks(this WebApplication app)
    {
        var buy = app.Services.GetRequiredService<BuyPack>();
        var queries = app.Services.GetRequiredService<PackQueries>();

        app.MapPost("/v1/customers/{id}/packs", (RequestDelegate)(context => BuyAsync(context, buy)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(PackDescriptions.Buy);
        app.MapGet("/v1/customers/{id}/packs", (RequestDelegate)(context => ListAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(PackDescriptions.List);
    }

    private static async Task BuyAsync(HttpContext context, BuyPack buy)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } customer
            || await Body.ReadAsync(context, WireJson.Default.BuyPackRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        faults.Required(body.Pack, "pack");
        faults.Text(body.Pack, "pack", LongestCode);
        faults.Range(body.Quantity, "quantity", 1, PackRules.MostAtOnce);
        faults.Id(body.Id, "id", required: false);
        var currency = faults.Currency(body.Currency, "currency");

        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var order = new PackOrder(body.Pack!, body.Quantity ?? 1, currency, body.Id, body.Preview == true);
        var answer = await buy.RunAsync(
            context.Project(), customer, order, SubscriptionAnswers.ActorOf(context.Caller()), context.RequestAborted);
        await (answer.Outcome switch
        {
            PackOutcome.IdReused =>
                Problems.WriteAsync(context, ErrorCode.IdempotencyKeyReused, "Another purchase has this id.", "id"),
            PackOutcome.Refused => Problems.WriteAsync(context, ErrorCode.PackRefused, answer.Detail, "pack"),
            PackOutcome.IsMember => Problems.WriteAsync(context, ErrorCode.CustomerIsMember, answer.Detail),
            PackOutcome.CurrencyFixed => Problems.WriteAsync(context, ErrorCode.CurrencyFixed, answer.Detail, "currency"),
            PackOutcome.Implausible => Problems.WriteAsync(context, ErrorCode.InvoiceImplausible, answer.Detail),
            PackOutcome.Bought => AnswerAsync(context, StatusCodes.Status201Created, answer.Item!),
            _ => AnswerAsync(context, StatusCodes.Status200OK, answer.Item!),
        });
    }

    private static async Task ListAsync(HttpContext context, PackQueries queries)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } customer)
        {
            return;
        }

        var list = ListQuery.Read(context);
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await queries.ListAsync(context.Project(), customer, list.Probe, list.StartingAfter, context.RequestAborted);
        await (rows is null
            ? Problems.WriteAsync(context, ErrorCode.CustomerNotFound)
            : list.AnswerAsync(rows, ViewOf, static (data, more) => new(data, more), WireJson.Default.PackPurchaseList));
    }

    private static Task AnswerAsync(HttpContext context, int status, PackItem item) =>
        Answer.Json(context, status, ViewOf(item), WireJson.Default.PackPurchaseView);

    private static PackPurchaseView ViewOf(PackItem item) => new()
    {
        Id = item.Purchase.Name,
        Pack = item.Purchase.Sale.Pack,
        Quantity = item.Purchase.Sale.Count,
        Feature = item.Purchase.Sale.Feature,
        Units = item.Purchase.Sale.Units.Value,
        ExpiresAfterDays = item.Purchase.Sale.ExpiresAfterDays,
        Status = CatalogWords.Of(item.Status),
        BoughtAt = item.Purchase.BoughtAt.ToOffset(),
        Grant = item.Purchase.GrantName,
        Invoice = InvoiceAnswers.Of(item.Invoice, null),
    };
}

/// <summary>The OpenAPI descriptions of <see cref="PackEndpoints"/>.</summary>
internal static class PackDescriptions
{
    private const string Tag = "Invoices";

    private const string One =
        """
        {"id": "order-77", "pack": "million-tokens", "quantity": 2, "feature": "token", "units": 2000000,
         "expires_after_days": 365, "status": "pending",
         "bought_at": "2026-04-05T10:00:00Z", "grant": null,
         "invoice": {"id": "01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f88", "number": "TRENDIT-000043", "status": "open",
          "kind": "one_off", "customer": "acme",
          "subscription": null, "currency": "USD", "period_start": "2026-04-05T10:00:00Z", "period_end": "2026-04-05T10:00:01Z",
          "issued_at": "2026-04-05T10:00:00Z", "due_at": "2026-04-19T10:00:00Z",
          "lines": [{"kind": "credit_pack", "description": "A million tokens", "feature": "token", "quantity": 2,
           "unit_price": "5", "amount": 1000,
           "period_start": "2026-04-05T10:00:00Z", "period_end": "2026-04-05T10:00:01Z",
            "steps": ["2 × 5.00 USD = 10.00 USD", "2000000 units of token in all"]}],
          "subtotal": 1000, "discount": 0, "tax": 0, "taxes": [], "tax_note": null, "total": 1000, "to_credits": 0,
           "paid_from_credits": 0, "amount_paid": 0,
          "amount_due": 1000, "seller": {"name": "Trendit", "address": [], "email": null, "country": null, "region": null,
           "tax_id": null, "tax_id_check": null},
          "buyer": {"name": "Acme Ltd", "address": [], "email": null, "country": null, "region": null, "tax_id": null,
           "tax_id_check": null}, "credit_notes": []}}
        """;

    public static readonly Description Buy = new(
        Tag,
        "Buy a credit pack",
        "Sells the customer units of a metered feature once, on an invoice of their own (`one_off`) with a line `credit_pack`. "
            + "The units become a "
        + "grant (source `topup`) when the invoice is paid, which is at once if the customer's credits pay "
        + "all of it. A void or uncollectible invoice grants nothing. A later change of the catalogue does not change the purchase.\n\n"
        + "`status` is `pending`, `granted`, or `void`. Tollgate creates a missing customer. With an `id` of your own, a repeat answers "
        + "200 with the purchase's present state; different content is a 409. `preview: true` answers 200 with the invoice of the "
        + "purchase, and changes nothing.")
    {
        Path = CustomerDescriptions.Path,
        Request = Example.Of<BuyPackRequest>("""{"pack": "million-tokens", "quantity": 2, "id": "order-77"}"""),
        Answers = [
            Example.Of<PackPurchaseView>(201, "Bought.", One),
            Example.Of<PackPurchaseView>(200, "The purchase already existed, or a preview.", One)],
        Errors = [
            ErrorCode.PackRefused, ErrorCode.CustomerIsMember, ErrorCode.CurrencyFixed, ErrorCode.IdempotencyKeyReused,
            ErrorCode.InvoiceImplausible, ErrorCode.ValidationFailed],
    };

    public static readonly Description List = new(
        Tag, "List credit packs of a customer", "Lists the customer's purchases, the newest first, each with its invoice.")
    {
        Path = CustomerDescriptions.Path,
        Query = QueryParameter.OfPage,
        Answers = [Example.Of<PackPurchaseList>(200, "A page.", $$"""{"data": [{{One}}], "has_more": false}""")],
        Errors = [ErrorCode.CustomerNotFound, ErrorCode.ValidationFailed],
    };
}
