using System.Text.Json.Nodes;
using Tollgate.Engine.Billing;

namespace Tollgate.Testing.Stripe;

/// <summary>A card at the double, by the outcome of its charges.</summary>
public enum StripeCard
{
    Good,
    Declined,
    InsufficientFunds,
    NeedsAuthentication,
}

/// <summary>
/// The state of the double and the API's side (<see cref="Do"/>), in the shapes of the fixtures. <c>StripeBooks.Life.cs</c> has the actions
/// of people and of time at Stripe. Every change adds its events to <see cref="Events"/>.
/// </summary>
public sealed partial class StripeBooks
{
    /// <summary>Half a dollar; the minimums of other currencies are about the same and not looked up here.</summary>
    private const long SmallestCharge = 50;

    private readonly Dictionary<string, StripeShelf> _shelves;
    private readonly Dictionary<string, StripeCard> _cards = [];
    private readonly Dictionary<string, List<JsonObject>> _eventsOf = [];
    private readonly Dictionary<string, Func<JsonObject, JsonNode>> _operations;
    private readonly Lock _lock = new();
    private readonly JsonObject _scenario;
    private int _ids;

    public StripeBooks(string facts)
    {
        _scenario = JsonNode.Parse(File.ReadAllText(Path.Combine(facts, "stripe-fixtures.json")))!["scenario"]!.AsObject();
        _shelves = new (string Kind, string Prefix, string Sample)[]
        {
            ("customer", "cus", "customer"), ("product", "prod", "product"), ("price", "price", "price_monthly"),
            ("coupon", "coupon", "coupon"), ("discount", "di", "discount"),
            ("checkout.session", "cs_test", "checkout.session_open"), ("subscription", "sub", "subscription"),
            ("invoice", "in", "invoice_draft_renewal"),
            ("invoiceitem", "ii", "invoiceitem"), ("payment_intent", "pi", "payment_intent"), ("payment_method", "pm", "payment_method"),
            ("refund", "re", "refund"), ("charge", "ch", "charge"), ("billing_portal.session", "bps", "billing_portal.session"),
        }.ToDictionary(static one => one.Kind, one => new StripeShelf(one.Kind, one.Prefix, _scenario[one.Sample]!.AsObject()));
        _operations = Operations();
    }

    /// <summary>Stripe's clock, in Unix seconds.</summary>
    public Func<long> Now { get; set; } = static () => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    /// <summary>All events, in order. They hold the objects as they were at that time.</summary>
    public List<JsonObject> Events { get; } = [];

    /// <summary>The attempt that the last card error concerns.</summary>
    public JsonObject? LastFailed { get; private set; }

    public IEnumerable<JsonObject> All(string kind) => _shelves[kind].All;

    /// <summary>Returns copies of the matching objects, while other callers may change them.</summary>
    public IReadOnlyList<JsonObject> Copies(string kind, Func<JsonObject, bool> matches)
    {
        lock (_lock)
        {
            return [.. All(kind).Where(matches).Select(static one => (JsonObject)one.DeepClone())];
        }
    }

    /// <summary>
    /// The events of objects that have one of the ids, or name it as their customer, payment intent or payment of Tollgate, in order.
    /// </summary>
    public IReadOnlyList<JsonObject> EventsOf(params IEnumerable<string> ids)
    {
        lock (_lock)
        {
            return [.. ids.SelectMany(id => _eventsOf.GetValueOrDefault(id, [])).Distinct()
                .OrderBy(static one => one["id"]!.ToString(), StringComparer.Ordinal)];
        }
    }

    public JsonObject Get(string kind, string id) => _shelves[kind].Get(id);

    /// <summary>Gives an object another id, as if it had always had it.</summary>
    public void Rename(string kind, string id, string to) => _shelves[kind].Rename(id, to);

    /// <exception cref="StripeFaultException">Refused.</exception>
    internal JsonNode Do(string method, string template, JsonObject parameters)
    {
        lock (_lock)
        {
            return _operations.TryGetValue($"{method} {template}", out var operation)
                ? Expand(operation(parameters).DeepClone(), parameters)
                : throw new StripeFaultException(new(404, "invalid_request_error", null, $"The double does not do {method} {template}."));
        }
    }

