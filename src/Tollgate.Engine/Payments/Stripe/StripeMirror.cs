using System.Text.Json;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Stripe;
using Tollgate.Core.Time;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Payments.Stripe;

/// <summary>
/// Subscriptions that Stripe drives: what they are there, with their invoices, and what Stripe is told to invoice with them. Who is asked for one is asked
/// for all of a customer, so that one which is over never stands in the way of the next.
/// </summary>
public sealed class StripeMirror(StripeAccounts accounts, StripeVariables variables)
{
    public const string SubscriptionField = "tollgate_subscription";
    public const string LineField = "tollgate_line";

    /// <summary>Of 100.</summary>
    private const int MostPages = 10;

    /// <param name="customer">Stripe's id.</param>
    /// <param name="owner">Whose the customer is, where a checkout says so; null: somebody else knows.</param>
    /// <returns>All subscriptions of the customer, in the order of their making.</returns>
    /// <exception cref="ProviderSilentException">Stripe did not answer.</exception>
    public async Task<ProviderTold> CustomerAsync(StripeAccount account, string customer, string? owner, CancellationToken cancel)
    {
        var askedAt = await accounts.NowAsync(cancel);
        var found = new List<StripeSubscription>();
        await foreach (var one in accounts.ListAsync(account, "/v1/subscriptions", () => new StripeForm().Set("customer", customer).Set("status", "all"), MostPages, cancel))
        {
            if (StripeSubscription.Read(one) is { } subscription && IsOfProject(account, subscription.Metadata))
            {
                found.Insert(0, subscription);
            }
        }

        var known = await accounts.OwnerOfAsync(account.Project, customer, cancel);
        owner = known ?? await NamedOwnerAsync(account, found, cancel) ?? owner;
        var (news, doubt) = (new List<ProviderNews>(), (string?)null);
        foreach (var subscription in found.OrderBy(static one => one.Created))
        {
            var (told, why) = Tell(account, subscription, owner, askedAt);
            doubt ??= why;
            if (told is not null)
            {
                news.Add(told);
            }
        }

        if (known is null && owner is not null && news.Count > 0)
        {
            await accounts.KnowCustomerAsync(account, owner, customer, cancel);
        }

        return new(news, IsKnown: news.Count > 0 || doubt is not null) { Doubt = doubt };
    }

    /// <summary>An invoice, after the subscriptions that it may be the first to tell of.</summary>
    /// <inheritdoc cref="CustomerAsync"/>
    public async Task<ProviderTold> InvoiceAsync(StripeAccount account, string id, CancellationToken cancel)
    {
        var askedAt = await accounts.NowAsync(cancel);
        var found = await accounts.FetchAsync(account, $"/v1/invoices/{Uri.EscapeDataString(id)}", new StripeForm().Set("expand", ["payments"]), cancel);
        if (found is not { } json || StripeInvoice.Read(json) is not { Customer: { } customer } invoice
            || (invoice.Subscription ?? invoice.Metadata.GetValueOrDefault(SubscriptionField)) is not { } subscription)
        {
            return ProviderTold.Nothing;
        }

        var told = await CustomerAsync(account, customer, null, cancel);
        return told.News.OfType<SubscriptionNews>().FirstOrDefault(one => one.Reference == subscription) is { } known && Tell(invoice, known, askedAt) is { } news
            ? told with { News = [.. told.News, news] }
            : told;
    }

    /// <summary>The invoice that a payment paid which Tollgate did not ask for.</summary>
    /// <inheritdoc cref="CustomerAsync"/>
    public async Task<ProviderTold> InvoiceOfAsync(StripeAccount account, string payment, CancellationToken cancel)
    {
        var query = new StripeForm().Set("payment", new StripeForm().Set("type", "payment_intent").Set("payment_intent", payment));
        var list = await accounts.FetchAsync(account, "/v1/invoice_payments", query, cancel);
        return list?.Items("data").FirstOrDefault().Reference("invoice") is { } invoice ? await InvoiceAsync(account, invoice, cancel) : ProviderTold.Nothing;
    }

    /// <summary>
    /// Items of the invoice that Stripe has drafted for the next period; without one they wait for the next that is made. Where none will be made, it is made.
    /// </summary>
    /// <returns>Stripe's ids of the lines that it has now.</returns>
    public async Task<IReadOnlyDictionary<Guid, string>> BillAsync(StripeAccount account, ProviderBill bill, CancellationToken cancel)
    {
        var told = new Dictionary<Guid, string>();
        var found = await accounts.FetchAsync(
            account, $"/v1/subscriptions/{Uri.EscapeDataString(bill.Reference)}", new StripeForm().Set("expand", ["latest_invoice"]), cancel);
        if (found is not { } json || json.Reference("customer") is not { } customer)
        {
            return told;
        }

        // Keys are forgotten after a day, and the draft may be another by then: what was sent is looked for first.
        var lines = await KnownLinesAsync(account, customer, cancel);
        var draft = json.Child("latest_invoice") is { ValueKind: JsonValueKind.Object } latest && latest.Text("status") == "draft" ? latest.Text("id") : null;
        foreach (var line in bill.Lines)
        {
            var reference = lines.GetValueOrDefault(line.Id.ToString()) ?? await SendAsync(account, bill, line, (customer, draft), cancel);
            if (reference is null)
            {
                return told;
            }

            told[line.Id] = reference;
        }

        return !bill.IsOver || draft is not null || await CloseAsync(account, bill, customer, cancel) ? told : new();
    }

    private async Task<Dictionary<string, string>> KnownLinesAsync(StripeAccount account, string customer, CancellationToken cancel)
    {
        var known = new Dictionary<string, string>();
        await foreach (var one in accounts.ListAsync(account, "/v1/invoiceitems", () => new StripeForm().Set("customer", customer), MostPages, cancel))
        {
            if (one.Metadata().GetValueOrDefault(LineField) is { } line && one.Text("id") is { } id)
            {
                known[line] = id;
            }
        }

        return known;
    }

