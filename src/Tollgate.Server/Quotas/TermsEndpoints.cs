using Tollgate.Contracts.Customers;
using Tollgate.Contracts.Http;
using Tollgate.Core.Customers;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Quotas;
using Tollgate.Engine.Subscriptions;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;
using Tollgate.Server.Quotas;

namespace Tollgate.Server.Quotas;

/// <summary><c>/v1/customers/{id}/terms</c>: a customer's terms and subscription at an instant.</summary>
public static class TermsEndpoints
{
    public static void MapTerms(this WebApplication app)
    {
        var queries = app.Services.GetRequiredService<CustomerQueries>();
        var subscriptions = app.Services.GetRequiredService<SubscriptionQueries>();
        var coupons = app.Services.GetRequiredService<CouponQueries>();
        var clock = app.Services.GetRequiredService<Clock>();

        app.MapGet("/v1/customers/{id}/terms", (RequestDelegate)(context => ShowAsync(context, queries, subscriptions, coupons, clock)))
            .RequireKey(Access.Secret, Scope.CustomersRead)
            .Describe(ReadingDescriptions.Terms);
    }

    private static async Task ShowAsync(
        HttpContext context, CustomerQueries queries, SubscriptionQueries subscriptions, CouponQueries coupons, Clock clock)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } id)
        {
            return;
        }

        var (project, faults) = (context.Project(), new Faults());
        var at = faults.Moment(context.Request.Query["at"], "at") ?? clock.Now(project);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
        }
        else if (await queries.FindAccountAsync(project, id, context.RequestAborted) is not { } account)
        {
            await Problems.WriteAsync(context, ErrorCode.CustomerNotFound);
        }
        else
        {
            var timeline = await queries.TermsAsync(project, account, context.RequestAborted);
            var then = await subscriptions.FindThenAsync(account, at, context.RequestAborted);
            var redeemed = then is null
                ? []
                : await coupons.OfSubscriptionAsync(account.Partition, account.Account, then.Key, at, context.RequestAborted);
            var subscription = then is null ? null : ViewOf(then, redeemed);
            await Answer.Json(
                context, StatusCodes.Status200OK, ViewOf(project, id, at, timeline, subscription), WireJson.Default.TermsView);
        }
    }

    private static TermsView ViewOf(
        ProjectSnapshot project, string customer, Instant at, TermsTimeline timeline, SubscriptionTermsView? subscription)
    {
        var terms = timeline.At(at);
        var features = project.Catalog.FeaturesByKey;
        return new()
        {
            Customer = customer,
            At = at.ToOffset(),
            From = terms.From == Instant.Epoch ? null : terms.From.ToOffset(),
            Until = timeline.EndOf(terms)?.ToOffset(),
            Plan = terms.Plan.Code,
            PlanVersion = terms.Plan.Number,
            IsDefaultPlan = terms.IsDefault,
            Features = terms.Entitlements.Where(pair => features.ContainsKey(pair.Key)).ToDictionary(
                pair => features[pair.Key].Code,
                pair => CustomerAnswers.Of(new FeatureStanding(features[pair.Key], pair.Value, null, 0, []), terms.Plan)),
            Subscription = subscription,
        };
    }

    private static SubscriptionTermsView ViewOf(SubscriptionThen then, IReadOnlyList<RedeemedCoupon> coupons) => new()
    {
        Id = then.Id,
        Status = then.State.Status,
        Plan = then.State.Plan,
        PlanVersion = then.State.PlanVersion,
        Interval = then.State.Interval,
        Currency = then.Currency,
        Quantity = then.State.Quantity,
        Amount = then.State.Amount,
        CustomAmount = then.State.CustomAmount,
        AddOns = then.State.AddOns ?? new Dictionary<string, long>(),
        Coupons = [
            .. coupons.Select(one => new CouponTermsView(one.Coupon.Code, one.RedeemedAt.ToOffset(), one.Redemption.EndsAt?.ToOffset()))],
        PeriodStart = new(DateTime.SpecifyKind(then.State.PeriodStart, DateTimeKind.Utc)),
        PeriodEnd = new(DateTime.SpecifyKind(then.State.PeriodEnd, DateTimeKind.Utc)),
    };
}
