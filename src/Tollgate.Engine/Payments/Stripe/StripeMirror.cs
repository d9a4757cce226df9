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

    /// <summary>The reference of a line that is too small to be moved.</summary>
    private const string NothingToAsk = "none";

    /// <summary>Of 100.</summary>
    private const int MostPages = 10;

    /// <summary>
    /// A key of another account, or of the other mode, sees nothing of what its events tell; with the right one they can be read again.
    /// </summary>
    internal static ParsedEvent Missing(string id) =>
        ParsedEvent.Unknown(
            $"Stripe knows no {id} by the project's key: is the key of the account, and of the mode, that sends the webhooks?");

    /// <param name="customer">Stripe's id.</param>
    /// <param name="about">The subscription that is asked about, and whose a checkout says that it is. Others are told of as well, without
    /// doubts.</param>
    /// <returns>All subscriptions of the customer, in the order of their making.</returns>
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
            var (told, why) = Tell(account, subscription, owner, askedAt);
            doubt ??= isMeant ? why : null;
            if (told is null)
            {
                continue;
            }

            updates.Add(told);
            if (known is null && NamedBy(subscription) is { } named)
            {
                // Only who has the keys can write metadata. A checkout's reference may stand in a link, and is the word of whoever clicked.
                await accounts.KnowCustomerAsync(account, named, customer, cancel);
                known = named;
            }
        }

        return new(updates, IsKnown: updates.Count > 0 || doubt is not null)
        {
            Unresolved = doubt, Subscription = about.Subscription,
        };
    }

    /// <summary>Stripe keeps the ids of customers who were deleted, and says so of them.</summary>
    private async Task<bool> IsDeletedAsync(StripeAccount account, string customer, CancellationToken cancel) =>
        (await accounts.FetchAsync(account, $"/v1/customers/{Uri.EscapeDataString(customer)}", null, cancel))?.Flag("deleted") == true;

    /// <summary>An invoice, after the subscriptions that it may be the first to tell of.</summary>
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

        var told = await CustomerAsync(account, customer, (subscription, null), cancel);
        return told.Updates.OfType<SubscriptionUpdate>().FirstOrDefault(one => one.Reference == subscription) is { } known
            && Tell(invoice, known, askedAt) is { } update
            ? told with { Updates = [.. told.Updates, update] }
            : told;
    }

    /// <summary>The invoice that a payment paid which Tollgate did not ask for.</summary>
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
    /// Items of the invoice that Stripe has drafted for the next period; without one they wait for it here. Of a subscription that is over
    /// an invoice is made.
    /// </summary>
    /// <returns>Stripe's ids of the lines that it has now.</returns>
    public async Task<IReadOnlyDictionary<Guid, string>> BillAsync(StripeAccount account, ProviderBill bill, CancellationToken cancel)
    {
        var told = new Dictionary<Guid, string>();
        var found = await accounts.FetchAsync(
            account, $"/v1/subscriptions/{Uri.EscapeDataString(bill.Reference)}", new StripeForm().Set("expand", ["latest_invoice"]),
            cancel);
        if (found is not { } subscription || subscription.Reference("customer") is not { } customer)
        {
            return told;
        }

        // Keys are forgotten after a day, and the draft may be another by then: what was sent is looked for first.
        var known = await KnownLinesAsync(account, customer, cancel);
        var missing = bill.Lines.Where(line => StripeAmounts.Nearest(line.Amount) != 0 && !known.ContainsKey(line.Id.ToString())).ToList();
        var draft = bill.IsOver ? await LastInvoiceAsync(account, bill, subscription, missing, cancel) : DraftOf(subscription);
        foreach (var line in bill.Lines)
        {
            var reference = !missing.Contains(line) ? known.GetValueOrDefault(line.Id.ToString(), NothingToAsk)
                : draft is null ? null : await SendAsync(account, bill, line, (customer, draft), cancel);
            if (reference is not null)
            {
                told[line.Id] = reference;
            }
        }

        return bill.IsOver && draft is not null && !await FinishAsync(account, draft, cancel) ? new() : told;
    }

    /// <summary>One that Stripe finishes by itself.</summary>
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

    /// <returns>Stripe's id; null: it has none.</returns>
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
    /// The invoice of a subscription that is over: the draft that was made for it, or a new one where there is something to ask for. As the
    /// subscription was paid, so is it.
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

    /// <summary>A subscription as it would be followed, or why it cannot be; neither: it is none of the project's.</summary>
    /// <param name="known">Whom its customer at Stripe is known as.</param>
    internal async Task<(SubscriptionUpdate? Updates, Unresolved? Doubt)> ReadAsync(
        StripeAccount account, StripeSubscription subscription, string? known, Instant askedAt, CancellationToken cancel) =>
        IsOfProject(account, subscription.Metadata)
            ? Tell(account, subscription, await OwnerOfAsync(account, subscription, cancel) ?? known, askedAt)
            : default;

    /// <summary>Of a subscription, what is its plan's.</summary>
    internal StripeItem? ItemOf(StripeAccount account, StripeSubscription subscription) => SoldAs(account, subscription).Item;

    /// <summary>Whom it names itself, else who has it here.</summary>
    private async Task<string?> OwnerOfAsync(StripeAccount account, StripeSubscription subscription, CancellationToken cancel) =>
        NamedBy(subscription) ?? await accounts.SubscriberAsync(account.Project, ProviderReference.IdOf(subscription.Id), cancel);

    /// <summary>What neither is for a plan nor of a customer here is somebody else's.</summary>
    private (SubscriptionUpdate? Updates, Unresolved? Doubt) Tell(StripeAccount account, StripeSubscription subscription,
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

        // Before the first whole period the anchor is still to come.
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

    /// <summary>The first item whose price is a plan's, and the plan. Without one: that which would be.</summary>
    private (StripeItem? Item, SubscribedPrice? Price) SoldAs(StripeAccount account, StripeSubscription subscription)
    {
        var catalog = account.Project.Catalog.Document;
        foreach (var item in subscription.Items.Where(static item => !item.IsMetered))
        {
            if (item.Unit is { } each
                && StripePrices.PlanOf(item, catalog, account.Project.Code, account.Credentials, variables.Read) is var (plan, interval))
            {
                return (item, new(plan, interval, Math.Max(1, item.Quantity), each));
            }
        }

        return (subscription.Item, null);
    }

    private static InvoiceUpdate? Tell(StripeInvoice invoice, SubscriptionUpdate of, Instant askedAt) =>
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
