using System.Globalization;
using System.Text.Json.Nodes;
using Tollgate.Engine.Billing;

namespace Tollgate.Testing.Stripe;

/// <summary>
/// Changes of subscriptions, prorated to the second, invoiced and charged immediately; discounts; and previews.
/// </summary>
public sealed partial class StripeBooks
{
    /// <summary>
    /// The parameters of a change that have an effect on the double. Others would be silently ignored, so they are refused.
    /// </summary>
    private static readonly HashSet<string> Changeable = new(StringComparer.Ordinal)
    {
        "subscription_exposed_id", "items", "proration_behavior", "proration_date", "payment_behavior", "off_session",
        "cancel_at_period_end", "cancellation_details", "discounts", "metadata",
        "description", "expand",
    };

    private JsonObject ChangeSubscription(JsonObject p)
    {
        var subscription = Shelf("subscription").Get(Text(p, "subscription_exposed_id")!);
        if (p.FirstOrDefault(static one => !Changeable.Contains(one.Key)).Key is { } unknown)
        {
            throw new StripeFaultException(StripeFault.Wrong($"The double does not change {unknown}.", unknown));
        }

        if (Text(subscription, "status") == "canceled")
        {
            throw new StripeFaultException(
                StripeFault.Wrong("A canceled subscription can only update its cancellation_details and metadata."));
        }

        var before = new JsonObject();
        if (p["items"] is JsonArray items)
        {
            before["items"] = new JsonObject { ["data"] = new JsonArray(subscription["items"]!["data"]![0]!.DeepClone()) };
            ChangeItem(subscription, items[0]!.AsObject(), p);
        }

        if (p["cancel_at_period_end"] is { } cancels)
        {
            before["cancel_at_period_end"] = subscription["cancel_at_period_end"]!.DeepClone();
            subscription["cancel_at_period_end"] = cancels.DeepClone();
            subscription["cancel_at"] = cancels.GetValue<bool>()
                ? subscription["items"]!["data"]![0]!["current_period_end"]!.DeepClone()
                : null;
            subscription["canceled_at"] = cancels.GetValue<bool>() ? Now() : null;
            subscription["cancellation_details"] = cancels.GetValue<bool>() ? Why(p) : new JsonObject();
        }

        if (p.ContainsKey("discounts"))
        {
            Discount(subscription, p["discounts"] as JsonArray ?? []);
        }

        Merge(subscription,
            new JsonObject(
                [.. p.Where(static one => one.Key is "metadata" or "description")
                    .Select(static one => KeyValuePair.Create(one.Key, one.Value?.DeepClone()))]));
        return Told(subscription, "customer.subscription.updated", before);
    }

    private JsonObject CancelSubscription(JsonObject p)
    {
        var subscription = Shelf("subscription").Get(Text(p, "subscription_exposed_id")!);
        if (p["prorate"]?.GetValue<bool>() == true && p["invoice_now"]?.GetValue<bool>() == true
            && Text(subscription, "status") == "active")
        {
            Invoice(subscription, [Unused(subscription, Now())], "subscription_update");
        }

        subscription["cancellation_details"] = Why(p);
        return End(subscription);
    }

    private JsonObject PreviewInvoice(JsonObject p)
    {
        var (subscription, details) =
            (Shelf("subscription").Get(Text(p, "subscription")!, "subscription"), p["subscription_details"] as JsonObject ?? []);
        if (Text(subscription, "status") == "canceled")
        {
            throw new StripeFaultException(new(400, "invalid_request_error", "invoice_upcoming_none", "No upcoming invoices for customer"));
        }

        if (details["cancel_now"]?.GetValue<bool>() == true)
        {
            return Preview(
                subscription,
                Text(details, "proration_behavior") == "always_invoice" && Text(subscription, "status") == "active"
                    ? [Unused(subscription, Now())]
                    : []);
        }

        if (details["items"] is JsonArray items)
        {
            var (price, quantity) = Asked(subscription, items[0]!.AsObject());
            return Preview(
                subscription,
                Shares(subscription, price, quantity, Text(details, "proration_behavior") ?? "create_prorations",
                    details["proration_date"]?.Whole() ?? Now()));
        }

        if (subscription["cancel_at_period_end"]!.GetValue<bool>())
        {
            throw new StripeFaultException(new(400, "invalid_request_error", "invoice_upcoming_none", "No upcoming invoices for customer"));
        }

        var item = subscription["items"]!["data"]![0]!.AsObject();
        var start = item["current_period_end"]!.Whole();
        var whole = Line(
            subscription, item["price"]!.AsObject(), "1 × the next period",
            item["price"]!["unit_amount"]!.Whole() * item["quantity"]!.Whole(), (start, Next(start, item)), false);
        var preview = Preview(subscription, [whole]);
        TakeOff(preview, subscription);
        return preview;
    }

