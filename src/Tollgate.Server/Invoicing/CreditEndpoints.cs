using Tollgate.Contracts.Http;
using Tollgate.Contracts.Invoicing;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;
using Tollgate.Server.Subscriptions;

namespace Tollgate.Server.Invoicing;

/// <summary><c>/v1/customers/{id}/credits</c>: a customer's prepaid and promotional credits.</summary>
public static class CreditEndpoints
{
    private const int LongestNote = 500;

    public static void MapCredits(this WebApplication app)
    {
        var give = app.Services.GetRequiredService<GiveCredit>();
        var queries = app.Services.GetRequiredService<CreditQueries>();
        var clock = app.Services.GetRequiredService<Clock>();

        app.MapPost("/v1/customers/{id}/credits", (RequestDelegate)(context => GiveAsync(context, give, clock)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(CreditDescriptions.Give);
        app.MapGet("/v1/customers/{id}/credits", (RequestDelegate)(context => ListAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(CreditDescriptions.List);
    }

    private static async Task GiveAsync(HttpContext context, GiveCredit give, Clock clock)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } customer
            || await Body.ReadAsync(context, WireJson.Default.GiveCreditRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        var gift = GiftOf(body, clock.Now(context.Project()), faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var answer = await give.RunAsync(
            context.Project(), customer, gift, Idempotency.RequestOf(context), SubscriptionAnswers.ActorOf(context.Caller()),
            context.RequestAborted);
        await (answer.Outcome switch
        {
            GiveCreditOutcome.TooMuch => Problems.WriteAsync(context, [new("amount", FaultCode.OutOfRange, answer.Detail!)]),
            GiveCreditOutcome.CurrencyNotSold => Problems.WriteAsync(context, [new("currency", FaultCode.InvalidValue, answer.Detail!)]),
            GiveCreditOutcome.IsMember => Problems.WriteAsync(context, ErrorCode.CustomerIsMember, answer.Detail),
            GiveCreditOutcome.CurrencyFixed => Problems.WriteAsync(context, ErrorCode.CurrencyFixed, answer.Detail, "currency"),
            GiveCreditOutcome.NotEnough => Problems.WriteAsync(context, ErrorCode.CreditsInsufficient, answer.Detail, "amount"),
            _ => Answer.Json(context, StatusCodes.Status201Created, ViewOf(answer.Fact!), WireJson.Default.CreditFactView),
        });
    }

    private static CreditGift GiftOf(GiveCreditRequest body, Instant now, Faults faults)
    {
        if (faults.Required(body.Kind, "kind"))
        {
            faults.OneOf(body.Kind, "kind", [.. CatalogWords.All<CreditKind>()]);
        }

        var isPrepaid = body.Kind == CatalogWords.Of(CreditKind.Prepaid);
        if (faults.Required(body.Amount, "amount"))
        {
            faults.Range(body.Amount, "amount", isPrepaid ? -GiveCredit.LargestAmount : 1, GiveCredit.LargestAmount);
            if (isPrepaid && body.Amount == 0)
            {
                faults.Add(
                    "amount", FaultCode.OutOfRange, "An amount above 0 is expected, or a negative one to take back prepaid credits.");
            }
        }

        var currency = faults.Currency(body.Currency, "currency");

        Instant? expires = body.ExpiresAt is { } at ? Instant.From(at) : null;
        if (expires is not null && isPrepaid)
        {
            faults.Add("expires_at", FaultCode.InvalidValue, "Prepaid credits never expire; only promotional credits have expires_at.");
        }
        else if (expires <= now)
        {
            faults.Add("expires_at", FaultCode.OutOfRange, $"A time after {now} is expected.");
        }

        faults.Text(body.Note, "note", LongestNote);
        return new(isPrepaid ? CreditKind.Prepaid : CreditKind.Promotional, body.Amount ?? 0, currency, expires, body.Note);
    }

    private static async Task ListAsync(HttpContext context, CreditQueries queries)
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

        if (await queries.ListAsync(
            context.Project(), customer, list.Probe, list.StartingAfter, context.RequestAborted) is not { } account)
        {
            await Problems.WriteAsync(context, ErrorCode.CustomerNotFound);
            return;
        }

        CreditBalanceView[] balances =
        [
            .. account.Balances.Select(static one =>
                new CreditBalanceView(CatalogWords.Of(one.Kind), one.Amount.Currency.Code, one.Amount.Minor)),
        ];
        await list.AnswerAsync(
            account.Facts, ViewOf, (data, more) => new(balances, data, more), WireJson.Default.CreditAccountView);
    }

    private static CreditFactView ViewOf(CreditFact fact) => new()
    {
        Id = fact.Id,
        Kind = CatalogWords.Of(fact.Kind),
        Cause = CatalogWords.Of(fact.Cause),
        Amount = fact.Amount.Minor,
        Currency = fact.Amount.Currency.Code,
        At = fact.At.ToOffset(),
        ExpiresAt = fact.ExpiresAt?.ToOffset(),
        Invoice = fact.Invoice?.ToString("D"),
        Note = fact.Note,
        Actor = fact.Actor,
    };
}

/// <summary>The OpenAPI descriptions of <see cref="CreditEndpoints"/>.</summary>
internal static class CreditDescriptions
{
    private const string Tag = "Invoices";

    private const string Given =
        """
        {"id": "p-000000000012", "kind": "promotional", "cause": "manual", "amount": 5000, "currency": "USD", "at": "2026-03-10T09:00:00Z",
         "expires_at": "2026-09-01T00:00:00Z", "invoice": null, "note": "Welcome", "actor": "key 01936f5e-7c1a-7d3e-9b0a-2f6f0c1d2e3f"}
        """;

    private const string Taken =
        """
        {"id": "p-000000000012-01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f88", "kind": "promotional", "cause": "invoice",
         "amount": -2900, "currency": "USD",
         "at": "2026-03-31T00:00:00Z", "expires_at": null, "invoice": "01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f88", "note": null, "actor": null}
        """;

    public static readonly Description Give = new(
        Tag,
        "Give a customer credits",
        "`promotional` credits are a gift: they reduce the subscription's invoices before tax, in the order of redemption among the "
            + "coupons, "
        + "until they are used up or `expires_at` is reached. `prepaid` credits are the customer's own money: they pay invoices, "
        + "tax included, and never expire. A "
        + "negative prepaid amount takes back remaining credits, never more. Tollgate creates a missing customer. An active plan "
        + "or a pack must have a price in the customer's currency, which never changes afterwards.")
    {
        Path = CustomerDescriptions.Path,
        Request = Example.Of<GiveCreditRequest>(
            """{"amount": 5000, "currency": "USD", "kind": "promotional", "expires_at": "2026-09-01T00:00:00Z", "note": "Welcome"}"""),
        Answers = [Example.Of<CreditFactView>(201, "Given.", Given)],
        Errors = [ErrorCode.CustomerIsMember, ErrorCode.CurrencyFixed, ErrorCode.CreditsInsufficient, ErrorCode.ValidationFailed],
    };

    public static readonly Description List = new(
        Tag, "Show credits of a customer",
        "Returns the balances by currency and kind, and a page of the credits granted and used, the newest first. "
            + "The sum of all entries is the balance.")
    {
        Path = CustomerDescriptions.Path,
        Query = QueryParameter.OfPage,
        Answers =
        [
            Example.Of<CreditAccountView>(
                200, "A page.",
                $$"""{"balances": [{"kind": "promotional", "currency": "USD", "amount": 2100}], "data": [{{Taken}}, {{Given}}], "has_more": false}"""),
        ],
        Errors = [ErrorCode.CustomerNotFound, ErrorCode.ValidationFailed],
    };
}
