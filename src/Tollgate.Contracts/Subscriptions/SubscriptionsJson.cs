using System.Text.Json;
using System.Text.Json.Serialization;
using Tollgate.Contracts.Http;

namespace Tollgate.Contracts.Subscriptions;

/// <summary>The JSON serialization of the bodies of the room Subscriptions.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    Converters = [typeof(PlainDecimal), typeof(UtcInstant)])]
[JsonSerializable(typeof(CreateSubscriptionRequest))]
[JsonSerializable(typeof(ChangeSubscriptionRequest))]
[JsonSerializable(typeof(CancelSubscriptionRequest))]
[JsonSerializable(typeof(PauseSubscriptionRequest))]
[JsonSerializable(typeof(SubscriptionStepRequest))]
[JsonSerializable(typeof(RedeemCouponRequest))]
[JsonSerializable(typeof(SubscriptionCouponView))]
[JsonSerializable(typeof(SubscriptionCouponList))]
[JsonSerializable(typeof(SubscriptionView))]
[JsonSerializable(typeof(SubscriptionChangeView))]
[JsonSerializable(typeof(SubscriptionList))]
[JsonSerializable(typeof(SubscriptionFactList))]
[JsonSerializable(typeof(ParkedList))]
[JsonSerializable(typeof(BillingRunView))]
[JsonSerializable(typeof(MigratePlanRequest))]
[JsonSerializable(typeof(MigrationView))]
public sealed partial class SubscriptionsJson : JsonSerializerContext;
