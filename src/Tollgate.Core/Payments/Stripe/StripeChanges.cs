using System.Text.Json;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Payments.Stripe;

/// <summary>The requests to Stripe that change a subscription that it manages, and the previews that it answers.</summary>
public static class StripeChanges
{
    /// <summary>The reasons for which Stripe has a word of its own.</summary>
    /// <remarks>https://docs.stripe.com/api/subscriptions/update, <c>cancellation_details[feedback]</c>.</remarks>
    private static readonly HashSet<string> Feedback = new(StringComparer.Ordinal)
    {
        "customer_service", "low_quality", "missing_features", "other", "switched_service", "too_complex", "too_expensive", "unused",
    };

    /// <summary>Returns Stripe's word for a proration policy; null: it has none.</summary>
    public static string? BehaviorOf(Proration proration) => proration switch
    {
        Proration.Second => "always_invoice",
        Proration.None => "none",
        _ => null,
    };

    /// <summary>
    /// Returns a request for other terms from now on. Stripe invoices and collects the charge for the rest of the period at once, and a
    /// declined card leaves everything unchanged (<c>error_if_incomplete</c>): access follows payment. The alternatives give the new plan
    /// before its payment (<c>allow_incomplete</c>), or keep a change open for a day that nobody here would see
    /// (<c>pending_if_incomplete</c>).
    /// </summary>
    public static StripeForm Change(string item, string price, long quantity, Proration proration) => new StripeForm()
        .Set("items", [new StripeForm().Set("id", item).Set("price", price).Set("quantity", quantity)])
        .Set("proration_behavior", BehaviorOf(proration)).Set("payment_behavior", "error_if_incomplete").Set("off_session", true);

    /// <summary>Returns a request for a preview of the same change.</summary>
    /// <param name="at">The time of the proration; null: the time of the request.</param>
    public static StripeForm PreviewOfChange(
        string subscription, string item, string price, long quantity, Proration proration, Instant? at) => new StripeForm()
        .Set("subscription", subscription)
        .Set("subscription_details",
            new StripeForm().Set("items", [new StripeForm().Set("id", item).Set("price", price).Set("quantity", quantity)])
            .Set("proration_behavior", BehaviorOf(proration)).Set("proration_date", at));

    /// <summary>Returns a request for a preview of an immediate end, with or without a credit.</summary>
    public static StripeForm PreviewOfEnd(string subscription, bool givesBack) => new StripeForm().Set("subscription", subscription)
        .Set("subscription_details",
            new StripeForm().Set("cancel_now", true).Set("proration_behavior", givesBack ? "always_invoice" : "none"));

    /// <summary>
    /// Returns the reason of the end: a word of Stripe's as feedback, anything else as a comment. Null: no reason was given.
    /// </summary>
    public static StripeForm? WhyOf(string? reason, string? comment)
    {
        var word = reason is not null && Feedback.Contains(reason) ? reason : null;
        var text = word is null && reason is not null ? comment is null ? reason : $"{reason}: {comment}" : comment;
        return word is null && text is null ? null : new StripeForm().Set("feedback", word).Set("comment", text);
    }

    /// <summary>
    /// Reads an invoice that Stripe previews, in Tollgate's form: without a number, and with an id that no stored invoice has.
    /// </summary>
    /// <param name="of">The subscription of the invoice.</param>
    /// <param name="made">The id, the kind and the time of the request.</param>
    /// <returns>Null: it is not a readable invoice.</returns>
    public static Invoice? Foreseen(JsonElement json, Subscription of, string customer, (Guid Id, InvoiceKind Kind, Instant At) made)
    {
        var code = json.Text("currency");
        if (Amount("subtotal") is not { } subtotal || Amount("total") is not { } total)
        {
            return null;
        }

        var (zero, lines) =
            (MoneyAmount.Zero(total.Currency), json.Items("lines").Select(line => LineOf(line, code)).OfType<InvoiceLine>().ToList());
        var discount = Sum("total_discount_amounts");
        var asked = total.IsNegative ? zero : total;
        var due = Amount("amount_due") is { IsNegative: false } known && known.Minor < asked.Minor ? known : asked;
        return new()
        {
            Id = made.Id, Status = InvoiceStatus.Draft, Kind = made.Kind, Customer = customer, Subscription = of.Id,
            Currency = total.Currency,
            Period = lines.Count == 0
                ? of.Current
                : new(lines.Min(static line => line.Period.Start), lines.Max(static line => line.Period.End)), CreatedAt = made.At,
            Lines = discount.IsZero ? lines : [.. lines, OffOf(discount, of.Current)], Subtotal = subtotal, Discount = discount,
            Tax = Sum("total_taxes"), Total = asked, FromCredits = asked - due, Paid = asked - due,
        };

        MoneyAmount? Amount(string name) => StripeAmounts.FromStripe(json.Number(name), code);

        MoneyAmount Sum(string name) =>
            StripeAmounts.FromStripe(json.Items(name).Sum(static one => one.Number("amount") ?? 0), code)
                ?? MoneyAmount.Zero(total.Currency);
    }

    private static InvoiceLine? LineOf(JsonElement line, string? currency)
    {
        if (StripeAmounts.FromStripe(line.Number("amount"), currency) is not { } amount || line.Child("period") is not { } period
            || period.Moment("start") is not { } start || period.Moment("end") is not { } end)
        {
            return null;
        }

        var parent = line.Child("parent");
        var isShare = line.Flag("proration")
            || (parent?.Child("subscription_item_details") ?? parent?.Child("invoice_item_details"))?.Flag("proration") == true;
        return new()
        {
            Kind = !isShare ? InvoiceLineKind.Subscription
                : amount.IsNegative ? InvoiceLineKind.ProrationCredit
                : InvoiceLineKind.ProrationCharge,
            Description = line.Text("description") ?? "", Quantity = Quantity.Of(line.Number("quantity") ?? 1), Amount = amount,
            Period = new(start, end < start ? start : end),
        };
    }

    private static InvoiceLine OffOf(MoneyAmount discount, Period period) => new()
    {
        Kind = InvoiceLineKind.Discount, Description = "Discount", Quantity = Quantity.Of(1),
        Amount = MoneyAmount.Zero(discount.Currency) - discount, Period = period,
    };
}