    private async Task<string?> SendAsync(
        StripeAccount account, ProviderBill bill, ProviderLine line, (string Customer, string? Draft) at, CancellationToken cancel)
    {
        if (StripeAmounts.ToStripe(line.Amount) is not { } amount)
        {
            return null;
        }

        var form = new StripeForm().Set("customer", at.Customer).Set("amount", amount).Set("currency", StripeAmounts.CodeOf(line.Amount.Currency))
            .Set("description", line.Description).Set("period", new StripeForm().Set("start", line.Period.Start).Set("end", line.Period.End))
            .Set("invoice", at.Draft).Set("subscription", at.Draft is null && !bill.IsOver ? bill.Reference : null)
            .Set("metadata", new StripeForm().Set(LineField, line.Id.ToString()).Set(SubscriptionField, bill.Reference).Set(StripePrices.ProjectField, account.Project.Code));
        var answer = await accounts.Client.PostAsync(account.Secret, "/v1/invoiceitems", form, $"{line.Id}-{at.Draft ?? "next"}", cancel);
        return answer.Outcome == StripeOutcome.Done ? answer.Body.Text("id") : null;
    }

    /// <summary>The last invoice of a subscription that is over.</summary>
    private async Task<bool> CloseAsync(StripeAccount account, ProviderBill bill, string customer, CancellationToken cancel)
    {
        var form = new StripeForm().Set("customer", customer).Set("auto_advance", true).Set("pending_invoice_items_behavior", "include")
            .Set("metadata", new StripeForm().Set(SubscriptionField, bill.Reference).Set(StripePrices.ProjectField, account.Project.Code));
        var answer = await accounts.Client.PostAsync(account.Secret, "/v1/invoices", form, $"last-{bill.Lines[0].Id}", cancel);
        return answer.Outcome == StripeOutcome.Done;
    }

    private static bool IsOfProject(StripeAccount account, IReadOnlyDictionary<string, string> metadata) =>
        metadata.GetValueOrDefault(StripePrices.ProjectField, account.Project.Code) == account.Project.Code;

    /// <summary>Whom the subscriptions themselves name.</summary>
    private async Task<string?> NamedOwnerAsync(StripeAccount account, List<StripeSubscription> found, CancellationToken cancel)
    {
        foreach (var one in found)
        {
            if (one.Metadata.GetValueOrDefault(StripeAccounts.CustomerField) is { Length: > 0 } named)
            {
                return named;
            }

            if (await accounts.SubscriberAsync(account.Project, FollowSubscription.IdOf(one.Id), cancel) is { } subscriber)
            {
                return subscriber;
            }
        }

        return null;
    }

    /// <summary>A subscription as it would be followed; null: it is none of the project's, or cannot be.</summary>
    internal SubscriptionNews? Read(StripeAccount account, StripeSubscription subscription, string? owner, Instant askedAt) =>
        IsOfProject(account, subscription.Metadata) ? Tell(account, subscription, owner, askedAt).News : null;

    /// <summary>What neither is for a plan nor of a customer here is somebody else's.</summary>
    private (SubscriptionNews? News, string? Doubt) Tell(StripeAccount account, StripeSubscription subscription, string? owner, Instant askedAt)
    {
        var catalog = account.Project.Catalog.Document;
        var sold = subscription.Item is { } item ? StripePrices.PlanOf(item, catalog, account.Project.Code, account.Credentials, variables.Read) : null;
        if (sold is not { } price)
        {
            return (null, owner is null ? null : $"No plan is sold by the price {subscription.Item?.Price} of {subscription.Id}: name it (price_<plan>), or let \"tollgate stripe sync\" make it.");
        }

        if (owner is null)
        {
            return (null, $"Nobody here is customer {subscription.Customer} of {subscription.Id}: tell it by metadata[{StripeAccounts.CustomerField}], or the checkout's client_reference_id.");
        }

        if (subscription.Item is not { Unit: { } each } || subscription is not { PeriodStart: { } start, PeriodEnd: { } end } || end <= start)
        {
            return (null, $"{subscription.Id} has no price of its own, or no period.");
        }

        var cancelAt = subscription.CancelAt ?? (subscription.CancelsAtPeriodEnd ? end : null);
        var ended = subscription.IsOver ? subscription.EndedAt ?? subscription.CanceledAt ?? start : (Instant?)null;
        return (
            new(
                owner, subscription.Id, price.Plan, price.Interval, subscription.Item.Quantity, each, subscription.State, new(start, end),
                subscription.Started ?? subscription.Created ?? start, subscription.State == Core.Subscriptions.SubscriptionStatus.Trialing ? start : subscription.Anchor ?? start,
                subscription.TrialEnd, ended is null ? cancelAt : null, ended, subscription.Reason, askedAt),
            null);
    }

    private static InvoiceNews? Tell(StripeInvoice invoice, SubscriptionNews of, Instant askedAt) =>
        invoice is { Total: { } total, Paid: { } paid, Created: { } created } && Enum.TryParse<ProviderInvoiceStatus>(invoice.Status, ignoreCase: true, out var status)
            ? new(
                of.Customer, invoice.Id, of.Reference, invoice.Number, status, total, invoice.Tax ?? new(0, total.Currency), paid, invoice.PaymentIntent,
                invoice.Attempts > 0 && status is ProviderInvoiceStatus.Open or ProviderInvoiceStatus.Uncollectible && total.Minor > 0, invoice.Url, created, invoice.PaidAt,
                invoice.Lines, askedAt)
            : null;
}