    private Dictionary<string, Func<JsonObject, JsonNode>> Operations() => new()
    {
        ["POST /v1/customers"] = CreateCustomer,
        ["GET /v1/customers/{customer}"] = p => Shelf("customer").Get(Text(p, "customer")!),
        ["POST /v1/customers/{customer}"] = p => Change(Shelf("customer").Get(Text(p, "customer")!), p, "customer.updated"),
        ["POST /v1/products"] = p => Told(Merge(Shelf("product").Add(Now(), Free("product", Text(p, "id"))), p), "product.created"),
        ["GET /v1/products/{id}"] = p => Shelf("product").Get(Text(p, "id")!),
        ["POST /v1/products/{id}"] = p => Change(Shelf("product").Get(Text(p, "id")!), p, "product.updated"),
        ["GET /v1/products"] = p => Shelf("product").List("/v1/products", p, one => Fits(one, p, "active")),
        ["POST /v1/prices"] = CreatePrice,
        ["GET /v1/prices/{price}"] = p => Shelf("price").Get(Text(p, "price")!),
        ["POST /v1/prices/{price}"] = p => Change(Shelf("price").Get(Text(p, "price")!), p, "price.updated"),
        ["GET /v1/prices"] = p => Shelf("price").List("/v1/prices", p, one => Fits(one, p, "active", "product")
            && (p["lookup_keys"] is not JsonArray keys || keys.Any(key => key!.ToString() == Text(one, "lookup_key")))),
        ["POST /v1/coupons"] = p =>
            Told(Merge(
                Clear(Shelf("coupon").Add(Now(), Free("coupon", Text(p, "id"))), "amount_off", "currency", "percent_off",
                    "duration_in_months", "max_redemptions", "redeem_by"), p), "coupon.created"),
        ["GET /v1/coupons/{coupon}"] = p => Shelf("coupon").Get(Text(p, "coupon")!, "coupon"),
        ["POST /v1/checkout/sessions"] = CreateCheckout,
        ["GET /v1/checkout/sessions/{session}"] = p => Shelf("checkout.session").Get(Text(p, "session")!),
        ["POST /v1/checkout/sessions/{session}/expire"] = p => Expire(Text(p, "session")!),
        ["GET /v1/checkout/sessions"] = p => Shelf("checkout.session")
            .List("/v1/checkout/sessions", p, one => Fits(one, p, "customer", "subscription", "payment_intent", "status")),
        ["POST /v1/payment_intents"] = CreatePayment,
        ["GET /v1/payment_intents/{intent}"] = p => Shelf("payment_intent").Get(Text(p, "intent")!, "intent"),
        ["GET /v1/payment_intents"] = p => Shelf("payment_intent").List("/v1/payment_intents", p, one => Fits(one, p, "customer")),
        ["POST /v1/payment_intents/{intent}/cancel"] = CancelPayment,
        ["POST /v1/refunds"] = CreateRefund,
        ["GET /v1/refunds/{refund}"] = p => Shelf("refund").Get(Text(p, "refund")!),
        ["GET /v1/refunds"] = p => Shelf("refund").List("/v1/refunds", p, one => Fits(one, p, "payment_intent", "charge")),
        ["GET /v1/charges/{charge}"] = p => Shelf("charge").Get(Text(p, "charge")!),
        ["GET /v1/charges"] = p => Shelf("charge").List("/v1/charges", p, one => Fits(one, p, "customer", "payment_intent")),
        ["POST /v1/billing_portal/sessions"] = CreatePortal,
        ["GET /v1/subscriptions/{subscription_exposed_id}"] = p => Shelf("subscription").Get(Text(p, "subscription_exposed_id")!),
        ["POST /v1/subscriptions/{subscription_exposed_id}"] = ChangeSubscription,
        ["DELETE /v1/subscriptions/{subscription_exposed_id}"] = CancelSubscription,
        ["POST /v1/invoices/create_preview"] = PreviewInvoice,
        ["GET /v1/subscriptions"] = p => Shelf("subscription").List("/v1/subscriptions", p, one => Fits(one, p, "customer")
            && (Text(p, "status") ?? "") is var wanted
            && (wanted is "all" || (wanted is "" ? Text(one, "status") != "canceled" : Text(one, "status") == wanted))),
        ["GET /v1/invoices/{invoice}"] = p => Shelf("invoice").Get(Text(p, "invoice")!),
        ["GET /v1/invoices"] = p => Shelf("invoice").List("/v1/invoices", p, one => Fits(one, p, "customer", "status")
            && (Text(p, "subscription") is not { } of || one["parent"]?["subscription_details"]?["subscription"]?.ToString() == of)),
        ["POST /v1/invoices"] = CreateInvoice,
        ["POST /v1/invoices/{invoice}"] = p =>
            Change(Shelf("invoice").Get(Text(p, "invoice")!), new JsonObject { ["auto_advance"] = p["auto_advance"]?.DeepClone() },
                "invoice.updated"),
        ["GET /v1/invoice_payments"] = ListInvoicePayments,
        ["POST /v1/invoiceitems"] = CreateInvoiceItem,
        ["GET /v1/invoiceitems"] = p => Shelf("invoiceitem").List("/v1/invoiceitems", p, one => Fits(one, p, "customer", "invoice")),
        ["GET /v1/events/{id}"] = p => Events.Find(one => Text(one, "id") == Text(p, "id"))
            ?? throw new StripeFaultException(StripeFault.NotFound("event", Text(p, "id")!, "id")),
    };

