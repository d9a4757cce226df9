using Tollgate.Contracts.Http;
using Tollgate.Contracts.Invoicing;
using Tollgate.Contracts.Subscriptions;
using Tollgate.Core.Catalog;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;
using Tollgate.Server.Http;
using Tollgate.Server.Invoicing;
using Tollgate.Server.Subscriptions;

namespace Tollgate.Server.Billing;

/// <summary>The steps of a subscription: change, cancel, pause, resume, preview.</summary>
public static class SubscriptionStepEndpoints
{
    private const int LongestReason = 64;
    private const int LongestComment = 2_000;

    public static void MapSubscriptionSteps(this WebApplication app)
    {
        var change = app.Services.GetRequiredService<ChangeSubscription>();
        var deps = new Deps(change, app.Services.GetRequiredService<SubscriptionQueries>(), app.Services.GetRequiredService<Clock>());

        Map("PATCH", "", SubscriptionDescriptions.Change, context => ChangeAsync(context, deps, isPreview: false));
        Map("POST", "/preview", SubscriptionDescriptions.Preview, context => ChangeAsync(context, deps, isPreview: true));
        Map("POST", "/cancel", SubscriptionDescriptions.Cancel, context => CancelAsync(context, deps));
        Map("POST", "/uncancel", SubscriptionDescriptions.Uncancel, context => UncancelAsync(context, deps));
        Map("POST", "/pause", SubscriptionDescriptions.Pause, context => PauseAsync(context, deps));
        Map("POST", "/resume", SubscriptionDescriptions.Resume, context => ResumeAsync(context, deps));
        app.MapGet("/v1/subscriptions/{id}/upcoming-invoice", (RequestDelegate)(context => UpcomingAsync(context, deps)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(SubscriptionDescriptions.Upcoming);

        void Map(string method, string tail, Description description, RequestDelegate handle) =>
            app.MapMethods("/v1/subscriptions/{id}" + tail, [method], handle).RequireKey(Access.Secret, Scope.BillingWrite)
                .Describe(description);
    }

    private readonly record struct Deps(ChangeSubscription Change, SubscriptionQueries Queries, Clock Clock)
    {
        public Guid IdOf(HttpContext context) => SubscriptionAnswers.IdOf(RawPath.Id(context), Clock.Now());
    }

    /// <param name="isPreview">True: a preview, which changes nothing.</param>
    private static async Task ChangeAsync(HttpContext context, Deps deps, bool isPreview)
    {
        if (await Body.ReadAsync(context, WireJson.Default.ChangeSubscriptionRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        faults.OneOf(body.Period, "period", OrderedTerms.Periods);
        faults.Range(body.Quantity, "quantity", 1, OrderedTerms.LargestQuantity);
        faults.Range(body.Amount, "amount", 0, SubscriptionTerms.LargestAmount);
        faults.OneOf(body.When, "when", "now", "period_end");
        faults.OneOf(body.Proration, "proration", "second", "day", "none", "usage_aware");
        var addOns = OrderedTerms.AddOnsOf(body.AddOns, faults);
        var discount = OrderedTerms.DiscountOf(body.Discount, faults);
        if (!isPreview
            && body is { Preview: not true, Plan: null, Period: null, Quantity: null, AddOns: null, Amount: null, Discount: null })
        {
            faults.Add("", FaultCode.Required, "Nothing to change: send plan, period, quantity, add_ons, amount or discount.");
        }

        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var order = new ChangeOrder(
            body.Plan,
            OrderedTerms.IntervalOf(body.Period),
            body.Quantity,
            TimeOf(body.When),
            body.Proration is null ? Proration.Second : CatalogWords.Read<Proration>(body.Proration),
            addOns,
            body.Amount)
        {
            Discount = discount,
        };
        var request = RequestOf(context, isPreview || body.Preview == true);
        var answer = await deps.Change.RunAsync(context.Project(), deps.IdOf(context), order, request, context.RequestAborted);
        await AnswerAsync(context, deps, answer, showsInvoice: true, body.Plan);
    }

    private static async Task CancelAsync(HttpContext context, Deps deps)
    {
        if (await Body.ReadAsync(context, WireJson.Default.CancelSubscriptionRequest, new()) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        faults.OneOf(body.At, "at", "now", "period_end");
        if (body is { Credit: true, At: not "now" })
        {
            faults.Add("credit", FaultCode.InvalidValue, "Only an immediate cancellation credits unused time: send at: now.");
        }

        faults.Text(body.Reason, "reason", LongestReason);
        faults.Text(body.Comment, "comment", LongestComment);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var request = RequestOf(context, body.Preview == true);
        var order = new CancelOrder(TimeOf(body.At), body.Reason, body.Comment, body.Credit == true);
        var answer = await deps.Change.CancelAsync(context.Project(), deps.IdOf(context), order, request, context.RequestAborted);
        await AnswerAsync(context, deps, answer, request.Preview);
    }

    private static async Task UncancelAsync(HttpContext context, Deps deps)
    {
        if (await Body.ReadAsync(context, WireJson.Default.SubscriptionStepRequest, new()) is { } body)
        {
            var request = RequestOf(context, body.Preview == true);
            var answer = await deps.Change.UncancelAsync(context.Project(), deps.IdOf(context), request, context.RequestAborted);
            await AnswerAsync(context, deps, answer, request.Preview);
        }
    }

    private static async Task PauseAsync(HttpContext context, Deps deps)
    {
        if (await Body.ReadAsync(context, WireJson.Default.PauseSubscriptionRequest, new()) is not { } body)
        {
            return;
        }

        Instant? until = body.Until is { } at ? Instant.From(at) : null;
        if (until <= deps.Clock.Now(context.Project()))
        {
            var faults = new Faults();
            faults.Add("until", FaultCode.OutOfRange, $"A time after {deps.Clock.Now(context.Project())} is expected.");
            await faults.WriteAsync(context);
            return;
        }

        var request = RequestOf(context, body.Preview == true);
        await AnswerAsync(
            context, deps, await deps.Change.PauseAsync(context.Project(), deps.IdOf(context), until, request, context.RequestAborted),
            request.Preview);
    }

    private static async Task ResumeAsync(HttpContext context, Deps deps)
    {
        if (await Body.ReadAsync(context, WireJson.Default.SubscriptionStepRequest, new()) is { } body)
        {
            var request = RequestOf(context, body.Preview == true);
            await AnswerAsync(
                context, deps, await deps.Change.ResumeAsync(context.Project(), deps.IdOf(context), request, context.RequestAborted),
                request.Preview);
        }
    }

    private static async Task UpcomingAsync(HttpContext context, Deps deps)
    {
        var id = deps.IdOf(context);
        var answer = await deps.Change.UpcomingAsync(context.Project(), id, context.RequestAborted);
        await (answer switch
        {
            _ when SubscriptionAnswers.ProblemOf(answer.Outcome) is var (code, param) =>
                Problems.WriteAsync(context, code, answer.Detail, param),
            { Next: null } =>
                Problems.WriteAsync(
                    context, ErrorCode.InvoiceNotFound,
                    "There is no upcoming invoice: the subscription ends, is paused, or costs nothing."),
            _ => Answer.Json(
                context, StatusCodes.Status200OK, InvoiceAnswers.Of(answer.Next!, answer.Row!.Reference), WireJson.Default.InvoiceView),
        });
    }

    private static async Task AnswerAsync(HttpContext context, Deps deps, SubscriptionAnswer answer, bool showsInvoice, string? plan = null)
    {
        if (SubscriptionAnswers.ProblemOf(answer.Outcome) is not null)
        {
            await SubscriptionAnswers.RefuseAsync(context, answer.Outcome, answer.Detail, plan);
            return;
        }

        var item = await deps.Queries.FindAsync(context.Project(), answer.Row!.Subscription.Id, context.RequestAborted);
        await (showsInvoice
            ? Answer.Json(
                context, StatusCodes.Status200OK,
                BillingAnswers.ChangeOf(answer, item!.LatestInvoice, context.Project().Zone, answer.Row.Reference),
                WireJson.Default.SubscriptionChangeView)
            : Answer.Json(
                context, StatusCodes.Status200OK, SubscriptionAnswers.Of(item!, context.Project().Zone),
                WireJson.Default.SubscriptionView));
    }

    private static StepRequest RequestOf(HttpContext context, bool preview) => new(SubscriptionAnswers.ActorOf(context.Caller()), preview);

    private static ChangeTime? TimeOf(string? word) =>
        word switch { "now" => ChangeTime.Now, "period_end" => ChangeTime.PeriodEnd, _ => null };
}