    private static JsonObject Why(JsonObject p) => new()
    {
        ["comment"] = p["cancellation_details"]?["comment"]?.DeepClone(),
        ["feedback"] = p["cancellation_details"]?["feedback"]?.DeepClone(), ["feedback_option"] = null,
        ["reason"] = "cancellation_requested",
    };

    private (JsonObject Price, long Quantity) Asked(JsonObject subscription, JsonObject asked)
    {
        var item = subscription["items"]!["data"]![0]!.AsObject();
        if (Text(asked, "id") is not { } id || id != Text(item, "id"))
        {
            // A second item would be added, which Tollgate never requests.
            throw new StripeFaultException(StripeFault.Missing("items[0][id]"));
        }

        var price = Shelf("price").Get(Text(asked, "price") ?? item["price"]!["id"]!.ToString(), "items[0][price]");
        return price["active"]!.GetValue<bool>() ? (price, asked["quantity"]?.Whole() ?? item["quantity"]!.Whole())
            : throw new StripeFaultException(StripeFault.Wrong("The price specified is inactive.", "items[0][price]"));
    }

    /// <summary>Charges before anything changes, as <c>error_if_incomplete</c> requires, on which the double insists.</summary>
    private void ChangeItem(JsonObject subscription, JsonObject asked, JsonObject p)
    {
        var ((price, quantity), item) = (Asked(subscription, asked), subscription["items"]!["data"]![0]!.AsObject());
        var behavior = Text(p, "proration_behavior") ?? "create_prorations";
        if (behavior == "create_prorations" || Text(p, "payment_behavior") != "error_if_incomplete")
        {
            throw new StripeFaultException(
                StripeFault.Wrong("The double prorates at once, and charges before it changes.", "proration_behavior"));
        }

        if (price["id"]!.ToString() == item["price"]!["id"]!.ToString() && quantity == item["quantity"]!.Whole())
        {
            return;
        }

        var isOther = Text(subscription, "status") != "trialing" && !IsSameInterval(item["price"]!, price);
        var lines = Shares(subscription, price, quantity, behavior, p["proration_date"]?.Whole() ?? Now());
        Pay(subscription, lines);
        (item["price"], item["quantity"]) = (price.DeepClone(), quantity);
        if (isOther)
        {
            (item["current_period_start"], item["current_period_end"]) = (Now(), Next(Now(), item));
            subscription["billing_cycle_anchor"] = Now();
        }

        if (lines.Count > 0)
        {
            Invoice(subscription, lines, "subscription_update");
        }
    }

    /// <summary>Charges the card first: a decline changes nothing.</summary>
    private void Pay(JsonObject subscription, IReadOnlyList<JsonObject> lines)
    {
        var customer = Shelf("customer").Get(Text(subscription, "customer")!);
        var (due, card) =
            (lines.Sum(static line => line["amount"]!.Whole()) + customer["balance"]!.Whole(),
                _cards[Text(subscription, "default_payment_method")!]);
        if (due > 0 && card != StripeCard.Good)
        {
            var intent = Clear(Shelf("payment_intent").Add(Now()), "latest_charge", "description", "setup_future_usage");
            (intent["amount"], intent["customer"], intent["status"]) = (due, Text(customer, "id"), "requires_confirmation");
            Confirm(intent, card);
        }
    }

