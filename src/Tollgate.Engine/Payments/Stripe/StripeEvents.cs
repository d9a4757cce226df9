using System.Text.Json;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Stripe;

namespace Tollgate.Engine.Payments.Stripe;

/// <summary>
/// Converts Stripe's events to updates. An event reports that something changed; Tollgate then fetches the present state, so that repeated,
/// disordered and old events lead to the same result. Disputes are not fetched: the event itself counts, because their end is final.
/// </summary>
public sealed class StripeEvents(StripeAccounts accounts, StripeMirror mirror)
{
    private const int MostPages = 10;

    /// <exception cref="ProviderSilentException">Stripe did not answer.</exception>
    public Task<ParsedEvent> ParseAsync(StripeAccount account, StripeEvent stripeEvent, CancellationToken cancel) =>
        stripeEvent.Type.Split('.') switch
    {
        ["payment_intent", ..] => PaymentAsync(account, stripeEvent.ObjectId!, cancel),
        ["checkout", "session", ..] => CheckoutAsync(account, stripeEvent.ObjectId!, cancel),
        ["charge", "refunded"] => RefundsAsync(account, StripeCharge.Read(stripeEvent.Object)?.PaymentIntent, cancel),
        ["refund", ..] => RefundsAsync(account, stripeEvent.Object.Reference("payment_intent"), cancel),
        ["charge", "dispute", ..] => DisputeAsync(account, stripeEvent, cancel),
        ["customer", "subscription", ..] when stripeEvent.Object.Reference("customer") is { } customer =>
            mirror.CustomerAsync(account, customer, (stripeEvent.ObjectId, null), cancel),
        ["invoice", "deleted"] => Task.FromResult(ParsedEvent.Nothing),
        ["invoice", ..] when stripeEvent.ObjectId is { } invoice => mirror.InvoiceAsync(account, invoice, cancel),
        _ => Task.FromResult(ParsedEvent.Nothing),
    };

    /// <summary>Returns the state of a payment intent.</summary>
    internal async Task<ParsedEvent> PaymentAsync(StripeAccount account, string id, CancellationToken cancel)
    {
        var found = await accounts.FetchAsync(
            account, $"/v1/payment_intents/{Uri.EscapeDataString(id)}", new StripeForm().Set("expand", ["payment_method"]), cancel);
        return found is not { } intent ? StripeMirror.Missing(id)
            : PaymentOf(intent) is { } update ? new([update, .. MethodOf(intent)])
            : ParsedEvent.Nothing;
    }

    /// <summary>Returns the result of a page.</summary>
    internal async Task<ParsedEvent> CheckoutAsync(StripeAccount account, string id, CancellationToken cancel)
    {
        var path = $"/v1/checkout/sessions/{Uri.EscapeDataString(id)}";
        if (await accounts.FetchAsync(
            account, path, new StripeForm().Set("expand", ["payment_intent.payment_method"]), cancel) is not { } found)
        {
            return StripeMirror.Missing(id);
        }

        if (StripeCheckout.Read(found) is not { } session)
        {
            return ParsedEvent.Nothing;
        }

        if (session.Mode == "subscription")
        {
            return await SubscribedAsync(account, session, cancel);
        }

        if (session.Mode != "payment" || KeyOf(session.Metadata, StripeProvider.PaymentField) is not { } key)
        {
            return ParsedEvent.Nothing;
        }

        if (session.Status == "expired")
        {
            return new([new PaymentUpdate(key, session.Id, PaymentFailure.Canceled)]);
        }

        return found.Child("payment_intent") is { ValueKind: JsonValueKind.Object } intent && PaymentOf(intent) is { } update
            ? new([update, .. MethodOf(intent)])
            : ParsedEvent.Nothing;
    }

    /// <summary>Returns the subscription that began on a page, and the checkout if it is one of ours.</summary>
    private async Task<ParsedEvent> SubscribedAsync(StripeAccount account, StripeCheckout session, CancellationToken cancel)
    {
        var parsed = session is { Status: "complete", Customer: { } customer }
            ? await mirror.CustomerAsync(account, customer, (session.Subscription, OwnerOf(session)), cancel)
            : ParsedEvent.Nothing;
        return session.Status is "complete" or "expired" && KeyOf(session.Metadata, StripeSubscriptions.CheckoutField) is { } checkout
            ? parsed with
            {
                Updates = [.. parsed.Updates, new CheckoutUpdate(checkout, session.Status == "complete" ? session.Subscription : null)],
                IsKnown = true,
            }
            : parsed;
    }

