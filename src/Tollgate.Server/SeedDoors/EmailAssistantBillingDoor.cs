using Tollgate.Contracts.Http;
using Tollgate.Contracts.SeedDoors;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;
using Tollgate.Server.Http;
using Tollgate.Server.Subscriptions;

namespace Tollgate.Server.SeedDoors;

/// <summary>
/// B: subscriptions. The seed names paths and methods but no bodies; these use the columns of its table: id, user_id, tier, status,
/// stripe_subscription_id, created_at, updated_at. It requires a secret key: the route takes no payment, so a user could choose any tier.
/// </summary>
internal static class EmailAssistantBillingDoor
{
    private const string UserId = "user_id";

    /// <summary>The longest code of the app, as in <c>/v1/subscriptions/{id}/cancel</c>.</summary>
    private const int LongestReason = 64;

    private sealed record Deps(CreateSubscription Create, ChangeSubscription Change, SubscriptionQueries Queries);

    public static void MapEmailAssistantBilling(this WebApplication app)
    {
        var services = app.Services;
        var deps = new Deps(
            services.GetRequiredService<CreateSubscription>(), services.GetRequiredService<ChangeSubscription>(),
            services.GetRequiredService<SubscriptionQueries>());
        Map(HttpMethods.Post, "subscribe", context => SubscribeAsync(context, deps), EmailAssistantBillingDescriptions.Subscribe);
        Map(HttpMethods.Put, "upgrade", context => ChangeAsync(context, deps, ChangeDirection.Up),
            EmailAssistantBillingDescriptions.Upgrade);
        Map(HttpMethods.Put, "downgrade", context => ChangeAsync(context, deps, ChangeDirection.Down),
            EmailAssistantBillingDescriptions.Downgrade);
        Map(HttpMethods.Delete, "cancel", context => CancelAsync(context, deps), EmailAssistantBillingDescriptions.Cancel);

        void Map(string method, string verb, RequestDelegate handle, Description description) => app
            .MapMethods("/api/billing/" + verb, [method], handle)
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .WithSeedErrors()
            .Describe(description);
    }

    private static async Task SubscribeAsync(HttpContext context, Deps deps)
    {
        if (await Body.ReadAsync(context, WireJson.Default.EmailAssistantSubscribe) is not { } body
            || await TierUserAsync(context, body.UserId, body.Tier, body.BillingPeriod) is not { } user)
        {
            return;
        }

        var order = new SubscriptionOrder(
            user, body.Tier!, OrderedTerms.IntervalOf(body.BillingPeriod) ?? PriceInterval.Monthly, Currency: null, Quantity: 1,
            Trial: body.Trial == true,
            ConvertsTrial: true, Fingerprint: null, Coupon: null, StartAt: null, Id: null, AddOns: [], CustomAmount: null);
        var answer = await deps.Create.RunAsync(context.Project(), order, RequestOf(context), context.RequestAborted);
        await AnswerAsync(context, deps, answer, StatusCodes.Status201Created);
    }

    private static async Task ChangeAsync(HttpContext context, Deps deps, ChangeDirection direction)
    {
        if (await Body.ReadAsync(context, WireJson.Default.EmailAssistantTierChange) is not { } body
            || await TierUserAsync(context, body.UserId, body.Tier, body.BillingPeriod) is not { } user
            || await LiveAsync(context, deps, user) is not { } id)
        {
            return;
        }

        var order = new ChangeOrder(
            body.Tier, OrderedTerms.IntervalOf(body.BillingPeriod), Quantity: null, When: null, Proration.Second, Only: direction);
        await AnswerAsync(
            context, deps, await deps.Change.RunAsync(context.Project(), id, order, RequestOf(context), context.RequestAborted));
    }

    private static async Task CancelAsync(HttpContext context, Deps deps)
    {
        if (await SeedCallers.CustomerAsync(context, context.Request.Query[UserId], UserId) is not { } user)
        {
            return;
        }

        string? at = context.Request.Query["at"], reason = context.Request.Query["reason"];
        var faults = new Faults();
        faults.OneOf(at, "at", "now", "period_end");
        faults.Text(reason, "reason", LongestReason);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        if (await LiveAsync(context, deps, user) is { } id)
        {
            var order = new CancelOrder(at == "now" ? ChangeTime.Now : ChangeTime.PeriodEnd, reason);
            await AnswerAsync(
                context, deps, await deps.Change.CancelAsync(context.Project(), id, order, RequestOf(context), context.RequestAborted));
        }
    }

    /// <summary>The user of a body that names a tier. Null: the body has faults, and the problem is written.</summary>
    private static async ValueTask<string?> TierUserAsync(HttpContext context, string? user, string? tier, string? period)
    {
        if (await SeedCallers.CustomerAsync(context, user, UserId) is not { } customer)
        {
            return null;
        }

        var faults = new Faults();
        faults.Required(tier, "tier");
        faults.OneOf(period, "billing_period", OrderedTerms.Periods);
        if (!faults.Any)
        {
            return customer;
        }

        await faults.WriteAsync(context);
        return null;
    }

    /// <summary>The user's subscription that has not ended. Null: there is none, and the problem is written.</summary>
    private static async ValueTask<Guid?> LiveAsync(HttpContext context, Deps deps, string user)
    {
        var item = await deps.Queries.FindLiveAsync(context.Project(), user, context.RequestAborted);
        if (item is null)
        {
            await Problems.WriteAsync(
                context, ErrorCode.SubscriptionNotFound, "The user has no subscription. POST /api/billing/subscribe begins one.", UserId);
        }

        return item?.Row.Subscription.Id;
    }

    private static async Task AnswerAsync(HttpContext context, Deps deps, SubscriptionAnswer answer, int status = StatusCodes.Status200OK)
    {
        if (SubscriptionAnswers.ProblemOf(answer.Outcome) is var (code, param))
        {
            await Problems.WriteAsync(context, code, answer.Detail, param);
            return;
        }

        var row = answer.Row!;
        var newest = (await deps.Queries.FactsAsync(row, row.Version - 1, 1, context.RequestAborted))[0];
        await Answer.Json(context, status, Of(answer, newest), WireJson.Default.EmailAssistantSubscription);
    }

    private static EmailAssistantSubscription Of(SubscriptionAnswer answer, SubscriptionFact newest)
    {
        var (row, subscription) = (answer.Row!, answer.Row!.Subscription);
        return new()
        {
            Id = row.Reference ?? subscription.Id.ToString("D"),
            UserId = answer.Customer!,
            Tier = subscription.Terms.Plan.Code,
            Status = CatalogWords.Of(subscription.Status),
            StripeSubscriptionId = subscription.ManagedBy is null ? null : row.Reference,
            BillingPeriod = CatalogWords.Of(subscription.Terms.Interval),
            CurrentPeriodStart = subscription.Current.Start.ToOffset(),
            CurrentPeriodEnd = subscription.Current.End.ToOffset(),
            TrialEnd = subscription.TrialEnd?.ToOffset(),
            ScheduledTier = subscription.Scheduled?.Plan.Code,
            CancelAt = subscription.CancelAt?.ToOffset(),
            AmountCents = answer.Invoice?.Total.Minor ?? 0,
            Currency = subscription.Terms.Currency.Code,
            CreatedAt = subscription.StartedAt.ToOffset(),
            UpdatedAt = newest.At.ToOffset(),
        };
    }

    private static StepRequest RequestOf(HttpContext context) => new(SubscriptionAnswers.ActorOf(context.Caller()), Preview: false);
}
