using System.Text.Json;
using Tollgate.Contracts.Alerts;
using Tollgate.Contracts.Checkouts;
using Tollgate.Contracts.Customers;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Invoicing;
using Tollgate.Contracts.Payments;
using Tollgate.Contracts.Subscriptions;
using Tollgate.Contracts.Webhooks;
using Tollgate.Core;
using Tollgate.Core.Webhooks;
using Tollgate.Engine.Alerts;
using Tollgate.Engine.Checkouts;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;
using Tollgate.Engine.Webhooks;
using Tollgate.Server.Alerts;
using Tollgate.Server.Checkouts;
using Tollgate.Server.Customers;
using Tollgate.Server.Invoicing;
using Tollgate.Server.Payments;
using Tollgate.Server.Subscriptions;

namespace Tollgate.Server.Webhooks;

/// <summary>
/// Writes the payloads of facts. Objects appear as the API shows them at this moment; the fact itself reports the change.
/// </summary>
internal sealed class WebhookPayloads(
    SubscriptionQueries subscriptions, InvoiceQueries invoices, CheckoutQueries checkouts, PaymentQueries payments,
    CustomerQueries customers, WebhookEndpoints endpoints, AlertQueries alerts,
    Clock clock)
{
    /// <inheritdoc cref="BuildPayloads"/>
    public async Task<Func<FactToPublish, string>> BuildAsync(
        ProjectSnapshot project, IReadOnlyList<FactToPublish> facts, CancellationToken cancel)
    {
        var known = new Objects(
            (await customers.FindSeveralAsync(
                project, facts.Select(static fact => fact.Customer).OfType<string>().ToHashSet(StringComparer.Ordinal), cancel))
                .ToDictionary(static one => one.Id, CustomerAnswers.Of, StringComparer.Ordinal),
            (await subscriptions.FindSeveralAsync(project, IdsOf(facts, WebhookObject.Subscription), cancel))
                .ToDictionary(static one => one.Row.Subscription.Id, one => SubscriptionAnswers.Of(one, project.Zone)),
            (await invoices.FindSeveralAsync(project, IdsOf(facts, WebhookObject.Invoice), cancel))
                .ToDictionary(static one => one.Invoice.Id, InvoiceAnswers.Of),
            (await checkouts.FindSeveralAsync(project, IdsOf(facts, WebhookObject.Checkout), cancel))
                .ToDictionary(static one => one.Checkout.Id, static one => CheckoutAnswers.Of(one)),
            (await payments.FindSeveralAsync(project, IdsOf(facts, WebhookObject.Payment), cancel))
                .ToDictionary(static one => one.Payment.Id, PaymentEndpoints.ViewOf),
            (await endpoints.FindSeveralAsync(project, IdsOf(facts, WebhookObject.WebhookEndpoint), cancel))
                .ToDictionary(static one => one.Id, one => WebhookAnswers.Of(one, clock.Now())),
            (await alerts.FindSeveralAsync(project, IdsOf(facts, WebhookObject.Alert), cancel))
                .ToDictionary(static one => one.Id, AlertAnswers.Of));
        return fact => Build(fact, known);
    }

    private static HashSet<Guid> IdsOf(IReadOnlyList<FactToPublish> facts, WebhookObject kind) =>
        [.. facts.Where(fact => fact.Type.Object == kind).Select(static fact => fact.Id!.Value)];

    private static string Build(FactToPublish fact, Objects known)
    {
        var (type, at) = (fact.Type.Name, fact.At.ToOffset());
        if (fact.Type.Object == WebhookObject.Alert)
        {
            return PlainJson.Text(new(type, at, fact.Sequence, new(known.Alerts[fact.Id!.Value])), WireJson.Default.AlertWebhook);
        }

        if (fact.Customer is null)
        {
            return PlainJson.Text(
                new(type, at, fact.Sequence, new(known.Endpoints[fact.Id!.Value], new(fact.FactNumber, fact.Word, at, fact.Note!))),
                WireJson.Default.WebhookEndpointWebhook);
        }

        var customer = known.Customers[fact.Customer];
        return fact.Type.Object switch
        {
            WebhookObject.Subscription => PlainJson.Text(
                new(type, at, fact.Sequence, new(customer, known.Subscriptions[fact.Id!.Value], ChangeOf(fact, fact.After!), Before(fact))),
                WireJson.Default.SubscriptionWebhook),
            WebhookObject.Invoice => PlainJson.Text(
                new(type, at, fact.Sequence,
                    new(customer, known.Invoices[fact.Id!.Value],
                        new(fact.FactNumber, fact.Word, at, fact.Amount!.Value, fact.Actor, fact.Note))),
                WireJson.Default.InvoiceWebhook),
            WebhookObject.Checkout => PlainJson.Text(
                new(type, at, fact.Sequence, new(customer, known.Checkouts[fact.Id!.Value])), WireJson.Default.CheckoutWebhook),
            WebhookObject.Payment => PlainJson.Text(
                new(type, at, fact.Sequence,
                    new(customer, known.Payments[fact.Id!.Value],
                        new(fact.FactNumber, fact.Word, at, fact.Amount!.Value, fact.Actor, fact.Note))),
                WireJson.Default.PaymentWebhook),
            _ => PlainJson.Text(
                new(type, at, fact.Sequence, new(customer, ThresholdOf(fact, fact.Threshold!))), WireJson.Default.QuotaWebhook),
        };
    }

    private static ReachedThresholdView ThresholdOf(FactToPublish fact, CrossedThreshold threshold) => new(
        fact.Word, threshold.Percent, threshold.Used.Value, threshold.Granted.Value, threshold.PeriodStart.ToOffset(), fact.At.ToOffset());

    private static SubscriptionFactView ChangeOf(FactToPublish fact, SubscriptionState state) => SubscriptionAnswers.Of(
        new SubscriptionFact((int)fact.FactNumber, fact.Word, fact.At, fact.RecordedAt, fact.Actor, fact.Note, fact.Invoice, state));

    /// <summary>Returns the members that differ from the previous step, with their previous values; none for the first step.</summary>
    private static Dictionary<string, JsonElement> Before(FactToPublish fact)
    {
        if (fact.Before is null)
        {
            return [];
        }

        var now = Members(ChangeOf(fact, fact.After!));
        return Members(ChangeOf(fact, fact.Before)).Where(one => !JsonElement.DeepEquals(one.Value, now[one.Key]))
            .ToDictionary(StringComparer.Ordinal);
    }

    private static Dictionary<string, JsonElement> Members(SubscriptionFactView change) =>
        JsonSerializer.SerializeToElement(change.Detail, WireJson.Default.SubscriptionStateView).EnumerateObject()
            .ToDictionary(static one => one.Name, static one => one.Value.Clone(), StringComparer.Ordinal);

    private sealed record Objects(
        IReadOnlyDictionary<string, CustomerView> Customers, IReadOnlyDictionary<Guid, SubscriptionView> Subscriptions,
        IReadOnlyDictionary<Guid, InvoiceView> Invoices,
        IReadOnlyDictionary<Guid, CheckoutView> Checkouts,
        IReadOnlyDictionary<Guid, PaymentView> Payments, IReadOnlyDictionary<Guid, WebhookEndpointView> Endpoints,
        IReadOnlyDictionary<Guid, AlertView> Alerts);
}
