using System.Text.Json;
using System.Text.Json.Serialization;
using Tollgate.Contracts.Http;

namespace Tollgate.Contracts.Invoicing;

/// <summary>The JSON serialization of the bodies of the room Invoicing.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    Converters = [typeof(PlainDecimal), typeof(UtcInstant)])]
[JsonSerializable(typeof(InvoiceView))]
[JsonSerializable(typeof(InvoiceList))]
[JsonSerializable(typeof(InvoiceStatusRequest))]
[JsonSerializable(typeof(CreditInvoiceRequest))]
[JsonSerializable(typeof(LineExplanation))]
[JsonSerializable(typeof(CreateCouponRequest))]
[JsonSerializable(typeof(CouponView))]
[JsonSerializable(typeof(CouponList))]
[JsonSerializable(typeof(InvoiceSettingsBody))]
[JsonSerializable(typeof(TaxRates))]
[JsonSerializable(typeof(StatementView))]
[JsonSerializable(typeof(LateUsageList))]
[JsonSerializable(typeof(BuyPackRequest))]
[JsonSerializable(typeof(PackPurchaseView))]
[JsonSerializable(typeof(PackPurchaseList))]
[JsonSerializable(typeof(GiveCreditRequest))]
[JsonSerializable(typeof(CreditFactView))]
[JsonSerializable(typeof(CreditAccountView))]
public sealed partial class InvoicesJson : JsonSerializerContext;
