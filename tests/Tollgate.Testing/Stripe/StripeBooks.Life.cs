using System.Text.Json.Nodes;

namespace Tollgate.Testing.Stripe;

/// <summary>The actions of people and of time at Stripe: payments on its page, renewals, disputes.</summary>
public sealed partial class StripeBooks
{
    /// <summary>The parameters of checkouts, by their id.</summary>
    private readonly Dictionary<string, JsonObject> _asked = [];

    /// <returns>Its id.</returns>
    public string NewCustomer()
    {
        lock (_lock)
        {
            return Text(CreateCustomer([]), "id")!;
        }
    }

    /// <summary>Saves a card.</summary>
    /// <returns>Its id.</returns>
    public string AddCard(string customer, StripeCard card)
    {
        lock (_lock)
        {
            var made = Shelf("payment_method").Add(Now());
            made["customer"] = customer;
            _cards[Text(made, "id")!] = card;
            Told(made, "payment_method.attached");
            return Text(made, "id")!;
        }
    }

    /// <summary>Changes the outcome of a saved card.</summary>
    public void Becomes(string method, StripeCard card) => _cards[method] = card;

    /// <summary>The customer pays on the page of a checkout.</summary>
    public JsonObject Pay(string checkout)
    {
        lock (_lock)
        {
            var (session, asked) = (Shelf("checkout.session").Get(checkout), _asked[checkout]);
            if (Text(session, "status") != "open")
            {
                throw new InvalidOperationException($"The checkout is {session["status"]}.");
            }

            var customer = Text(session, "customer") ?? Text(CreateCustomer(new() { ["email"] = Text(asked, "customer_email") }), "id")!;
            var method = AddCard(customer, StripeCard.Good);
            (session["customer"], session["status"], session["payment_status"], session["url"]) = (customer, "complete", "paid", null);
            if (Text(session, "mode") == "subscription")
            {
                Subscribe(session, asked, customer, method);
            }
            else
            {
                var intent = Merge(
                    Clear(Shelf("payment_intent").Add(Now()), "description", "setup_future_usage"),
                    asked["payment_intent_data"] as JsonObject ?? []);
                (intent["customer"], intent["payment_method"], intent["amount"]) = (customer, method, session["amount_total"]!.DeepClone());
                intent["currency"] = session["currency"]!.DeepClone();
                session["payment_intent"] = Text(Succeed(intent), "id");
            }

            return Told(session, "checkout.session.completed");
        }
    }

    /// <summary>Expires a checkout that nobody paid in time.</summary>
    public JsonObject Expire(string checkout)
    {
        lock (_lock)
        {
            var session = Shelf("checkout.session").Get(checkout);
            if (Text(session, "status") != "open")
            {
                throw new StripeFaultException(StripeFault.Wrong("Only Checkout Sessions with a status in [\"open\"] can be expired."));
            }

            (session["status"], session["url"]) = ("expired", null);
            return Told(session, "checkout.session.expired");
        }
    }

    /// <summary>Ends a period: Stripe drafts the next invoice, which <see cref="Finalize"/> finishes.</summary>
    public JsonObject Renew(string subscription)
    {
        lock (_lock)
        {
            var (found, item) = ItemOf(subscription);
            var start = item["current_period_end"]!.Whole();
            (item["current_period_start"], item["current_period_end"]) = (start, Next(start, item));
            var invoice = Draft(found, "subscription_cycle");
            found["latest_invoice"] = Text(invoice, "id");
            Told(found, "customer.subscription.updated", new() { ["latest_invoice"] = null });
            return Told(invoice, "invoice.created");
        }
    }

    /// <summary>Finishes and charges the draft.</summary>
    public JsonObject Finalize(string invoice, StripeCard card = StripeCard.Good)
    {
        lock (_lock)
        {
            var found = Shelf("invoice").Get(invoice);
            (found["status"], found["number"]) = ("open", $"DOUBLE-{invoice[^4..]}");
            found["status_transitions"]!["finalized_at"] = Now();
            Told(found, "invoice.finalized");
            return Charge(found, card);
        }
    }

    /// <summary>Charges an open invoice, perhaps again.</summary>
    public JsonObject Charge(string invoice, StripeCard card)
    {
        lock (_lock)
        {
            return Charge(Shelf("invoice").Get(invoice), card);
        }
    }

    /// <summary>Refunds money on Stripe's own pages.</summary>
    public JsonObject Refund(string intent, long? amount)
    {
        lock (_lock)
        {
            return Refund(Shelf("payment_intent").Get(intent), amount, []);
        }
    }

    /// <summary>Returns money of a done refund: the customer's bank did not accept it.</summary>
    public JsonObject FailRefund(string refund)
    {
        lock (_lock)
        {
            var failed = Shelf("refund").Get(refund);
            var charge = Shelf("charge").Get(Text(failed, "charge")!);
            (charge["amount_refunded"], charge["refunded"]) = (charge["amount_refunded"]!.Whole() - failed["amount"]!.Whole(), false);
            failed["status"] = "failed";
            return Told(failed, "refund.failed");
        }
    }

