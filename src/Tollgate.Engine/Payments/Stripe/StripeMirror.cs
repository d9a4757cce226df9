using System.Text.Json;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Stripe;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Invoicing;

namespace Tollgate.Engine.Payments.Stripe;

/// <summary>
/// Reads the subscriptions that Stripe manages, with their invoices, and sends Stripe the usage to invoice with them. It always loads all
/// subscriptions of a customer, so that an ended one never blocks the next.
/// </summary>
public sealed class StripeMirror(StripeAccounts accounts, StripeVariables variables)
{
    public const string SubscriptionField = "tollgate_subscription";
    public const string LineField = "tollgate_line";

    /// <summary>The reference of a line whose amount is too small for Stripe.</summary>
    private const string NothingToAsk = "none";

    /// <summary>Pages of 100.</summary>
    private const int MostPages = 10;

    /// <summary>
    /// A key of another account, or of the other mode, cannot see the objects of its events; with the right key they can be read later.
    /// </summary>
    internal static ParsedEvent Missing(string id) =>
        ParsedEvent.Unknown(
            $"Stripe knows no {id} by the project's key: does the key belong to the account and the mode that send the webhooks?");

    /// <param name="customer">Stripe's id.</param>
    /// <param name="about">The subscription in question, and its owner according to a checkout. Other subscriptions are reported too,
    /// without reasons for failures.</param>
    /// <returns>All subscriptions of the customer, oldest first.</returns>
    /// <exception cref="ProviderSilentException">Stripe did not answer.</exception>
    public async Task<ParsedEvent> CustomerAsync(
        StripeAccount account, string customer, (string? Subscription, string? Owner) about, CancellationToken cancel)
    {
        var askedAt = await accounts.NowAsync(cancel);
        var (found, isThere) = (new List<StripeSubscription>(), about.Subscription is null);
        await foreach (var one in accounts.ListAsync(
            account, "/v1/subscriptions", () => new StripeForm().Set("customer", customer).Set("status", "all"), MostPages, cancel))
        {
            isThere |= one.Text("id") == about.Subscription;
            if (StripeSubscription.Read(one) is { } subscription && IsOfProject(account, subscription.Metadata))
            {
                found.Insert(0, subscription);
            }
        }

        if (!isThere && found.Count == 0)
        {
            return await IsDeletedAsync(account, customer, cancel) ? ParsedEvent.Nothing : Missing(about.Subscription!);
        }

        var known = await accounts.OwnerOfAsync(account.Project, customer, cancel);
        var (updates, doubt) = (new List<ProviderUpdate>(), (Unresolved?)null);
        foreach (var subscription in found.OrderBy(static one => one.Created))
        {
            var isMeant = subscription.Id == about.Subscription;
            var owner = await OwnerOfAsync(account, subscription, cancel) ?? known ?? (isMeant ? about.Owner : null);
            var (state, why) = UpdateOf(account, subscription, owner, askedAt);
            doubt ??= isMeant ? why : null;
            if (state is null)
            {
                continue;
            }

            updates.Add(state);
            if (known is null && NamedBy(subscription) is { } named)
            {
                // Only an owner of the keys can write metadata. A checkout's reference may come from a link, so anyone can set it.
                await accounts.KnowCustomerAsync(account, named, customer, cancel);
                known = named;
            }
        }

        return new(updates, IsKnown: updates.Count > 0 || doubt is not null)
        {
            Unresolved = doubt, Subscription = about.Subscription,
        };
    }

    /// <summary>Stripe keeps the ids of deleted customers and marks them as deleted.</summary>
    private async Task<bool> IsDeletedAsync(StripeAccount account, string customer, CancellationToken cancel) =>
        (await accounts.FetchAsync(account, $"/v1/customers/{Uri.EscapeDataString(customer)}", null, cancel))?.Flag("deleted") == true;

