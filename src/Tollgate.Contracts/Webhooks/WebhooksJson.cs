using System.Text.Json;
using System.Text.Json.Serialization;
using Tollgate.Contracts.Http;

namespace Tollgate.Contracts.Webhooks;

/// <summary>The JSON serialization of the bodies of the room Webhooks and of the payloads that Tollgate sends.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    Converters = [typeof(PlainDecimal), typeof(UtcInstant)])]
[JsonSerializable(typeof(CreateWebhookEndpointRequest))]
[JsonSerializable(typeof(ChangeWebhookEndpointRequest))]
[JsonSerializable(typeof(RotateWebhookSecretRequest))]
[JsonSerializable(typeof(RedeliverRangeRequest))]
[JsonSerializable(typeof(RedeliveredRange))]
[JsonSerializable(typeof(WebhookEndpointView))]
[JsonSerializable(typeof(WebhookEndpointSecret))]
[JsonSerializable(typeof(WebhookEndpointList))]
[JsonSerializable(typeof(WebhookEventView))]
[JsonSerializable(typeof(WebhookEventList))]
[JsonSerializable(typeof(WebhookEventTypeList))]
[JsonSerializable(typeof(WebhookDeliveryView))]
[JsonSerializable(typeof(WebhookDeliveryDetail))]
[JsonSerializable(typeof(WebhookDeliveryList))]
[JsonSerializable(typeof(SubscriptionWebhook))]
[JsonSerializable(typeof(InvoiceWebhook))]
[JsonSerializable(typeof(CheckoutWebhook))]
[JsonSerializable(typeof(PaymentWebhook))]
[JsonSerializable(typeof(QuotaWebhook))]
[JsonSerializable(typeof(WebhookEndpointWebhook))]
public sealed partial class WebhooksJson : JsonSerializerContext;