    /// <summary>The customer's bank takes the money back.</summary>
    public JsonObject Dispute(string intent, string status = "needs_response")
    {
        lock (_lock)
        {
            var paid = Shelf("payment_intent").Get(intent);
            var charge = Shelf("charge").Get(Text(paid, "latest_charge")!);
            charge["disputed"] = true;
            var made = new JsonObject
            {
                ["id"] = $"dp_{intent}", ["object"] = "dispute", ["amount"] = paid["amount"]!.DeepClone(),
                ["currency"] = paid["currency"]!.DeepClone(),
                ["charge"] = Text(charge, "id"), ["payment_intent"] = intent, ["status"] = status, ["reason"] = "fraudulent",
                ["created"] = Now(), ["metadata"] = new JsonObject(),
            };
            return Told(made, status is "won" or "lost" ? "charge.dispute.closed" : "charge.dispute.created");
        }
    }

    /// <summary>Stripe's own change of a subscription, as by its portal.</summary>
    public JsonObject Set(string subscription, Action<JsonObject> change, string type = "customer.subscription.updated")
    {
        lock (_lock)
        {
            var found = Shelf("subscription").Get(subscription);
            change(found);
            return Told(found, type);
        }
    }

    /// <summary>Ends a subscription now.</summary>
    public JsonObject End(JsonObject subscription)
    {
        lock (_lock)
        {
            if (Text(subscription, "status") == "canceled")
            {
                throw new StripeFaultException(StripeFault.NotFound("subscription", Text(subscription, "id")!, "id"));
            }

            (subscription["status"], subscription["ended_at"], subscription["canceled_at"]) = ("canceled", Now(), Now());
            return Told(subscription, "customer.subscription.deleted");
        }
    }

    private void Subscribe(JsonObject session, JsonObject asked, string customer, string method)
    {
        var (made, line, data) =
            (Shelf("subscription").Add(Now()), asked["line_items"]![0]!.AsObject(), asked["subscription_data"] as JsonObject ?? []);
        Merge(made,
            new JsonObject(
                [.. data.Where(static one => one.Key is "metadata" or "description")
                    .Select(static one => KeyValuePair.Create(one.Key, one.Value?.DeepClone()))]));
        var (id, item) = (Text(made, "id")!, made["items"]!["data"]![0]!.AsObject());
        var price = Shelf("price").Get(Text(line, "price")!).DeepClone();
        (item["id"], item["price"], item["quantity"], item["subscription"]) = ($"si_{id}", price, line["quantity"]?.DeepClone() ?? 1, id);
        (item["current_period_start"], item["created"]) = (Now(), Now());
        var days = data["trial_period_days"]?.Whole();
        item["current_period_end"] = days is { } trial ? Now() + (trial * 86_400) : Next(Now(), item);
        (made["customer"], made["default_payment_method"], made["status"]) = (customer, method, days is null ? "active" : "trialing");
        (made["start_date"], made["billing_cycle_anchor"], made["trial_start"], made["trial_end"]) =
            (Now(), Now(), days is null ? null : Now(), days is null ? null : item["current_period_end"]!.DeepClone());
        made["items"]!["url"] = $"/v1/subscription_items?subscription={id}";
        Discount(made, asked["discounts"] as JsonArray ?? []);
        Told(made, "customer.subscription.created");
        session["subscription"] = id;
        var invoice = Draft(made, "subscription_create", days is null ? null : 0);
        (made["latest_invoice"], session["invoice"]) = (Text(invoice, "id"), Text(invoice, "id"));
        Told(invoice, "invoice.created");
        Finalize(Text(invoice, "id")!);
    }

    private JsonObject Draft(JsonObject subscription, string reason, long? amount = null)
    {
        var (invoice, item) = (Shelf("invoice").Add(Now()), subscription["items"]!["data"]![0]!.AsObject());
        var (id, sum) = (Text(invoice, "id")!, amount ?? item["price"]!["unit_amount"]!.Whole() * item["quantity"]!.Whole());
        (invoice["customer"], invoice["billing_reason"], invoice["status"], invoice["auto_advance"]) =
            (Text(subscription, "customer"), reason, "draft", true);
        (invoice["total"], invoice["subtotal"], invoice["amount_due"], invoice["amount_remaining"], invoice["amount_paid"]) =
            (sum, sum, sum, sum, 0);
        invoice["currency"] = item["price"]!["currency"]!.DeepClone();
        invoice["parent"]!["subscription_details"] =
            new JsonObject { ["subscription"] = Text(subscription, "id"), ["metadata"] = subscription["metadata"]!.DeepClone() };
        var line = invoice["lines"]!["data"]![0]!.AsObject();
        (line["id"], line["amount"], line["subtotal"], line["invoice"], line["subscription"]) =
            ($"il_{id}", sum, sum, id, Text(subscription, "id"));
        line["parent"]!["subscription_item_details"]!["subscription"] = Text(subscription, "id");
        line["period"] =
            new JsonObject { ["start"] = item["current_period_start"]!.DeepClone(), ["end"] = item["current_period_end"]!.DeepClone() };
        TakeOff(invoice, subscription);
        AddPending(invoice, Text(subscription, "id"));
        return invoice;
    }