    /// <summary>Reads an invoice, after its subscriptions, because the invoice may be the first report of one.</summary>
    /// <inheritdoc cref="CustomerAsync"/>
    public async Task<ParsedEvent> InvoiceAsync(StripeAccount account, string id, CancellationToken cancel)
    {
        var askedAt = await accounts.NowAsync(cancel);
        var found = await accounts.FetchAsync(
            account, $"/v1/invoices/{Uri.EscapeDataString(id)}", new StripeForm().Set("expand", ["payments"]), cancel);
        if (found is not { } json)
        {
            return Missing(id);
        }

        if (StripeInvoice.Read(json) is not { Customer: { } customer } invoice
            || (invoice.Subscription ?? invoice.Metadata.GetValueOrDefault(SubscriptionField)) is not { } subscription)
        {
            return ParsedEvent.Nothing;
        }

        var parsed = await CustomerAsync(account, customer, (subscription, null), cancel);
        return parsed.Updates.OfType<SubscriptionUpdate>().FirstOrDefault(one => one.Reference == subscription) is { } known
            && UpdateOf(invoice, known, askedAt) is { } update
            ? parsed with { Updates = [.. parsed.Updates, update] }
            : parsed;
    }

    /// <summary>Reads the invoice of a payment that Tollgate did not request.</summary>
    /// <inheritdoc cref="CustomerAsync"/>
    public async Task<ParsedEvent> InvoiceOfAsync(StripeAccount account, string payment, CancellationToken cancel)
    {
        var query = new StripeForm().Set("payment", new StripeForm().Set("type", "payment_intent").Set("payment_intent", payment));
        var list = await accounts.FetchAsync(account, "/v1/invoice_payments", query, cancel);
        return list?.Items("data").FirstOrDefault().Reference("invoice") is { } invoice
            ? await InvoiceAsync(account, invoice, cancel)
            : ParsedEvent.Nothing;
    }

    /// <summary>
    /// Adds lines to the invoice that Stripe has drafted for the next period; without a draft they wait here. For an ended subscription it
    /// makes an invoice.
    /// </summary>
    /// <returns>Stripe's ids of the lines that it has now.</returns>
    public async Task<IReadOnlyDictionary<Guid, string>> BillAsync(StripeAccount account, ProviderBill bill, CancellationToken cancel)
    {
        var references = new Dictionary<Guid, string>();
        var found = await accounts.FetchAsync(
            account, $"/v1/subscriptions/{Uri.EscapeDataString(bill.Reference)}", new StripeForm().Set("expand", ["latest_invoice"]),
            cancel);
        if (found is not { } subscription || subscription.Reference("customer") is not { } customer)
        {
            return references;
        }

        // Stripe forgets keys after a day, and the draft may be another one by then: this first searches lines that were already sent.
        var known = await KnownLinesAsync(account, customer, cancel);
        var missing = bill.Lines.Where(line => StripeAmounts.Nearest(line.Amount) != 0 && !known.ContainsKey(line.Id.ToString())).ToList();
        var draft = bill.IsOver ? await LastInvoiceAsync(account, bill, subscription, missing, cancel) : DraftOf(subscription);
        foreach (var line in bill.Lines)
        {
            var reference = !missing.Contains(line) ? known.GetValueOrDefault(line.Id.ToString(), NothingToAsk)
                : draft is null ? null : await SendAsync(account, bill, line, (customer, draft), cancel);
            if (reference is not null)
            {
                references[line.Id] = reference;
            }
        }

        return bill.IsOver && draft is not null && !await FinishAsync(account, draft, cancel) ? new() : references;
    }

    /// <summary>Returns a draft that Stripe finalises automatically.</summary>
    private static string? DraftOf(JsonElement subscription) =>
        subscription.Child("latest_invoice") is { ValueKind: JsonValueKind.Object } latest && latest.Text("status") == "draft"
            && latest.Flag("auto_advance") ? latest.Text("id") : null;

    private async Task<Dictionary<string, string>> KnownLinesAsync(StripeAccount account, string customer, CancellationToken cancel)
    {
        var known = new Dictionary<string, string>();
        await foreach (var one in accounts.ListAsync(
            account, "/v1/invoiceitems", () => new StripeForm().Set("customer", customer), MostPages, cancel))
        {
            if (one.Metadata().GetValueOrDefault(LineField) is { } line && one.Text("id") is { } id)
            {
                known[line] = id;
            }
        }

        return known;
    }

