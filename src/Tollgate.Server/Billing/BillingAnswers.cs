using Tollgate.Contracts.Subscriptions;
using Tollgate.Engine.Billing;
using Tollgate.Server.Invoicing;
using Tollgate.Server.Subscriptions;

namespace Tollgate.Server.Billing;

internal static class BillingAnswers
{
    /// <summary>A step of a subscription with its invoice and the next one.</summary>
    public static SubscriptionChangeView ChangeOf(SubscriptionAnswer answer, Guid? latestInvoice, TimeZoneInfo zone, string? reference) =>
        new(
        SubscriptionAnswers.Of(answer.Row!, answer.Customer!, latestInvoice, zone),
        answer.Invoice is { } invoice ? InvoiceAnswers.Of(invoice, reference) : null,
        answer.Next is { } next ? InvoiceAnswers.Of(next, reference) : null,
        SubscriptionAnswers.WaitingOf(answer.Replaced));
}