    /// <summary>
    /// The proration credit and charge of a change, each for its share of the seconds, rounded half away from zero. A new interval begins a
    /// new period. A trial costs nothing.
    /// </summary>
    private static List<JsonObject> Shares(JsonObject subscription, JsonObject price, long quantity, string behavior, long at)
    {
        if (Text(subscription, "status") == "trialing")
        {
            return [];
        }

        var (item, sum) = (subscription["items"]!["data"]![0]!.AsObject(), price["unit_amount"]!.Whole() * quantity);
        var back = behavior == "none" ? null : Unused(subscription, at);
        if (!IsSameInterval(item["price"]!, price))
        {
            var whole = Line(
                subscription, price, $"{quantity} × the new plan", sum, (at, Next(at, new() { ["price"] = price.DeepClone() })), false);
            return back is null ? [whole] : [back, whole];
        }

        return back is null
            ? []
            : [back,
                Line(subscription, price, "Remaining time", Share(subscription, sum, at), (at, item["current_period_end"]!.Whole()), true)];
    }

    private static JsonObject Unused(JsonObject subscription, long at)
    {
        var item = subscription["items"]!["data"]![0]!.AsObject();
        var price = item["price"]!.AsObject();
        return Line(
            subscription, price, "Unused time", -Share(subscription, price["unit_amount"]!.Whole() * item["quantity"]!.Whole(), at),
            (at, item["current_period_end"]!.Whole()), true);
    }

    private static long Share(JsonObject subscription, long sum, long at)
    {
        var item = subscription["items"]!["data"]![0]!;
        var (start, end) = (item["current_period_start"]!.Whole(), item["current_period_end"]!.Whole());
        return (long)decimal.Round((decimal)sum * (end - at) / (end - start), MidpointRounding.AwayFromZero);
    }

    private static bool IsSameInterval(JsonNode a, JsonNode b) =>
        a["recurring"]!["interval"]!.ToString() == b["recurring"]!["interval"]!.ToString()
        && (a["recurring"]!["interval_count"]?.Whole() ?? 1) == (b["recurring"]!["interval_count"]?.Whole() ?? 1);

    private static JsonObject Line(
        JsonObject subscription, JsonObject price, string description, long amount, (long Start, long End) period, bool isShare) => new()
    {
        ["id"] = string.Create(CultureInfo.InvariantCulture, $"il_{subscription["id"]}_{period.Start}_{amount}"), ["object"] = "line_item",
        ["amount"] = amount, ["subtotal"] = amount,
        ["currency"] = price["currency"]!.DeepClone(), ["description"] = description, ["discountable"] = !isShare,
        ["discounts"] = new JsonArray(), ["discount_amounts"] = new JsonArray(),
        ["livemode"] = false, ["metadata"] = new JsonObject(),
        ["period"] = new JsonObject { ["start"] = period.Start, ["end"] = period.End }, ["quantity"] = 1, ["taxes"] = new JsonArray(),
        ["parent"] = new JsonObject
        {
            ["type"] = "subscription_item_details",
            ["subscription_item_details"] =
                new JsonObject { ["proration"] = isShare, ["subscription"] = Text(subscription, "id"), ["invoice_item"] = null },
        },
    };

    private JsonObject Preview(JsonObject subscription, IReadOnlyList<JsonObject> lines)
    {
        var made = _scenario["invoice_create_preview_upgrade_proration"]!.DeepClone().AsObject();
        (made["id"], made["created"]) = ("upcoming_in_double", Now());
        Fill(made, subscription, lines);
        return made;
    }