    private StripeShelf Shelf(string kind) => _shelves[kind];

    private string? Free(string kind, string? id) => id is null || Shelf(kind).Find(id) is null
        ? id
        : throw new StripeFaultException(new(400, "invalid_request_error", "resource_already_exists", $"{kind} already exists.", "id"));

    private JsonObject CreateCustomer(JsonObject p)
    {
        var made = Merge(Clear(Shelf("customer").Add(Now()), "email", "name", "address", "description"), p);
        made["invoice_settings"]!["default_payment_method"] = null;
        return Told(made, "customer.created");
    }

    private JsonObject CreatePrice(JsonObject p)
    {
        Shelf("product").Get(Text(p, "product") ?? throw new StripeFaultException(StripeFault.Missing("product")), "product");
        if (Text(p, "lookup_key") is { } key && Shelf("price").All.FirstOrDefault(one => Text(one, "lookup_key") == key) is { } holder)
        {
            holder["lookup_key"] = p["transfer_lookup_key"]?.GetValue<bool>() == true
                ? null
                : throw new StripeFaultException(
                    StripeFault.Wrong($"A price ({Text(holder, "id")}) already uses that lookup key.", "lookup_key"));
        }

        var made = Merge(Clear(Shelf("price").Add(Now()), "lookup_key", "nickname", "recurring"), p);
        made["active"] = true;
        made["type"] = made["recurring"] is null ? "one_time" : "recurring";
        made["unit_amount_decimal"] = made["unit_amount"]?.ToString();
        if (made["recurring"] is JsonObject recurring)
        {
            recurring["interval_count"] ??= 1;
            recurring["usage_type"] ??= "licensed";
        }

        return Told(made, "price.created");
    }

    private JsonObject CreateCheckout(JsonObject p)
    {
        var mode = Text(p, "mode") ?? throw new StripeFaultException(StripeFault.Missing("mode"));
        if (p["line_items"] is not JsonArray { Count: > 0 } lines)
        {
            throw new StripeFaultException(StripeFault.Missing("line_items"));
        }

        if (Text(p, "success_url") is null)
        {
            throw new StripeFaultException(StripeFault.Missing("success_url"));
        }

        if (Text(p, "customer") is { } customer)
        {
            Shelf("customer").Get(customer, "customer");
        }

        var total = lines.Sum(line => (line!["quantity"]?.Whole() ?? 1) * (line["price_data"] is { } adHoc
            ? adHoc["unit_amount"]!.Whole()
            : (mode == "subscription") == (Shelf("price")
                .Get(Text(line.AsObject(), "price")!, "line_items[0][price]")["recurring"] is not null)
                ? Shelf("price").Get(Text(line.AsObject(), "price")!)["unit_amount"]!.Whole()
                : throw new StripeFaultException(StripeFault.Wrong("The price does not fit the mode.", "line_items[0][price]"))));
        var made = Merge(Shelf("checkout.session").Add(Now()), p);
        made.Remove("line_items");
        foreach (var off in p["discounts"] as JsonArray ?? [])
        {
            Shelf("coupon").Get(Text(off!.AsObject(), "coupon")!, "discounts[0][coupon]");
        }

        made["url"] = $"https://checkout.stripe.com/c/pay/{made["id"]}";
        (made["amount_subtotal"], made["amount_total"], made["customer"]) = (total, total, Text(p, "customer"));
        made["currency"] = lines[0]!["price_data"]?["currency"]?.ToString()
            ?? Shelf("price").Get(Text(lines[0]!.AsObject(), "price")!)["currency"]!.ToString();
        made["expires_at"] ??= Now() + 86_400;
        made["client_reference_id"] = Text(p, "client_reference_id");
        (made["subscription"], made["payment_intent"], made["invoice"]) = (null, null, null);
        _asked[Text(made, "id")!] = p.DeepClone().AsObject();
        return made;
    }