    private static string? OwnerOf(StripeCheckout session) =>
        new[] { session.Metadata.GetValueOrDefault(StripeAccounts.CustomerField),
            session.ClientReference }.FirstOrDefault(static one => !string.IsNullOrEmpty(one));

    /// <summary>Returns all refunds of a payment, oldest first.</summary>
    internal async Task<ParsedEvent> RefundsAsync(StripeAccount account, string? payment, CancellationToken cancel)
    {
        if (payment is null)
        {
            return ParsedEvent.Nothing;
        }

        var (isFollowed, before) = await PaidAsync(account, payment, cancel);
        if (!isFollowed)
        {
            return before;
        }

        var update = new List<ProviderUpdate>();
        await foreach (var one in accounts.ListAsync(
            account, "/v1/refunds", () => new StripeForm().Set("payment_intent", payment), MostPages, cancel))
        {
            if (one.Text("id") is { } id && StripeAmounts.FromStripe(one.Number("amount"), one.Text("currency")) is { } amount)
            {
                update.Insert(0, new RefundUpdate(
                    KeyOf(one.Metadata(), StripeProvider.RefundField), payment, id, amount, one.Text("status") is "failed" or "canceled",
                    one.Text("reason")));
            }
        }

        return before with { Updates = [.. before.Updates, .. update], IsKnown = true };
    }

    /// <summary>
    /// Returns whether Tollgate follows a payment: Tollgate requested it, or it paid an invoice of Stripe's own, which is then reported
    /// first.
    /// </summary>
    private async Task<(bool IsFollowed, ParsedEvent Before)> PaidAsync(StripeAccount account, string payment, CancellationToken cancel)
    {
        if (await accounts.FetchAsync(account, $"/v1/payment_intents/{Uri.EscapeDataString(payment)}", null, cancel) is not { } intent)
        {
            return (false, StripeMirror.Missing(payment));
        }

        if (KeyOf(intent.Metadata(), StripeProvider.PaymentField) is not null)
        {
            return (true, ParsedEvent.Nothing);
        }

        var parsed = await mirror.InvoiceOfAsync(account, payment, cancel);
        return (parsed.Updates.OfType<InvoiceUpdate>().Any(), parsed);
    }

    private async Task<ParsedEvent> DisputeAsync(StripeAccount account, StripeEvent stripeEvent, CancellationToken cancel)
    {
        if (StripeDispute.Read(stripeEvent.Object) is not { PaymentIntent: { } payment, Amount: { } amount } dispute)
        {
            return ParsedEvent.Nothing;
        }

        var (isFollowed, before) = await PaidAsync(account, payment, cancel);
        return isFollowed
            ? before with
            {
                Updates = [.. before.Updates, new DisputeUpdate(dispute.Id, payment, amount, StatusOf(dispute.Status), dispute.Reason)],
                IsKnown = true,
            }
            : before;
    }

    private static DisputeStatus StatusOf(string? word) => word switch
    {
        "won" or "warning_closed" or "prevented" => DisputeStatus.Won,
        "lost" => DisputeStatus.Lost,
        _ => DisputeStatus.Open,
    };

    /// <summary>
    /// Returns null if the payment is none of ours, or is undecided. On a page the customer tries until a card works, or until the page
    /// closes.
    /// </summary>
    private static PaymentUpdate? PaymentOf(JsonElement intent) =>
        StripePayment.Read(intent) is { Outcome: ({ } moved, var failure) } payment
            && KeyOf(payment.Metadata, StripeProvider.PaymentField) is { } key
        && (moved || payment.Status == "canceled" || !payment.Metadata.ContainsKey(StripeProvider.PageField))
            ? new(key, payment.Id, failure)
            : null;

    /// <summary>Returns the card that the customer saved for later charges.</summary>
    private static IEnumerable<PaymentMethodUpdate> MethodOf(JsonElement intent)
    {
        if (intent.Text("status") == "succeeded" && intent.Text("setup_future_usage") == "off_session"
            && intent.Metadata().GetValueOrDefault(StripeAccounts.CustomerField) is { } customer
            && intent.Child("payment_method") is { ValueKind: JsonValueKind.Object } method && method.Text("id") is { } token
            && method.Child("card") is { } card && card.Text("last4") is { Length: 4 } last4)
        {
            yield return new(customer, token, card.Text("brand") ?? "card", last4);
        }
    }

    private static Guid? KeyOf(IReadOnlyDictionary<string, string> metadata, string field) =>
        Guid.TryParse(metadata.GetValueOrDefault(field), out var key) ? key : null;
}