    /// <returns>Stripe's id; null: Stripe did not accept the line, or did not answer.</returns>
    private async Task<string?> SendAsync(
        StripeAccount account, ProviderBill bill, ProviderLine line, (string Customer, string Draft) at, CancellationToken cancel)
    {
        var form = new StripeForm().Set("customer", at.Customer).Set("invoice", at.Draft).Set("amount", StripeAmounts.Nearest(line.Amount))
            .Set("currency", StripeAmounts.CodeOf(line.Amount.Currency)).Set("description", line.Description).Set("discountable", true)
            .Set("period", new StripeForm().Set("start", line.Period.Start).Set("end", line.Period.End))
            .Set("metadata", Marks(account, bill).Set(LineField, line.Id.ToString()));
        var answer = await accounts.Client.PostAsync(account.Secret, "/v1/invoiceitems", form, $"{line.Id}-{at.Draft}", cancel);
        return answer.Outcome == StripeOutcome.Done ? answer.Body.Text("id") : null;
    }

    /// <summary>
    /// Returns the invoice of an ended subscription: the draft that was made for it, or a new one if there is something to bill. It is
    /// collected in the same way as the subscription's invoices.
    /// </summary>
    private async Task<string?> LastInvoiceAsync(
        StripeAccount account, ProviderBill bill, JsonElement subscription, List<ProviderLine> missing, CancellationToken cancel)
    {
        var customer = subscription.Reference("customer");
        await foreach (var one in accounts.ListAsync(
            account, "/v1/invoices", () => new StripeForm().Set("customer", customer).Set("status", "draft"), MostPages, cancel))
        {
            if (one.Metadata().GetValueOrDefault(SubscriptionField) == bill.Reference)
            {
                return one.Text("id");
            }
        }

        if (missing.Count == 0)
        {
            return null;
        }

        var way = subscription.Text("collection_method");
        var form = new StripeForm().Set("customer", customer).Set("currency", StripeAmounts.CodeOf(missing[0].Amount.Currency))
            .Set("auto_advance", false)
            .Set("pending_invoice_items_behavior", "exclude")
            .Set("default_payment_method", subscription.Reference("default_payment_method"))
            .Set("collection_method", way).Set("days_until_due", way == "send_invoice" ? subscription.Number("days_until_due") : null)
            .Set("metadata", Marks(account, bill));
        form = subscription.Child("automatic_tax")?.Flag("enabled") == true
            ? form.Set("automatic_tax", new StripeForm().Set("enabled", true))
            : form;
        string[] rates = [.. subscription.Items("default_tax_rates").Select(static rate => rate.Text("id")).OfType<string>()];
        form = rates.Length > 0 ? form.Set("default_tax_rates", rates) : form;
        var answer = await accounts.Client.PostAsync(account.Secret, "/v1/invoices", form, $"last-{missing[0].Id}", cancel);
        return answer.Outcome == StripeOutcome.Done ? answer.Body.Text("id") : null;
    }

    private async Task<bool> FinishAsync(StripeAccount account, string draft, CancellationToken cancel) =>
        (await accounts.Client.PostAsync(
            account.Secret, $"/v1/invoices/{Uri.EscapeDataString(draft)}", new StripeForm().Set("auto_advance", true), null,
            cancel)).Outcome == StripeOutcome.Done;

    private static StripeForm Marks(StripeAccount account, ProviderBill bill) =>
        new StripeForm().Set(SubscriptionField, bill.Reference).Set(StripePrices.ProjectField, account.Project.Code);

    private static bool IsOfProject(StripeAccount account, IReadOnlyDictionary<string, string> metadata) =>
        metadata.GetValueOrDefault(StripePrices.ProjectField, account.Project.Code) == account.Project.Code;

    private static string? NamedBy(StripeSubscription subscription) =>
        subscription.Metadata.GetValueOrDefault(StripeAccounts.CustomerField) is { Length: > 0 } named ? named : null;

