using System.Text.Json.Nodes;

namespace Tollgate.Testing.Stripe;

/// <summary>Invoices that are not for a period, and the items added to them.</summary>
public sealed partial class StripeBooks
{
    /// <summary>Creates an empty invoice, to which items are added and which <see cref="Finalize"/> finishes.</summary>
    private JsonObject CreateInvoice(JsonObject p)
    {
        var customer = Text(p, "customer") ?? throw new StripeFaultException(StripeFault.Missing("customer"));
        Shelf("customer").Get(customer, "customer");
        if (Text(p, "pending_invoice_items_behavior") != "exclude")
        {
            throw new StripeFaultException(StripeFault.Wrong("The double makes empty invoices only."));
        }

        var made = Merge(
            Shelf("invoice").Add(Now()),
            new JsonObject { ["currency"] = p["currency"]!.DeepClone(), ["auto_advance"] = p["auto_advance"]!.DeepClone() });
        (made["customer"], made["billing_reason"], made["status"], made["parent"]) = (customer, "manual", "draft", null);
        made["metadata"] = p["metadata"]?.DeepClone() ?? new JsonObject();
        made["lines"]!["data"] = new JsonArray();
        foreach (var name in new[] { "total", "subtotal", "amount_due", "amount_remaining", "amount_paid" })
        {
            made[name] = 0;
        }

        return Told(made, "invoice.created");
    }

    private JsonObject ListInvoicePayments(JsonObject p)
    {
        var intent = p["payment"]?["payment_intent"]?.ToString();
        var found = Shelf("invoice").All.SelectMany(static one => one["payments"]?["data"] as JsonArray ?? [])
            .Where(one => intent is null || one!["payment"]!["payment_intent"]?.ToString() == intent).Select(static one => one!.DeepClone())
            .ToArray();
        return new() { ["object"] = "list", ["has_more"] = false, ["url"] = "/v1/invoice_payments", ["data"] = new JsonArray(found) };
    }

    /// <summary>Adds the pending items of the subscription, or of none, to the invoice.</summary>
    private void AddPending(JsonObject invoice, string? subscription)
    {
        foreach (var item in Shelf("invoiceitem").All
            .Where(one => Text(one, "customer") == Text(invoice, "customer") && one["invoice"] is null
            && (Text(one, "subscription") is not { } of || of == subscription)).ToList())
        {
            item["invoice"] = Text(invoice, "id");
            Put(invoice, item);
        }
    }

    private void AddTo(JsonObject invoice, JsonObject item)
    {
        Put(invoice, item);
        Told(invoice, "invoice.updated");
    }

    private static void Put(JsonObject invoice, JsonObject item)
    {
        var amount = item["amount"]!.Whole();
        foreach (var name in new[] { "total", "subtotal", "amount_due", "amount_remaining" })
        {
            invoice[name] = invoice[name]!.Whole() + amount;
        }

        var line = new JsonObject
        {
            ["id"] = $"il_{item["id"]}", ["object"] = "line_item", ["amount"] = amount, ["subtotal"] = amount,
            ["currency"] = item["currency"]!.DeepClone(),
            ["description"] = item["description"]?.DeepClone(), ["discountable"] = true, ["discounts"] = new JsonArray(),
            ["discount_amounts"] = new JsonArray(),
            ["invoice"] = invoice["id"]!.DeepClone(), ["livemode"] = false,
            ["metadata"] = item["metadata"]?.DeepClone() ?? new JsonObject(), ["period"] = item["period"]?.DeepClone(),
            ["parent"] =
                new JsonObject
                {
                    ["type"] = "invoice_item_details",
                    ["invoice_item_details"] = new JsonObject { ["invoice_item"] = item["id"]!.DeepClone(), ["proration"] = false },
                },
            ["quantity"] = 1, ["taxes"] = new JsonArray(),
        };
        invoice["lines"]!["data"]!.AsArray().Add(line);
    }
}