    private JsonObject CreatePayment(JsonObject p)
    {
        var method = Text(p, "payment_method");
        if (method is not null && (Shelf("payment_method").Find(method) is not { } known || Text(known, "customer") != Text(p, "customer")))
        {
            throw new StripeFaultException(StripeFault.NotFound("PaymentMethod", method, "payment_method"));
        }

        if (p["amount"]!.Whole() < 1)
        {
            throw new StripeFaultException(StripeFault.Wrong("This value must be greater than or equal to 1.", "amount"));
        }

        if (p["amount"]!.Whole() < SmallestCharge)
        {
            throw new StripeFaultException(
                new(400, "invalid_request_error", "amount_too_small", "Amount must be at least $0.50 usd", "amount"));
        }

        var made = Merge(
            Clear(Shelf("payment_intent").Add(Now()), "latest_charge", "description", "setup_future_usage", "payment_method"), p);
        made.Remove("confirm");
        made.Remove("off_session");
        (made["status"], made["amount_received"]) = (method is null ? "requires_payment_method" : "requires_confirmation", 0);
        return p["confirm"]?.GetValue<bool>() == true ? Confirm(made, _cards[method!]) : made;
    }

    private JsonObject Confirm(JsonObject intent, StripeCard card)
    {
        if (card == StripeCard.Good)
        {
            return Succeed(intent);
        }

        var (code, decline) = card switch
        {
            StripeCard.InsufficientFunds => ("card_declined", "insufficient_funds"),
            StripeCard.NeedsAuthentication => ("authentication_required", "authentication_required"),
            _ => ("card_declined", "generic_decline"),
        };
        intent["status"] = "requires_payment_method";
        intent["last_payment_error"] =
            new JsonObject
            {
                ["type"] = "card_error", ["code"] = code, ["decline_code"] = decline, ["message"] = "Your card was declined.",
            };
        LastFailed = Told(intent, "payment_intent.payment_failed");
        throw new StripeFaultException(new(402, "card_error", code, "Your card was declined.", decline));
    }

    private JsonObject CancelPayment(JsonObject p)
    {
        var intent = Shelf("payment_intent").Get(Text(p, "intent")!, "intent");
        if (Text(intent, "status") is "succeeded" or "canceled")
        {
            throw new StripeFaultException(
                new(400, "invalid_request_error", "payment_intent_unexpected_state", "You cannot cancel this PaymentIntent."));
        }

        intent["status"] = "canceled";
        return Told(intent, "payment_intent.canceled");
    }

    private JsonObject CreateRefund(JsonObject p)
    {
        var intent = Shelf("payment_intent")
            .Get(Text(p, "payment_intent") ?? throw new StripeFaultException(StripeFault.Missing("payment_intent")), "payment_intent");
        return Refund(intent, p["amount"]?.Whole(), p);
    }

    private JsonObject CreatePortal(JsonObject p)
    {
        Shelf("customer").Get(Text(p, "customer") ?? throw new StripeFaultException(StripeFault.Missing("customer")), "customer");
        var made = Merge(Shelf("billing_portal.session").Add(Now()), p);
        made["url"] = $"https://billing.stripe.com/p/session/{made["id"]}";
        return made;
    }

