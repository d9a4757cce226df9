using System.Globalization;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Subscriptions;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;
using Tollgate.Server.Catalog;
using Tollgate.Server.Http;
using Tollgate.Server.Subscriptions;

namespace Tollgate.Server.Billing;

/// <summary><c>/v1/subscriptions</c>: create, list and show subscriptions, and list their facts.</summary>
public static class SubscriptionEndpoints
{

    private const int LongestFingerprint = 500;
    private const int LongestCoupon = 64;

    /// <summary>The earliest start before now. Tollgate invoices each period since the start at once.</summary>
    private static readonly TimeSpan EarliestStart = TimeSpan.FromDays(366);

    internal static readonly string[] TrialEnds = ["convert", "expire"];

    public static void MapSubscriptions(this WebApplication app)
    {
        var create = app.Services.GetRequiredService<CreateSubscription>();
        var queries = app.Services.GetRequiredService<SubscriptionQueries>();
        var clock = app.Services.GetRequiredService<Clock>();

        app.MapPost("/v1/subscriptions", (RequestDelegate)(context => CreateAsync(context, create, queries, clock)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(SubscriptionDescriptions.Create);
        app.MapGet("/v1/subscriptions", (RequestDelegate)(context => ListAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(SubscriptionDescriptions.List);
        app.MapGet("/v1/subscriptions/{id}", (RequestDelegate)(context => ShowAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(SubscriptionDescriptions.Show);
        app.MapGet("/v1/subscriptions/{id}/events", (RequestDelegate)(context => FactsAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(SubscriptionDescriptions.Facts);
    }

    private static async Task CreateAsync(HttpContext context, CreateSubscription create, SubscriptionQueries queries, Clock clock)
    {
        if (await Body.ReadAsync(context, WireJson.Default.CreateSubscriptionRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        var order = OrderOf(body, clock.Now(context.Project()), faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var request = new StepRequest(SubscriptionAnswers.ActorOf(context.Caller()), body.Preview == true);
        var answer = await create.RunAsync(context.Project(), order, request, context.RequestAborted);
        if (SubscriptionAnswers.ProblemOf(answer.Outcome) is not null)
        {
            await SubscriptionAnswers.RefuseAsync(context, answer.Outcome, answer.Detail, body.Plan, body.Coupon);
            return;
        }

        var zone = context.Project().Zone;
        if (request.Preview)
        {
            var shown = BillingAnswers.ChangeOf(answer, null, zone, body.Id);
            await Answer.Json(context, StatusCodes.Status200OK, shown, WireJson.Default.SubscriptionChangeView);
            return;
        }

        var status = answer.Outcome == SubscriptionOutcome.Done ? StatusCodes.Status201Created : StatusCodes.Status200OK;
        var item = await queries.FindAsync(context.Project(), answer.Row!.Subscription.Id, context.RequestAborted);
        await Answer.Json(context, status, SubscriptionAnswers.Of(item!, zone), WireJson.Default.SubscriptionView);
    }

    private static async Task ListAsync(HttpContext context, SubscriptionQueries queries, Clock clock)
    {
        var faults = new Faults();
        var paging = Paging.Read(context, faults);
        string? customer = context.Request.Query["customer"], status = context.Request.Query["status"],
            plan = context.Request.Query["plan"];
        faults.Id(customer, "customer", required: false);
        if (plan is not null && context.Project().Catalog.PlanVersions.Values.All(one => one.Code != plan))
        {
            faults.Add("plan", FaultCode.InvalidValue, UnknownNames.Plan(context.Caller(), plan));
        }

        faults.OneOf(status, "status", [.. CatalogWords.All<SubscriptionStatus>()]);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var filter = new SubscriptionFilter(customer, status is null ? null : CatalogWords.Read<SubscriptionStatus>(status), plan);
        Guid? after = paging.StartingAfter is { } id ? SubscriptionAnswers.IdOf(id, clock.Now()) : null;
        var (page, hasMore) = paging.Cut(await queries.ListAsync(context.Project(), filter, after, paging.Probe, context.RequestAborted));
        var list = new SubscriptionList([.. page.Select(item => SubscriptionAnswers.Of(item, context.Project().Zone))], hasMore);
        await Answer.Json(context, StatusCodes.Status200OK, list, WireJson.Default.SubscriptionList);
    }

    private static async Task ShowAsync(HttpContext context, SubscriptionQueries queries, Clock clock)
    {
        var item = await queries.FindAsync(
            context.Project(), SubscriptionAnswers.IdOf(RawPath.Id(context), clock.Now()), context.RequestAborted);
        await (item is null
            ? Problems.WriteAsync(context, ErrorCode.SubscriptionNotFound)
            : Answer.Json(
                context, StatusCodes.Status200OK, SubscriptionAnswers.Of(item, context.Project().Zone),
                WireJson.Default.SubscriptionView));
    }

    private static async Task FactsAsync(HttpContext context, SubscriptionQueries queries, Clock clock)
    {
        var faults = new Faults();
        var paging = Paging.Read(context, faults);
        var after = 0;
        if (paging.StartingAfter is { } text && !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out after))
        {
            faults.Add("starting_after", FaultCode.InvalidFormat, "The sequence of the last event is expected.");
        }

        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        if (await queries.FindAsync(
            context.Project(), SubscriptionAnswers.IdOf(RawPath.Id(context), clock.Now()), context.RequestAborted) is not { } item)
        {
            await Problems.WriteAsync(context, ErrorCode.SubscriptionNotFound);
            return;
        }

        var (page, hasMore) = paging.Cut(await queries.FactsAsync(item.Row, after, paging.Probe, context.RequestAborted));
        var list = new SubscriptionFactList([.. page.Select(SubscriptionAnswers.Of)], hasMore);
        await Answer.Json(context, StatusCodes.Status200OK, list, WireJson.Default.SubscriptionFactList);
    }

    private static SubscriptionOrder OrderOf(CreateSubscriptionRequest body, Instant now, Faults faults)
    {
        faults.Id(body.Customer, "customer");
        faults.Required(body.Plan, "plan");
        faults.OneOf(body.Period, "period", OrderedTerms.Periods);
        faults.Range(body.Quantity, "quantity", 1, OrderedTerms.LargestQuantity);
        faults.Range(body.Amount, "amount", 0, SubscriptionTerms.LargestAmount);
        faults.OneOf(body.TrialEndBehavior, "trial_end_behavior", TrialEnds);
        faults.Text(body.TrialFingerprint, "trial_fingerprint", LongestFingerprint);
        faults.Text(body.Coupon, "coupon", LongestCoupon);
        faults.Id(body.Id, "id", required: false);
        var currency = faults.Currency(body.Currency, "currency");

        Instant? start = body.StartAt is { } at ? Instant.From(at) : null;
        if (start > now || start < now.Minus(EarliestStart))
        {
            faults.Add("start_at", FaultCode.OutOfRange, $"A time between {now.Minus(EarliestStart)} and {now} is expected.");
        }

        return new(
            body.Customer ?? "", body.Plan ?? "", OrderedTerms.IntervalOf(body.Period) ?? PriceInterval.Monthly, currency,
            body.Quantity ?? 1, body.Trial,
            body.TrialEndBehavior != "expire", body.TrialFingerprint, body.Coupon, start, body.Id,
            OrderedTerms.AddOnsOf(body.AddOns, faults) ?? [], body.Amount)
        {
            Discount = OrderedTerms.DiscountOf(body.Discount, faults),
        };
    }

}
