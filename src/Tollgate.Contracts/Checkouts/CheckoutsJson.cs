using System.Text.Json;
using System.Text.Json.Serialization;
using Tollgate.Contracts.Http;

namespace Tollgate.Contracts.Checkouts;

/// <summary>The JSON serialization of the bodies of the room Checkouts.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    Converters = [typeof(PlainDecimal), typeof(UtcInstant)])]
[JsonSerializable(typeof(CreateCheckoutRequest))]
[JsonSerializable(typeof(CheckoutView))]
[JsonSerializable(typeof(CheckoutList))]
[JsonSerializable(typeof(PortalSessionRequest))]
[JsonSerializable(typeof(PortalSessionView))]
[JsonSerializable(typeof(PortalSessionItem))]
[JsonSerializable(typeof(PortalSessionList))]
public sealed partial class CheckoutsJson : JsonSerializerContext;