    private JsonObject CreateInvoiceItem(JsonObject p)
    {
        Shelf("customer").Get(Text(p, "customer") ?? throw new StripeFaultException(StripeFault.Missing("customer")), "customer");
        var item = Merge(Shelf("invoiceitem").Add(Now()), p);
        if (Text(p, "invoice") is { } id)
        {
            var invoice = Shelf("invoice").Get(id, "invoice");
            if (Text(invoice, "status") != "draft")
            {
                throw new StripeFaultException(StripeFault.Wrong("Invoice is no longer editable", "invoice"));
            }

            AddTo(invoice, item);
        }
        else
        {
            item["invoice"] = null;
        }

        return Told(item, "invoiceitem.created");
    }

    private JsonObject Change(JsonObject one, JsonObject p, string type) => Told(Merge(one, p), type);

    /// <summary>Applies the parameters to members that the object has. Metadata is added; the empty text unsets.</summary>
    private static JsonObject Merge(JsonObject into, JsonObject p)
    {
        foreach (var (name, value) in p)
        {
            if (!into.ContainsKey(name) || name is "id" or "object" or "created")
            {
                continue;
            }

            if (name == "metadata" && value is JsonObject added && into[name] is JsonObject metadata)
            {
                foreach (var (key, text) in added)
                {
                    metadata[key] = text?.DeepClone();
                }
            }
            else if (into[name] is JsonObject inner && value is JsonObject asked)
            {
                Merge(inner, asked);
            }
            else
            {
                into[name] = value is JsonValue text && text.TryGetValue<string>(out var plain) && plain.Length == 0
                    ? null
                    : value?.DeepClone();
            }
        }

        return into;
    }

    private static JsonObject Clear(JsonObject one, params string[] names)
    {
        foreach (var name in names)
        {
            one[name] = null;
        }

        return one;
    }

    private static string? Text(JsonObject one, string name) =>
        one[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static bool Fits(JsonObject one, JsonObject p, params string[] names) =>
        Array.TrueForAll(names, name => p[name] is not { } wanted || wanted.ToString() == one[name]?.ToString());

    /// <summary>Expands ids to objects on request: <c>expand[0]=payment_method</c>, in lists <c>data.payment_method</c>.</summary>
    private JsonNode Expand(JsonNode answer, JsonObject p)
    {
        foreach (var path in (p["expand"] as JsonArray ?? []).Select(static one => one!.ToString().Split('.')))
        {
            Expand(answer, path);
        }

        return answer;
    }

    private void Expand(JsonNode? at, ReadOnlySpan<string> path)
    {
        if (at is JsonArray list)
        {
            foreach (var one in list)
            {
                Expand(one, path);
            }
        }
        else if (at is JsonObject inner && !path.IsEmpty)
        {
            if (inner[path[0]] is JsonValue value && value.TryGetValue<string>(out var id)
                && _shelves.Values.Select(shelf => shelf.Find(id)).FirstOrDefault(static one => one is not null) is { } found)
            {
                inner[path[0]] = found.DeepClone();
            }
            else if (inner[path[0]] is JsonArray ids)
            {
                inner[path[0]] = new JsonArray([.. ids.Select(one => one is JsonValue
                    ? (_shelves.Values.Select(shelf => shelf.Find(one.ToString())).FirstOrDefault(static known => known is not null)
                        ?? one).DeepClone()
                    : one!.DeepClone())]);
            }

            Expand(inner[path[0]], path[1..]);
        }
    }

    private JsonObject Told(JsonObject moved, string type, JsonObject? before = null)
    {
        var told = new JsonObject
        {
            ["id"] = $"evt_Double{++_ids:D6}",
            ["object"] = "event",
            ["api_version"] = "2026-10-28.endive",
            ["created"] = Now(),
            ["livemode"] = false,
            ["pending_webhooks"] = 1,
            ["request"] = new JsonObject { ["id"] = null, ["idempotency_key"] = null },
            ["type"] = type,
            ["data"] = before is null
                ? new JsonObject { ["object"] = moved.DeepClone() }
                : new JsonObject { ["object"] = moved.DeepClone(), ["previous_attributes"] = before },
        };
        Events.Add(told);
        foreach (var id in new[]
        {
            moved["id"], moved["customer"], moved["payment_intent"], moved["metadata"]?["tollgate_payment"],
        }.Select(static one => one?.ToString()).OfType<string>().Distinct())
        {
            if (!_eventsOf.TryGetValue(id, out var events))
            {
                _eventsOf[id] = events = [];
            }

            events.Add(told);
        }

        return moved;
    }
}
