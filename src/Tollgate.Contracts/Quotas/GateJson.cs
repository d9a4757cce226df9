using System.Text.Json.Serialization;
using Tollgate.Contracts.Http;

namespace Tollgate.Contracts.Quotas;

/// <summary>The JSON serialization of the bodies of the room Quotas.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    Converters = [typeof(PlainDecimal), typeof(UtcInstant)])]
[JsonSerializable(typeof(CheckRequest))]
[JsonSerializable(typeof(ConsumeRequest))]
[JsonSerializable(typeof(ReserveRequest))]
[JsonSerializable(typeof(SettleRequest))]
[JsonSerializable(typeof(ExtendRequest))]
[JsonSerializable(typeof(DecisionView))]
[JsonSerializable(typeof(ConsumedView))]
[JsonSerializable(typeof(ReservationView))]
public sealed partial class GateJson : JsonSerializerContext;