    /// <summary>Makes an invoice, finalises it and pays it immediately; a negative total becomes the customer's balance.</summary>
    private void Invoice(JsonObject subscription, IReadOnlyList<JsonObject> lines, string reason)
    {
        var (invoice, customer) = (Shelf("invoice").Add(Now()), Shelf("customer").Get(Text(subscription, "customer")!));
        (invoice["billing_reason"], invoice["status"], invoice["number"]) = (reason, "open", $"DOUBLE-{invoice["id"]!.ToString()[^4..]}");
        Fill(invoice, subscription, lines);
        customer["balance"] = Math.Min(0, customer["balance"]!.Whole() + lines.Sum(static line => line["amount"]!.Whole()));
        subscription["latest_invoice"] = Text(invoice, "id");
        Told(invoice, "invoice.created");
        invoice["status_transitions"]!["finalized_at"] = Now();
        Told(invoice, "invoice.finalized");
        Charge(invoice, StripeCard.Good);
    }

    private void Fill(JsonObject invoice, JsonObject subscription, IReadOnlyList<JsonObject> lines)
    {
        var (sum, customer) = (lines.Sum(static line => line["amount"]!.Whole()), Shelf("customer").Get(Text(subscription, "customer")!));
        var due = Math.Max(0, sum + customer["balance"]!.Whole());
        (invoice["customer"], invoice["currency"], invoice["amount_paid"]) =
            (Text(customer, "id"), subscription["items"]!["data"]![0]!["price"]!["currency"]!.DeepClone(), 0);
        (invoice["subtotal"], invoice["total"], invoice["amount_due"], invoice["amount_remaining"]) = (sum, sum, due, due);
        invoice["total_discount_amounts"] = new JsonArray();
        invoice["parent"]!["subscription_details"] =
            new JsonObject { ["subscription"] = Text(subscription, "id"), ["metadata"] = subscription["metadata"]!.DeepClone() };
        invoice["lines"]!["data"] = new JsonArray([.. lines.Select(static line => line.DeepClone())]);
    }

    /// <summary>Sets all discounts, as an update lists them: kept ones by their own id, new ones by a coupon.</summary>
    private void Discount(JsonObject subscription, JsonArray asked)
    {
        var held = subscription["discounts"] as JsonArray ?? [];
        var now = new JsonArray();
        foreach (var one in asked.Select(static one => one!.AsObject()))
        {
            now.Add(Text(one, "discount") is { } kept
                ? held.FirstOrDefault(known => known!.ToString() == kept)?.DeepClone()
                ?? throw new StripeFaultException(StripeFault.NotFound("discount", kept, "discounts"))
                : Discounted(Text(one, "coupon")!, Text(subscription, "id")!));
        }

        subscription["discounts"] = now;
    }

    private JsonNode Discounted(string coupon, string subscription)
    {
        var found = Shelf("coupon").Get(coupon, "discounts[0][coupon]");
        found["times_redeemed"] = found["times_redeemed"]!.Whole() + 1;
        var made = Shelf("discount").Add(Now());
        (made["subscription"], made["source"], made["start"]) =
            (subscription, new JsonObject { ["type"] = "coupon", ["coupon"] = coupon }, Now());
        return Text(made, "id")!;
    }

    /// <summary>Deducts the subscription's coupons from a period's price, one after the other.</summary>
    private void TakeOff(JsonObject invoice, JsonObject subscription)
    {
        var left = invoice["total"]!.Whole();
        var off = new JsonArray();
        foreach (var discount in (subscription["discounts"] as JsonArray ?? []).Select(one => Shelf("discount").Get(one!.ToString())))
        {
            var coupon = Shelf("coupon").Get(discount["source"]!["coupon"]!.ToString());
            var amount = coupon["percent_off"] is { } percent
                ? (long)decimal.Round(
                    left * decimal.Parse(percent.ToString(), CultureInfo.InvariantCulture) / 100, MidpointRounding.AwayFromZero)
                : Math.Min(left, coupon["amount_off"]!.Whole());
            off.Add(new JsonObject { ["amount"] = amount, ["discount"] = Text(discount, "id") });
            left -= amount;
        }

        if (off.Count > 0)
        {
            invoice["total_discount_amounts"] = off;
            (invoice["total"], invoice["amount_due"], invoice["amount_remaining"]) = (left, left, left);
            invoice["lines"]!["data"]![0]!["discount_amounts"] = off.DeepClone();
        }
    }
}
