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
        app.MapGet("/v1/subscriptions.csv", app.Services.GetRequiredService<Exports>().Bounded(context => CsvAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingRead).WithLoad(Load.Own).Describe(SubscriptionDescriptions.Csv);
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
        var list = ListQuery.Read(context);
        var filter = FilterOf(context, list);
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var (project, zone) = (context.Project(), context.Project().Zone);
        Guid? after = list.StartingAfter is { } id ? SubscriptionAnswers.IdOf(id, clock.Now()) : null;
        var rows = await queries.ListAsync(project, filter, after, list.Probe, context.RequestAborted);
        await list.AnswerAsync(
            rows, item => SubscriptionAnswers.Of(item, zone), static (data, more) => new(data, more), WireJson.Default.SubscriptionList);
    }

    private static async Task CsvAsync(HttpContext context, SubscriptionQueries queries)
    {
        var list = ListQuery.OfFile(context);
        var filter = FilterOf(context, list);
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var (project, cancel) = (context.Project(), context.RequestAborted);
        await CsvExport.WriteAsync(
            context, "subscriptions", SubscriptionCsv.Columns,
            CsvExport.PagesAsync<SubscriptionItem>(
                last => queries.ListAsync(project, filter, last?.Row.Subscription.Id, CsvExport.PageRows, cancel)),
            (csv, item) => SubscriptionCsv.Line(csv, item.Row.Subscription, SubscriptionAnswers.Of(item, project.Zone)));
    }

    private static SubscriptionFilter FilterOf(HttpContext context, ListQuery list)
    {
        string? plan = context.Request.Query["plan"];
        if (plan is not null && context.Project().Catalog.PlanVersions.Values.All(one => one.Code != plan))
        {
            list.Faults.Add("plan", FaultCode.InvalidValue, UnknownNames.Plan(context.Caller(), plan));
        }

        return new(list.Id("customer"), list.Word<SubscriptionStatus>("status"), plan);
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
        var list = ListQuery.Read(context);
        var after = list.After(static (string text, out int sequence) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out sequence));
        if (await list.IsRefusedAsync())
        {
            return;
        }

        if (await queries.FindAsync(
            context.Project(), SubscriptionAnswers.IdOf(RawPath.Id(context), clock.Now()), context.RequestAborted) is not { } item)
        {
            await Problems.WriteAsync(context, ErrorCode.SubscriptionNotFound);
            return;
        }

        var rows = await queries.FactsAsync(item.Row, after ?? 0, list.Probe, context.RequestAborted);
        await list.AnswerAsync(rows, SubscriptionAnswers.Of, static (data, more) => new(data, more), WireJson.Default.SubscriptionFactList);
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
