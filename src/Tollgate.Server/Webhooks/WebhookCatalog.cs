using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Webhooks;
using Tollgate.Core.Catalog;
using Tollgate.Core.Webhooks;
using Tollgate.Server.Alerts;
using Tollgate.Server.Billing;
using Tollgate.Server.Checkouts;
using Tollgate.Server.Customers;
using Tollgate.Server.Invoicing;
using Tollgate.Server.Payments;

namespace Tollgate.Server.Webhooks;

/// <summary>Every kind of event with the schema of its body and an example.</summary>
internal static class WebhookCatalog
{
    private static readonly JsonSchemaExporterOptions Exact =
        new() { TransformSchemaNode = Describe, TreatNullObliviousAsNonNullable = true };

    private static readonly Dictionary<WebhookObject, JsonElement> Schemas = new()
    {
        [WebhookObject.Subscription] = SchemaOf(WireJson.Default.SubscriptionWebhook),
        [WebhookObject.Invoice] = SchemaOf(WireJson.Default.InvoiceWebhook),
        [WebhookObject.Checkout] = SchemaOf(WireJson.Default.CheckoutWebhook),
        [WebhookObject.Payment] = SchemaOf(WireJson.Default.PaymentWebhook),
        [WebhookObject.Quota] = SchemaOf(WireJson.Default.QuotaWebhook),
        [WebhookObject.Alert] = SchemaOf(WireJson.Default.AlertWebhook),
        [WebhookObject.WebhookEndpoint] = SchemaOf(WireJson.Default.WebhookEndpointWebhook),
    };

    public static IReadOnlyList<WebhookEventTypeView> All { get; } =
    [
        .. WebhookEventType.All.Select(static type => new WebhookEventTypeView(
            type.Name, CatalogWords.Of(type.Object), type.Meaning, Schemas[type.Object], JsonElement.Parse(ExampleOf(type)))),
    ];

    private static string Customer => CustomerDescriptions.Ada.Replace("u_1842", "acme", StringComparison.Ordinal);

    private static string ExampleOf(WebhookEventType type) => type.Object switch
    {
        WebhookObject.Subscription =>
            $$"""
            {"type": "{{type.Name}}", "timestamp": "2026-01-31T00:00:00Z", "sequence": 1, "data": {"customer": {{Customer}},
             "subscription": {{SubscriptionDescriptions.One}},
             "change": {"sequence": 1, "type": "start", "at": "2026-01-31T00:00:00Z", "recorded_at": "2026-01-31T00:00:00Z",
              "actor": "key 019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10", "cause": "request", "invoice": "01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f88",
              "detail": {"status": "active", "plan": "pro", "plan_version": 1, "period": "monthly", "quantity": 1, "amount": 2900,
               "period_start": "2026-01-31T00:00:00Z", "period_end": "2026-02-28T00:00:00Z", "scheduled_plan": null, "cancel_at": null,
                "cancel_reason": null} },
             "previous_attributes": {} } }
            """,
        WebhookObject.Invoice =>
            $$"""
            {"type": "{{type.Name}}", "timestamp": "2026-02-28T00:00:00Z", "sequence": 1, "data": {"customer": {{Customer}},
             "invoice": {{InvoiceDescriptions.Sample}},
             "change": {"sequence": 1, "type": "finalize", "at": "2026-02-28T00:00:00Z", "amount": 3140,
              "actor": "system", "note": null} } }
            """,
        WebhookObject.Checkout =>
            $$"""
            {"type": "{{type.Name}}", "timestamp": "2026-03-31T09:02:11Z", "sequence": 1, "data": {"customer": {{Customer}},
             "checkout": {{CheckoutDescriptions.SampleOf(type.Name)}} } }
            """,
        WebhookObject.Payment =>
            $$"""
            {"type": "{{type.Name}}", "timestamp": "2026-03-31T00:00:06Z", "sequence": 1, "data": {"customer": {{Customer}},
             "payment": {{PaymentDescriptions.Paid}},
             "change": {"sequence": 2, "type": "succeed", "at": "2026-03-31T00:00:06Z", "amount": 2900, "actor": "system",
              "note": "ch_sandbox_01936f5e7c1d7c228e332f6e4d3c2b11"} } }
            """,
        WebhookObject.Alert =>
            $$"""
            {"type": "{{type.Name}}", "timestamp": "2026-11-20T08:00:00Z", "sequence": 1, "data": {"alert": {{AlertDescriptions.Sample}} } }
            """,
        WebhookObject.WebhookEndpoint =>
            $$"""
            {"type": "{{type.Name}}", "timestamp": "2026-11-21T08:00:00Z", "sequence": 1, "data": {"endpoint": {{WebhookDescriptions.Gone}},
             "change": {"sequence": 1, "type": "disable", "at": "2026-11-21T08:00:00Z", "reason": "gone"} } }
            """,
        _ =>
            $$"""
            {"type": "{{type.Name}}", "timestamp": "2026-11-21T08:00:00Z", "sequence": 1, "data": {"customer": {{Customer}},
             "quota": {"feature": "api_call", "percent": 80, "used": 801, "granted": 1000, "period_start": "2026-11-01T00:00:00Z",
              "reached_at": "2026-11-21T08:00:00Z"} } }
            """,
    };

    private static JsonElement SchemaOf(JsonTypeInfo type) => JsonSerializer.SerializeToElement(type.GetJsonSchemaAsNode(Exact));

    /// <summary>Describes times and decimals, whose converters the exporter does not know.</summary>
    private static JsonNode Describe(JsonSchemaExporterContext context, JsonNode schema)
    {
        var type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        var mayBeNull = type != context.TypeInfo.Type;
        return type == typeof(DateTimeOffset) ? new JsonObject { ["type"] = TypeOf("string", mayBeNull), ["format"] = "date-time" }
            : type == typeof(decimal) ? new JsonObject { ["type"] = TypeOf("number", mayBeNull) }
            : schema;
    }

    private static JsonNode TypeOf(string name, bool mayBeNull) => mayBeNull ? new JsonArray(name, "null") : JsonValue.Create(name);
}
