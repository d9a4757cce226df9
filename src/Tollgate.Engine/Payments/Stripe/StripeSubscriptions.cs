using System.Text.Json;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Stripe;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;

namespace Tollgate.Engine.Payments.Stripe;

/// <summary>
/// Begins and changes subscriptions that Stripe manages. Each call has an idempotency key of its own, under which it is retried; then the
/// subscription is read again, which shows the effect of a call whose answer was lost. A repeat of the same request changes nothing at
/// Stripe, so no key has to outlive a call, and a customer can replace a declined card immediately (Stripe would answer an old key with the
/// old refusal for a day).
/// </summary>
public sealed class StripeSubscriptions(
    StripeAccounts accounts, StripeMirror mirror, StripeEvents events, StripeVariables variables, Clock clock) : ISubscriptionBackend
{
    public const string CheckoutField = "tollgate_checkout";

    /// <summary>Stripe's limits for an open page, less a margin for the request.</summary>
    private static readonly (TimeSpan Least, TimeSpan Most) PageLife =
        (TimeSpan.FromMinutes(31), TimeSpan.FromHours(24) - TimeSpan.FromMinutes(1));

    private static readonly BackendAnswer NoKeys = BackendAnswer.Impossible(
        "The project no longer has Stripe keys. Set them with PUT /v1/payment-settings.");

    public PaymentProvider Name => PaymentProvider.Stripe;

    public Task<BackendAnswer> OpenPageAsync(ProjectSnapshot project, ProviderManagedCheckout order, CancellationToken cancel) =>
        SafelyAsync(project, async account =>
    {
        var (price, fault) = await PriceAsync(account, order.Terms, cancel);
        if (price is null)
        {
            return BackendAnswer.Impossible(fault!);
        }

        if (order.Coupon is { } coupon && await CouponAsync(account, coupon, cancel) is { } refused)
        {
            return refused;
        }

        if (await accounts.CustomerAsync(account, order.Customer, cancel) is not { } customer)
        {
            return BackendAnswer.Silent;
        }

        var marks = new StripeForm().Set(StripeAccounts.CustomerField, order.Customer.Id).Set(StripePrices.ProjectField, project.Code)
            .Set(StripePrices.PlanField, order.Terms.Plan.Code).Set(CheckoutField, order.Key.ToString());
        var form = new StripeForm().Set("mode", "subscription").Set("customer", customer).Set("client_reference_id", order.Customer.Id)
            .Set("line_items", [new StripeForm().Set("price", price).Set("quantity", order.Terms.Quantity)])
            .Set("success_url", order.SuccessUrl.OriginalString).Set("cancel_url", order.CancelUrl.OriginalString)
            .Set("expires_at", Within(order.ExpiresAt))
            .Set("discounts", OffOf(project, order.Coupon))
            .Set("metadata", marks)
            .Set("subscription_data",
                new StripeForm().Set("trial_period_days", order.TrialDays > 0 ? order.TrialDays : (long?)null).Set("metadata", marks));
        var answer = await accounts.Client.PostAsync(account.Secret, "/v1/checkout/sessions", form, order.Key.ToString(), cancel);
        return answer switch
        {
            { Outcome: StripeOutcome.Done } when StripeCheckout.Read(answer.Body) is { Url: { } url } session =>
                new(BackendOutcome.Done) { Page = new(session.Id, new(url)) },
            { Error: { IsOfKey: false } error } => BackendAnswer.Impossible($"Stripe created no page: {error.Message}"),
            _ => BackendAnswer.Silent,
        };
    });

    public Task<BackendAnswer> ClosePageAsync(ProjectSnapshot project, string reference, CancellationToken cancel) =>
        SafelyAsync(project, async account =>
    {
        // A page that Stripe refuses to close has already ended; its end is read.
        var answer = await accounts.Client.PostAsync(
            account.Secret, $"/v1/checkout/sessions/{Uri.EscapeDataString(reference)}/expire", new(), null, cancel);
        return answer.Outcome == StripeOutcome.NoAnswer || answer.Error is { IsOfKey: true }
            ? BackendAnswer.Silent
            : new(BackendOutcome.Done) { Updates = (await events.CheckoutAsync(account, reference, cancel)).Updates };
    });

    public Task<BackendAnswer> ChangeAsync(
        ProjectSnapshot project, SubscriptionRow row, SubscriptionTerms terms, Proration proration, CancellationToken cancel) =>
        OnItemAsync(
            project, row, (terms, proration), (account, item, price) => DoAsync(
                account, row, StripeChanges.Change(item, price, terms.Quantity, proration),
                now => now.Items.Any(one => one.Id == item && one.Price == price && one.Quantity == terms.Quantity), cancel), cancel);

    public Task<BackendAnswer> CancelAsync(ProjectSnapshot project, SubscriptionRow row, CancelOrder order, CancellationToken cancel) =>
        SafelyAsync(project, account =>
    {
        var why = StripeChanges.WhyOf(order.Reason, order.Comment);
        if (order is { When: not ChangeTime.Now, GivesBack: false })
        {
            var form = new StripeForm().Set("cancel_at_period_end", true).Set("cancellation_details", why);
            return DoAsync(account, row, form, static now => now.CancelsAtPeriodEnd || now.CancelAt is not null, cancel);
        }

        var end = new StripeForm().Set("prorate", order.GivesBack ? true : null).Set("invoice_now", order.GivesBack ? true : null)
            .Set("cancellation_details", why);
        return DoAsync(
            account, row, () => accounts.Client.DeleteAsync(account.Secret, PathOf(row), end, cancel), static now => now.IsOver, cancel);
    });

    public Task<BackendAnswer> UncancelAsync(ProjectSnapshot project, SubscriptionRow row, CancellationToken cancel) =>
        SafelyAsync(project, account =>
        UncancelAsync(account, row, cancel));

    /// <summary>Stripe resets an end at a set day in another way than an end with the period.</summary>
    private async Task<BackendAnswer> UncancelAsync(StripeAccount account, SubscriptionRow row, CancellationToken cancel)
    {
        var isOfDay = await ReadAsync(account, row, cancel) is { CancelsAtPeriodEnd: false, CancelAt: not null };
        var form = isOfDay ? new StripeForm().Set("cancel_at", "") : new StripeForm().Set("cancel_at_period_end", false);
        return await DoAsync(account, row, form, static now => now is { CancelsAtPeriodEnd: false, CancelAt: null }, cancel);
    }

    public Task<BackendAnswer> RedeemAsync(ProjectSnapshot project, SubscriptionRow row, Coupon coupon, CancellationToken cancel) =>
        SafelyAsync(project, async account =>
    {
        if (await CouponAsync(account, coupon, cancel) is { } refused)
        {
            return refused;
        }

        var (held, id) = (await DiscountsAsync(account, row, cancel), StripeCoupons.IdOf(project.Code, coupon.Code));
        return held.Any(one => one.Coupon == id)
            ? await ReadStateAsync(account, row, cancel)
            : await DoAsync(
                account, row,
                new StripeForm().Set("discounts", (IReadOnlyList<StripeForm>)[.. held.Select(Keeping), new StripeForm().Set("coupon", id)]),
                async () => (await DiscountsAsync(account, row, cancel)).Any(one => one.Coupon == id), cancel);
    });

    public Task<BackendAnswer> EndCouponAsync(ProjectSnapshot project, SubscriptionRow row, string code, CancellationToken cancel) =>
        SafelyAsync(project, async account =>
    {
        var (held, id) = (await DiscountsAsync(account, row, cancel), StripeCoupons.IdOf(project.Code, code));
        var rest = held.Where(one => one.Coupon != id).ToList();
        if (rest.Count == held.Count)
        {
            return await ReadStateAsync(account, row, cancel);
        }

        var form = rest.Count == 0
            ? new StripeForm().Set("discounts", "")
            : new StripeForm().Set("discounts", (IReadOnlyList<StripeForm>)[.. rest.Select(Keeping)]);
        return await DoAsync(
            account, row, form, async () => (await DiscountsAsync(account, row, cancel)).All(one => one.Coupon != id), cancel);
    });

    public Task<BackendAnswer> PreviewAsync(
        ProjectSnapshot project, SubscriptionRow row, string customer, SubscriptionTerms? terms, Proration proration,
        CancellationToken cancel)
    {
        return terms is null
            ? SafelyAsync(
                project,
                async account =>
                    Looked(null, await ForeseeAsync(account, new StripeForm().Set("subscription", row.Reference), InvoiceKind.Renewal)))
            : OnItemAsync(
                project, row, (terms, proration), async (account, item, price) =>
                {
                    // A change without an invoice now appears in the preview of Stripe's next invoice.
                    var isAsked = (proration == Proration.Second || terms.Interval != row.Subscription.Terms.Interval)
                        && row.Subscription.Status != SubscriptionStatus.Trialing;
                    var seen = await ForeseeAsync(
                        account, StripeChanges.PreviewOfChange(row.Reference!, item, price, terms.Quantity, proration, null),
                        isAsked ? InvoiceKind.Change : InvoiceKind.Renewal);
                    return isAsked ? Looked(seen, null) : Looked(null, seen);
                }, cancel);

        Task<(Invoice?, BackendAnswer?)> ForeseeAsync(StripeAccount account, StripeForm form, InvoiceKind kind) =>
            PreviewAsync(account, row, customer, form, kind, cancel);

        static BackendAnswer Looked((Invoice?, BackendAnswer?)? now, (Invoice?, BackendAnswer?)? next) =>
            now?.Item2 ?? next?.Item2 ?? new(BackendOutcome.Done) { Invoice = now?.Item1, Next = next?.Item1 };
    }

    public Task<BackendAnswer> PreviewEndAsync(
        ProjectSnapshot project, SubscriptionRow row, string customer, bool givesBack, CancellationToken cancel) => SafelyAsync(
        project, async account =>
        {
            var (invoice, refused) = await PreviewAsync(account, row, customer, StripeChanges.PreviewOfEnd(row.Reference!, givesBack),
                InvoiceKind.Final, cancel);
            return refused ?? new(BackendOutcome.Done) { Invoice = invoice };
        });

    public async Task<IReadOnlyDictionary<Guid, string>> BillAsync(ProjectSnapshot project, ProviderBill bill, CancellationToken cancel) =>
        accounts.Open(project) is { } account ? await mirror.BillAsync(account, bill, cancel) : new Dictionary<Guid, string>();

    private async Task<(Invoice? Invoice, BackendAnswer? Refused)> PreviewAsync(
        StripeAccount account, SubscriptionRow row, string customer, StripeForm form, InvoiceKind kind, CancellationToken cancel)
    {
        var answer = await accounts.Client.PostAsync(account.Secret, "/v1/invoices/create_preview", form, null, cancel);
        var now = clock.Now(account.Project);
        return answer switch
        {
            { Outcome: StripeOutcome.Done }
                when StripeChanges.Foreseen(
                    answer.Body, row.Subscription, customer, (Guid.CreateVersion7(now.ToOffset()), kind, now)) is { } invoice =>
                (invoice.Lines.Count == 0 ? null : invoice, null),
            { Error.Code: "invoice_upcoming_none" } => (null, null),
            { Error: { IsOfKey: false } error } => (null, BackendAnswer.Impossible($"Stripe refused the change: {error.Message}")),
            _ => (null, BackendAnswer.Silent),
        };
    }

    /// <summary>Runs work that needs an item of the subscription and a price.</summary>
    private Task<BackendAnswer> OnItemAsync(
        ProjectSnapshot project, SubscriptionRow row, (SubscriptionTerms Terms, Proration Proration) wanted,
        Func<StripeAccount, string, string, Task<BackendAnswer>> work,
        CancellationToken cancel) => SafelyAsync(project, async account =>
    {
        if (StripeChanges.BehaviorOf(wanted.Proration) is null)
        {
            return BackendAnswer.Impossible(
                $"Stripe prorates by the second or not at all, and not by '{CatalogWords.Of(wanted.Proration)}'.");
        }

        if (await ReadAsync(account, row, cancel) is not { } at || mirror.ItemOf(account, at) is not { } item)
        {
            return BackendAnswer.Impossible($"Stripe has no subscription {row.Reference} with an item that could be changed.");
        }

        // A customer with an old price keeps it as long as plan and interval do not change.
        var (held, next) = (row.Subscription.Terms, wanted.Terms);
        var isSame = (held.Plan.Code, held.Interval) == (next.Plan.Code, next.Interval) && next.Price?.Seats is null;
        var (price, fault) = isSame ? (item.Price, null) : await PriceAsync(account, next, cancel);
        return price is null ? BackendAnswer.Impossible(fault!) : await work(account, item.Id, price);
    });

    private Task<BackendAnswer> DoAsync(
        StripeAccount account, SubscriptionRow row, StripeForm form, Func<StripeSubscription, bool> isDone, CancellationToken cancel) =>
        DoAsync(account, row, () => PostAsync(account, row, form), isDone, cancel);

    private Task<BackendAnswer> DoAsync(
        StripeAccount account, SubscriptionRow row, StripeForm form, Func<Task<bool>> isDone, CancellationToken cancel) =>
        DoAsync(account, row, () => PostAsync(account, row, form), isDone, cancel);

    private Task<BackendAnswer> DoAsync(
        StripeAccount account, SubscriptionRow row, Func<Task<StripeAnswer>> ask, Func<StripeSubscription, bool> isDone,
        CancellationToken cancel) =>
        DoAsync(account, row, ask, async () => await ReadAsync(account, row, cancel) is { } now && isDone(now), cancel);

    /// <summary>Once begun, the call continues when the caller leaves.</summary>
    private Task<StripeAnswer> PostAsync(StripeAccount account, SubscriptionRow row, StripeForm form) =>
        accounts.Client.PostAsync(account.Secret, PathOf(row), form, Guid.CreateVersion7().ToString(), CancellationToken.None);

    private async Task<BackendAnswer> DoAsync(
        StripeAccount account, SubscriptionRow row, Func<Task<StripeAnswer>> ask, Func<Task<bool>> isDone, CancellationToken cancel)
    {
        var answer = await ask();
        if (answer is { Outcome: StripeOutcome.Refused, Error: { } error })
        {
            // A subscription that was canceled meanwhile, or by the call whose answer was lost, counts as canceled.
            return StripeRules.FailureOf(error) is { } failure ? new(BackendOutcome.Declined, error.Message, failure)
                : error.IsOfKey ? BackendAnswer.Silent
                : error.IsMissing && await isDone() ? await ReadStateAsync(account, row, cancel)
                : error.IsMissing && await ReadAsync(account, row, cancel) is null
                ? new(BackendOutcome.Missing, $"Stripe has no subscription {row.Reference}.")
                : BackendAnswer.Impossible($"Stripe refused the change: {error.Message}");
        }

        return answer.Outcome == StripeOutcome.Done || await isDone() ? await ReadStateAsync(account, row, cancel) : BackendAnswer.Silent;
    }

    /// <summary>Reads Stripe's present state, with the newest invoice.</summary>
    private async Task<BackendAnswer> ReadStateAsync(StripeAccount account, SubscriptionRow row, CancellationToken cancel)
    {
        if (await ReadAsync(account, row, cancel) is not { Customer: { } customer } now)
        {
            return BackendAnswer.Silent;
        }

        var parsed = now.LatestInvoice is { } invoice ? await mirror.InvoiceAsync(account, invoice, cancel) : ParsedEvent.Nothing;
        parsed = parsed.Updates.Count > 0 ? parsed : await mirror.CustomerAsync(account, customer, (now.Id, null), cancel);
        return new(BackendOutcome.Done, parsed.Unresolved?.Reason) { Updates = parsed.Updates };
    }

    private async Task<StripeSubscription?> ReadAsync(StripeAccount account, SubscriptionRow row, CancellationToken cancel) =>
        await accounts.FetchAsync(account, PathOf(row), null, cancel) is { } json ? StripeSubscription.Read(json) : null;

    private async Task<IReadOnlyList<(string Id, string? Coupon)>> DiscountsAsync(StripeAccount account, SubscriptionRow row,
        CancellationToken cancel)
    {
        var found = await accounts.FetchAsync(account, PathOf(row), new StripeForm().Set("expand", ["discounts"]), cancel);
        return [.. (found?.Items("discounts") ?? []).Where(static one => one.Text("id") is not null)
            .Select(static one => (one.Text("id")!, StripeCoupons.CouponOf(one)))];
    }

    private static IReadOnlyList<StripeForm> OffOf(ProjectSnapshot project, Coupon? coupon) =>
        coupon is null ? [] : [new StripeForm().Set("coupon", StripeCoupons.IdOf(project.Code, coupon.Code))];

    private static StripeForm Keeping((string Id, string? Coupon) held) => new StripeForm().Set("discount", held.Id);

    /// <summary>Returns Stripe's price for terms, or the reason why there is none.</summary>
    private async Task<(string? Price, string? Fault)> PriceAsync(StripeAccount account, SubscriptionTerms terms, CancellationToken cancel)
    {
        var name = $"{terms.Plan.Code} {CatalogWords.Of(terms.Interval)} {terms.Currency.Code}";
        if (terms.AddOns.Count > 0 || terms.Price?.Seats is not null || terms.CustomAmount is not null)
        {
            return (null,
                "A subscription that Stripe manages has its plan's price: no add-ons, no seats with a price of their own and no agreed "
                    + $"amount ({name}).");
        }

        var project = account.Project;
        var named = terms.Currency.Code == project.Currency
            ? StripePrices.Named(account.Credentials, variables.Read, terms.Plan.Code, terms.Interval)
            : null;
        if (named is not null)
        {
            return (named, null);
        }

        var key = StripePrices.LookupKey(project.Code, new(terms.Plan.Code, terms.Interval, terms.Currency.Code));
        var listed = await accounts.FetchAsync(
            account, "/v1/prices", new StripeForm().Set("lookup_keys", [key]).Set("active", true), cancel);
        return listed?.Items("data").Select(static one => one.Text("id")).FirstOrDefault() is { } found
            ? (found, null)
            : (null,
                $"Stripe has no price for {name}: make it with \"tollgate stripe sync\", or name it "
                    + $"({StripePrices.CredentialPrefix}{terms.Plan.Code}).");
    }

    /// <summary>Makes the coupon at Stripe if it is missing. Null: it exists with the same discount.</summary>
    private async Task<BackendAnswer?> CouponAsync(StripeAccount account, Coupon coupon, CancellationToken cancel)
    {
        if (StripeCoupons.FaultOf(coupon) is { } fault)
        {
            return BackendAnswer.Impossible($"Coupon '{coupon.Code}': {fault}");
        }

        var id = StripeCoupons.IdOf(account.Project.Code, coupon.Code);
        if (await accounts.FetchAsync(account, $"/v1/coupons/{Uri.EscapeDataString(id)}", null, cancel) is { } found)
        {
            return StripeCoupons.IsSame(found, coupon)
                ? null
                : BackendAnswer.Impossible($"Coupon {id} has other terms at Stripe, or is no longer valid there. Delete it there.");
        }

        var made = await accounts.Client.PostAsync(
            account.Secret, "/v1/coupons", StripeCoupons.FormOf(account.Project.Code, coupon), Guid.CreateVersion7().ToString(), cancel);
        return made switch
        {
            { Outcome: StripeOutcome.Done } or { Error.Code: "resource_already_exists" } => null,
            { Error: { IsOfKey: false } error } => BackendAnswer.Impossible($"Stripe did not create coupon {id}: {error.Message}"),
            _ => BackendAnswer.Silent,
        };
    }

    private async Task<BackendAnswer> SafelyAsync(ProjectSnapshot project, Func<StripeAccount, Task<BackendAnswer>> work)
    {
        try
        {
            return accounts.Open(project) is { } account ? await work(account) : NoKeys;
        }
        catch (ProviderSilentException)
        {
            return BackendAnswer.Silent;
        }
    }

    private static string PathOf(SubscriptionRow row) => $"/v1/subscriptions/{Uri.EscapeDataString(row.Reference!)}";

    private Instant Within(DateTimeOffset wanted)
    {
        var (now, end) = (clock.Now(), Instant.From(wanted));
        var (least, most) = (now.Plus(PageLife.Least), now.Plus(PageLife.Most));
        return end < least ? least : end > most ? most : end;
    }
}
