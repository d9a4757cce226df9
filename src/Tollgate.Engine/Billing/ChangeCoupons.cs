using Npgsql;
using Tollgate.Core.Subscriptions;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Billing;

/// <summary>Redeems or ends coupons of a subscription after its start. Each change is a fact of the timeline.</summary>
public sealed class ChangeCoupons(CustomerChanges changes, Clock clock)
{
    private readonly TakeStep _take = new(changes, clock);

    /// <summary>Redeems a coupon. It reduces later invoices, after coupons and promotional credits that were redeemed before.</summary>
    public Task<SubscriptionAnswer> RedeemAsync(
        ProjectSnapshot project, Guid id, string code, StepRequest request, CancellationToken cancel) =>
        _take.RunAsync(
            project, id, request,
            (writing, row) => IfAllowedAsync(writing, row, SubscriptionVerb.RedeemCoupon, code, async () =>
            {
                var subscriptions = (long)(await writing.Change.ScalarAsync(SubscriptionSql.Past, cancel, row.Partition, row.Account))!;
                var order = new RedemptionOrder(row.Subscription, subscriptions == 1, AtStart: false, writing.Now);
                var refusal = await CouponQueries.RedeemAsync(writing.Change, project, code, order, cancel);
                return refusal is null ? null : StepChoice.None(SubscriptionOutcome.CouponRefused, refusal);
            }),
            cancel);

    /// <summary>Ends a coupon. It no longer reduces invoices; those already made stay.</summary>
    public Task<SubscriptionAnswer> EndAsync(
        ProjectSnapshot project, Guid id, string code, StepRequest request, CancellationToken cancel) =>
        _take.RunAsync(
            project, id, request,
            (writing, row) => IfAllowedAsync(writing, row, SubscriptionVerb.EndCoupon, code, async () =>
            {
                var had = await CouponQueries.OfSubscriptionAsync(
                    writing.Change.Connection, row.Partition, row.Account, row.Subscription.Id, cancel);
                if (had.All(one => one.Coupon.Code != code))
                {
                    return StepChoice.None(SubscriptionOutcome.CouponUnknown);
                }

                return await CouponQueries.EndAsync(writing.Change, row.Subscription.Id, code, writing.Now, cancel)
                    ? null
                    : StepChoice.None(SubscriptionOutcome.NothingChanges);
            }),
            cancel);

    /// <param name="write">Returns null if the change is written and becomes a fact.</param>
    private static async Task<StepChoice> IfAllowedAsync(
        StepWriting writing, SubscriptionRow row, SubscriptionVerb verb, string code, Func<Task<StepChoice?>> write)
    {
        if (SubscriptionTransitions.After(row.Subscription.Status, verb) is null)
        {
            return ChangeAtOnce.NotAllowed(row.Subscription, verb);
        }

        return await write() ?? StepChoice.Of(SubscriptionLife.WithCoupon(row.Subscription, verb, writing.Now), $"coupon {code}");
    }
}