    /// <summary>Reads a subscription as an update, or the reason why it cannot be followed; neither: it is none of the project's.</summary>
    /// <param name="known">The customer that Tollgate maps to Stripe's customer.</param>
    internal async Task<(SubscriptionUpdate? Updates, Unresolved? Doubt)> ReadAsync(
        StripeAccount account, StripeSubscription subscription, string? known, Instant askedAt, CancellationToken cancel) =>
        IsOfProject(account, subscription.Metadata)
            ? UpdateOf(account, subscription, await OwnerOfAsync(account, subscription, cancel) ?? known, askedAt)
            : default;

    /// <summary>Returns the item of a subscription that belongs to its plan.</summary>
    internal StripeItem? ItemOf(StripeAccount account, StripeSubscription subscription) => SoldAs(account, subscription).Item;

    /// <summary>Returns the customer that the subscription's metadata names, else the one that has it in Tollgate.</summary>
    private async Task<string?> OwnerOfAsync(StripeAccount account, StripeSubscription subscription, CancellationToken cancel) =>
        NamedBy(subscription) ?? await accounts.SubscriberAsync(account.Project, ProviderReference.IdOf(subscription.Id), cancel);

    /// <summary>A subscription with neither a plan's price nor a known customer belongs to other business, and is ignored.</summary>
    private (SubscriptionUpdate? Updates, Unresolved? Doubt) UpdateOf(StripeAccount account, StripeSubscription subscription,
        string? owner, Instant askedAt)
    {
        var (item, price) = SoldAs(account, subscription);
        if (owner is null)
        {
            return (null,
                price is null
                    ? null
                    : Unresolved.OfNobody(
                        subscription.Id,
                        $"say whose {subscription.Customer} is by metadata[{StripeAccounts.CustomerField}], "
                            + "or the checkout's client_reference_id."));
        }

        var (start, end) = (item?.PeriodStart ?? subscription.PeriodStart, item?.PeriodEnd ?? subscription.PeriodEnd);
        if (start is not { } from || end is not { } to || to <= from)
        {
            return (null, new($"{subscription.Id} has no period."));
        }

        // Before the first whole period the anchor is in the future.
        var anchor = subscription.State == SubscriptionStatus.Trialing || subscription.Anchor > from ? from : subscription.Anchor ?? from;
        var cancelAt = subscription.CancelAt ?? (subscription.CancelsAtPeriodEnd ? to : null);
        var ended = subscription.IsOver ? subscription.EndedAt ?? subscription.CanceledAt ?? from : (Instant?)null;
        return (
            new(
                owner, subscription.Id, price, subscription.State, new(from, to), subscription.Started ?? subscription.Created ?? from,
                anchor, subscription.TrialEnd,
                ended is null ? cancelAt : null, ended, subscription.Reason, askedAt) { ConvertsTrial = !subscription.NeedsMethod },
            null);
    }

    /// <summary>Returns the first item whose price belongs to a plan, and the plan. Without one: its main item, and null.</summary>
    private (StripeItem? Item, SubscribedPrice? Price) SoldAs(StripeAccount account, StripeSubscription subscription)
    {
        var catalog = account.Project.Catalog.Document;
        foreach (var item in subscription.Items.Where(static item => !item.IsMetered))
        {
            if (item.Unit is { } each
                && StripePrices.PlanOf(item, catalog, account.Project.Code, account.Credentials, variables.Read) is var (plan, interval))
            {
                return (item, new(plan, interval, Math.Max(1, item.Quantity), each) { Reference = item.Price });
            }
        }

        return (subscription.Item, null);
    }

    private static InvoiceUpdate? UpdateOf(StripeInvoice invoice, SubscriptionUpdate of, Instant askedAt) =>
        invoice is { Total: { } total, Paid: { } paid, Created: { } created }
            && Enum.TryParse<ProviderInvoiceStatus>(invoice.Status, ignoreCase: true, out var status)
            ? new(
                of.Customer, invoice.Id, of.Reference, invoice.Number, status, total, invoice.Tax ?? new(0, total.Currency), paid,
                invoice.PaymentIntent,
                invoice.Attempts > 0 && status is ProviderInvoiceStatus.Open or ProviderInvoiceStatus.Uncollectible && total.Minor > 0,
                invoice.Url, created, invoice.PaidAt,
                invoice.Lines, askedAt)
            : null;
}
