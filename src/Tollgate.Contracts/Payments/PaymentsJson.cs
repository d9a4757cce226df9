using System.Text.Json;
using System.Text.Json.Serialization;
using Tollgate.Contracts.Http;

namespace Tollgate.Contracts.Payments;

/// <summary>The JSON serialization of the bodies of the room Payments.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    Converters = [typeof(PlainDecimal), typeof(UtcInstant)])]
[JsonSerializable(typeof(ChargeRequest))]
[JsonSerializable(typeof(PaymentView))]
[JsonSerializable(typeof(PaymentList))]
[JsonSerializable(typeof(RefundRequest))]
[JsonSerializable(typeof(AddPaymentMethodRequest))]
[JsonSerializable(typeof(PaymentMethodView))]
[JsonSerializable(typeof(PaymentMethodList))]
[JsonSerializable(typeof(PaymentBehaviorRequest))]
[JsonSerializable(typeof(PaymentSettingsRequest))]
[JsonSerializable(typeof(StripeReconcileRequest))]
[JsonSerializable(typeof(StripeReconcileReport))]
[JsonSerializable(typeof(StripeSyncRequest))]
[JsonSerializable(typeof(StripeSyncReport))]
[JsonSerializable(typeof(DisputeList))]
[JsonSerializable(typeof(ProviderInvoiceList))]
[JsonSerializable(typeof(WebhookBehaviorRequest))]
[JsonSerializable(typeof(SandboxEventRequest))]
[JsonSerializable(typeof(PaymentSettingsView))]
public sealed partial class PaymentsJson : JsonSerializerContext;
