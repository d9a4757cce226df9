using Tollgate.Contracts.Dunning;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Payments;
using Tollgate.Core.Catalog;
using Tollgate.Core.Dunning;
using Tollgate.Engine.Dunning;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Dunning;

/// <summary>
/// <c>/v1/dunning</c>: the invoices that Tollgate could not collect. <c>/v1/dunning-policy</c>: the days of the attempts, and the final
/// action.
/// </summary>
public static class DunningEndpoints
{
    private const string Tag = "Dunning";

    private const string Policy = """{"retry_days": [1, 3, 5, 7], "final_action": "cancel"}""";

    private static readonly Description List = new(
        Tag,
        "List failed collections",
        "Lists the invoices that Tollgate could not collect, the earliest failure first: those that it retries, "
            + "and those that it stopped because the customer cannot fix the failure "
        + "(`stopped_at`). Charge a stopped invoice with `POST /v1/payments`, or record a manual payment. "
        + "Filter by customer for the invoices that one owes.")
    {
        Query = [new("customer", "Only invoices of this customer."), .. QueryParameter.OfPage],
        Answers =
        [
            Example.Of<DunningList>(
                200, "A page.",
                """
                {"data": [{"invoice": "01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f88", "invoice_number": "CC-000042", "customer": "acme",
                  "subscription": "01936f5e-7c1a-7990-8b00-fc3b1a098e77", "subscription_status": "past_due",
                   "amount_due": 2900, "currency": "USD",
                  "attempts": 2, "failure": "declined", "first_failed_at": "2026-02-28T00:00:00Z",
                   "next_attempt_at": "2026-03-03T00:00:00Z"}],
                 "has_more": false}
                """),
        ],
        Errors = [ErrorCode.ValidationFailed],
    };

    private static readonly Description ShowPolicy = new(
        Tag, "Show the dunning policy",
        "Returns the days on which Tollgate retries an invoice that it could not collect, and the final action.")
    {
        Answers = [Example.Of<DunningPolicyBody>(200, "The policy.", Policy)],
    };

    private static readonly Description SetPolicy = new(
        Tag,
        "Set the dunning policy",
        "Replaces the policy. A field that you leave out gets its default. Invoices in dunning follow the new policy from their next "
            + "failure on. The customer keeps the plan until the last attempt.")
    {
        Request = Example.Of<DunningPolicyBody>(Policy),
        Answers = [Example.Of<DunningPolicyBody>(200, "Set.", Policy)],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static void MapDunning(this WebApplication app)
    {
        var queries = app.Services.GetRequiredService<DunningQueries>();

        app.MapGet("/v1/dunning", (RequestDelegate)(context => ListAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(List);
        app.MapGet("/v1/dunning-policy", (RequestDelegate)(context => ShowAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(ShowPolicy);
        app.MapPut("/v1/dunning-policy", (RequestDelegate)(context => SetAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(SetPolicy);
    }

    private static async Task ListAsync(HttpContext context, DunningQueries queries)
    {
        var list = ListQuery.Read(context);
        var (customer, after) = (list.Id("customer"), list.UuidAfter());
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await queries.ListAsync(context.Project(), customer, after, list.Probe, context.RequestAborted);
        await list.AnswerAsync(rows, ViewOf, static (data, more) => new(data, more), WireJson.Default.DunningList);
    }

    private static async Task ShowAsync(HttpContext context, DunningQueries queries)
    {
        var policy = await queries.PolicyAsync(context.Project(), context.RequestAborted);
        await Answer.Json(context, StatusCodes.Status200OK, BodyOf(policy), WireJson.Default.DunningPolicyBody);
    }

    private static async Task SetAsync(HttpContext context, DunningQueries queries)
    {
        if (await Body.ReadAsync(context, WireJson.Default.DunningPolicyBody) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        faults.OneOf(body.FinalAction, "final_action", [.. CatalogWords.All<DunningEnd>()]);
        if (body.RetryDays is { } days && DunningPolicy.Fault(days) is { } fault)
        {
            faults.Add("retry_days", FaultCode.OutOfRange, fault);
        }

        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var policy = new DunningPolicy(
            body.RetryDays ?? DunningPolicy.Default.RetryDays,
            body.FinalAction is { } action ? CatalogWords.Read<DunningEnd>(action) : DunningPolicy.Default.FinalAction);
        await queries.SetPolicyAsync(context.Project(), policy, context.RequestAborted);
        await Answer.Json(context, StatusCodes.Status200OK, BodyOf(policy), WireJson.Default.DunningPolicyBody);
    }

    private static DunningPolicyBody BodyOf(DunningPolicy policy) =>
        new() { RetryDays = policy.RetryDays, FinalAction = CatalogWords.Of(policy.FinalAction) };

    private static DunningView ViewOf(DunningItem item) => new()
    {
        Invoice = item.Invoice.ToString("D"),
        InvoiceNumber = item.Number,
        Customer = item.Customer,
        Subscription = item.Subscription,
        SubscriptionStatus = CatalogWords.Of(item.Status),
        AmountDue = item.Due.Minor,
        Currency = item.Due.Currency.Code,
        Attempts = item.Failures,
        Failure = CatalogWords.Of(item.Failure),
        FirstFailedAt = item.FirstFailedAt.ToOffset(),
        NextAttemptAt = item.NextAttempt?.ToOffset(),
        StoppedAt = item.StoppedAt?.ToOffset(),
    };
}
