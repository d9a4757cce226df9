using System.Text;
using Tollgate.Contracts.Subscriptions;
using Tollgate.Core.Subscriptions;
using Tollgate.Server.Http;

namespace Tollgate.Server.Billing;

/// <summary>
/// One line of <c>/v1/subscriptions.csv</c>: the amount of one whole period in minor units (exact, for programs) and in major ones.
/// </summary>
internal static class SubscriptionCsv
{
    public static readonly string[] Columns =
    [
        "id", "customer", "plan", "plan_version", "period", "status", "managed_by", "currency", "quantity", "amount_minor", "amount",
        "started_at", "current_period_start", "current_period_end", "trial_end", "cancel_at", "cancel_reason", "paused_at", "resume_at",
        "ended_at", "latest_invoice", "provider_price",
    ];

    public static void Line(StringBuilder csv, Subscription subscription, SubscriptionView view) =>
        csv.Cell(view.Id).Next().Cell(view.Customer).Next().Plain(view.Plan).Next().Plain(view.PlanVersion).Next().Plain(view.Period)
            .Next().Plain(view.Status).Next().Plain(view.ManagedBy).Next().Plain(view.Currency).Next().Plain(view.Quantity).Next()
            .Money(new(view.Amount, subscription.Terms.Currency)).Next().Time(view.StartedAt).Next().Time(view.CurrentPeriodStart).Next()
            .Time(view.CurrentPeriodEnd).Next().Time(view.TrialEnd).Next().Time(view.CancelAt).Next().Cell(view.CancelReason).Next()
            .Time(view.PausedAt).Next().Time(view.ResumeAt).Next().Time(view.EndedAt).Next().Plain(view.LatestInvoice)
            .Next().Plain(view.ProviderPrice).End();
}