    private JsonObject Charge(JsonObject invoice, StripeCard card)
    {
        var subscription = invoice["parent"] is { } parent
            ? Shelf("subscription").Find(parent["subscription_details"]!["subscription"]!.ToString())
            : null;
        (invoice["attempted"], invoice["attempt_count"]) = (true, (invoice["attempt_count"]?.Whole() ?? 0) + 1);
        if (card != StripeCard.Good)
        {
            invoice["next_payment_attempt"] = Now() + (3 * 86_400);
            Told(invoice, "invoice.payment_failed");
            if (subscription is not null && Text(subscription, "status") == "active")
            {
                subscription["status"] = "past_due";
                Told(subscription, "customer.subscription.updated", new() { ["status"] = "active" });
            }

            return invoice;
        }

        (invoice["status"], invoice["next_payment_attempt"]) = ("paid", null);
        (invoice["amount_paid"], invoice["amount_remaining"]) = (invoice["amount_due"]!.DeepClone(), 0);
        invoice["status_transitions"]!["paid_at"] = Now();
        if (invoice["amount_due"]!.Whole() > 0)
        {
            var intent = Clear(Shelf("payment_intent").Add(Now()), "description");
            (intent["amount"], intent["customer"], intent["currency"]) =
                (invoice["amount_due"]!.DeepClone(), Text(invoice, "customer"), invoice["currency"]!.DeepClone());
            var payment = _scenario["invoice_payment"]!.DeepClone().AsObject();
            (payment["id"], payment["invoice"], payment["amount_paid"]) =
                ($"inpay_{invoice["id"]}", Text(invoice, "id"), invoice["amount_due"]!.DeepClone());
            payment["payment"]!["payment_intent"] = Text(Succeed(intent), "id");
            invoice["payments"] =
                new JsonObject
                {
                    ["object"] = "list", ["has_more"] = false, ["url"] = "/v1/invoice_payments", ["data"] = new JsonArray(payment),
                };
        }

        Told(invoice, "invoice.paid");
        Told(invoice, "invoice.payment_succeeded");
        if (subscription is not null && Text(subscription, "status") is "past_due" or "incomplete")
        {
            subscription!["status"] = "active";
            Told(subscription, "customer.subscription.updated", new() { ["status"] = "past_due" });
        }

        return invoice;
    }

    private JsonObject Succeed(JsonObject intent)
    {
        var charge = Shelf("charge").Add(Now());
        (charge["amount"], charge["amount_captured"], charge["amount_refunded"]) =
            (intent["amount"]!.DeepClone(), intent["amount"]!.DeepClone(), 0);
        (charge["currency"], charge["customer"], charge["payment_intent"]) =
            (intent["currency"]!.DeepClone(), Text(intent, "customer"), Text(intent, "id"));
        (charge["refunded"], charge["disputed"]) = (false, false);
        (intent["status"], intent["amount_received"], intent["latest_charge"]) =
            ("succeeded", intent["amount"]!.DeepClone(), Text(charge, "id"));
        intent["last_payment_error"] = null;
        Told(charge, "charge.succeeded");
        return Told(intent, "payment_intent.succeeded");
    }

    private JsonObject Refund(JsonObject intent, long? asked, JsonObject p)
    {
        var charge = Shelf("charge")
            .Get(Text(intent, "latest_charge")
                ?? throw new StripeFaultException(StripeFault.Wrong("This PaymentIntent does not have a successful charge to refund.")));
        var left = charge["amount"]!.Whole() - charge["amount_refunded"]!.Whole();
        var amount = asked ?? left;
        if (left == 0)
        {
            throw new StripeFaultException(
                new(400, "invalid_request_error", "charge_already_refunded", $"Charge {charge["id"]} has already been refunded."));
        }

        if (amount > left || amount < 1)
        {
            throw new StripeFaultException(
                StripeFault.Wrong($"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", "amount"));
        }

        charge["amount_refunded"] = charge["amount_refunded"]!.Whole() + amount;
        charge["refunded"] = amount == left;
        var made = Merge(Clear(Shelf("refund").Add(Now()), "reason"), p);
        (made["amount"], made["charge"], made["payment_intent"], made["currency"]) =
            (amount, Text(charge, "id"), Text(intent, "id"), intent["currency"]!.DeepClone());
        Told(made, "refund.created");
        Told(charge, "charge.refunded");
        return made;
    }

    private (JsonObject Subscription, JsonObject Item) ItemOf(string id)
    {
        var found = Shelf("subscription").Get(id);
        return (found, found["items"]!["data"]![0]!.AsObject());
    }

    private static long Next(long start, JsonObject item)
    {
        var (from, recurring) = (DateTimeOffset.FromUnixTimeSeconds(start), item["price"]!["recurring"]!);
        var count = (int)(recurring["interval_count"]?.Whole() ?? 1);
        return (recurring["interval"]!.ToString() switch
        {
            "year" => from.AddYears(count),
            "week" => from.AddDays(7 * count),
            "day" => from.AddDays(count),
            _ => from.AddMonths(count),
        }).ToUnixTimeSeconds();
    }
}
