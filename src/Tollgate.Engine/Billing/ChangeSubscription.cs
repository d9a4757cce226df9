using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Billing;

/// <summary>
/// Makes every requested change of a subscription, and is the only place that chooses how: 1. the provider that manages the subscription
/// makes it; 2. if the change costs something now and Tollgate can charge the customer, the payment comes first and makes it; 3. otherwise
/// Tollgate makes it at once. Automatic changes are in <see cref="RunDue"/>.
/// </summary>
public sealed class ChangeSubscription(ChangeProviderManaged managed, PayChange pay, ChangeAtOnce own, ChangeCoupons coupons)
{
    public async Task<SubscriptionAnswer> RunAsync(
        ProjectSnapshot project, Guid id, ChangeOrder order, StepRequest request, CancellationToken cancel)
    {
        // 1.
        if (await managed.ChangeAsync(project, id, order, request, cancel) is { } followed)
        {
            return followed;
        }

        // Check an order for one direction only before anybody is charged for a change in the other.
        if (order.Only is not null && !request.Preview
            && await own.RunAsync(
                project, id, order, request with { Preview = true }, cancel) is { Outcome: not SubscriptionOutcome.Done } refused)
        {
            return refused;
        }

        // 2. and 3.
        var paid = request.Preview ? null : await pay.RunAsync(project, id, order, request.Actor, cancel);
        return paid is null ? await own.RunAsync(project, id, order, request, cancel) : paid.Change ?? NotMade(paid);
    }

    public async Task<SubscriptionAnswer> CancelAsync(
        ProjectSnapshot project, Guid id, CancelOrder order, StepRequest request, CancellationToken cancel) =>
        await managed.CancelAsync(project, id, order, request, cancel) ?? await own.CancelAsync(project, id, order, request, cancel);

    /// <summary>Undoes a scheduled cancellation or, without one, removes scheduled terms.</summary>
    public async Task<SubscriptionAnswer> UncancelAsync(ProjectSnapshot project, Guid id, StepRequest request, CancellationToken cancel) =>
        await managed.UncancelAsync(project, id, request, cancel) ?? await own.UncancelAsync(project, id, request, cancel);

    /// <param name="until">Null: until a resume.</param>
    public Task<SubscriptionAnswer> PauseAsync(
        ProjectSnapshot project, Guid id, Instant? until, StepRequest request, CancellationToken cancel) =>
        own.PauseAsync(project, id, until, request, cancel);

    public Task<SubscriptionAnswer> ResumeAsync(ProjectSnapshot project, Guid id, StepRequest request, CancellationToken cancel) =>
        own.ResumeAsync(project, id, request, cancel);

    /// <summary>Redeems a further coupon, which reduces later invoices.</summary>
    public async Task<SubscriptionAnswer> RedeemAsync(
        ProjectSnapshot project, Guid id, string code, StepRequest request, CancellationToken cancel) =>
        await managed.RedeemAsync(project, id, code, request, cancel) ?? await coupons.RedeemAsync(project, id, code, request, cancel);

    public async Task<SubscriptionAnswer> EndCouponAsync(
        ProjectSnapshot project, Guid id, string code, StepRequest request, CancellationToken cancel) =>
        await managed.EndCouponAsync(project, id, code, request, cancel) ?? await coupons.EndAsync(project, id, code, request, cancel);

    /// <summary>Previews the next invoice.</summary>
    public async Task<SubscriptionAnswer> UpcomingAsync(ProjectSnapshot project, Guid id, CancellationToken cancel) =>
        await managed.UpcomingAsync(project, id, cancel) ?? await own.UpcomingAsync(project, id, cancel);

    /// <summary>
    /// The same for a page, which shows no preview while another call locks the customer for long, or if a provider manages the
    /// subscription: null then.
    /// </summary>
    public async Task<SubscriptionAnswer?> GlanceAsync(ProjectSnapshot project, Subscription subscription, CancellationToken cancel)
    {
        try
        {
            return subscription.ManagedBy is null && !subscription.IsEnded
                ? await own.UpcomingAsync(project, subscription.Id, cancel)
                : null;
        }
        catch (CustomerBusyException)
        {
            return null;
        }
    }

    /// <summary>Describes a change that needs a payment and was not made.</summary>
    private static SubscriptionAnswer NotMade(PaidChange paid) => paid switch
    {
        { IsOfAnother: true } => new(
            SubscriptionOutcome.PaymentPending,
            Detail: $"Payment {paid.Payment.Id}, for an earlier plan or change, is pending. Tollgate charged nothing for this change; "
                + "repeat the request when that payment has succeeded or failed."),
        { Payment: { Status: PaymentStatus.Failed } payment } => new(
            SubscriptionOutcome.Declined,
            Detail: $"{payment.Amount} are due for the change, and the card was refused: {CatalogWords.Of(payment.Failure!.Value)}. "
                + "Nothing was changed."),
        { Payment: { Status: PaymentStatus.Succeeded } payment } => new(
            SubscriptionOutcome.Overtaken,
            Detail: $"Another request changed the subscription during the payment. The {payment.Amount} of payment {payment.Id} are "
                + "the customer's credit."),
        { Payment: var payment } => new(
            SubscriptionOutcome.PaymentPending,
            Detail: $"Payment {payment.Id} is pending. Tollgate makes the change when the payment succeeds."),
    };
}
