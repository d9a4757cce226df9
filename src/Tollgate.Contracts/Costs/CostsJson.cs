using System.Text.Json;
using System.Text.Json.Serialization;
using Tollgate.Contracts.Http;

namespace Tollgate.Contracts.Costs;

/// <summary>The JSON serialization of the bodies of the room Costs.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    Converters = [typeof(PlainDecimal), typeof(UtcInstant)])]
[JsonSerializable(typeof(CustomerCosts))]
[JsonSerializable(typeof(CustomerTrends))]
[JsonSerializable(typeof(CustomerDashboard))]
[JsonSerializable(typeof(CustomerAlerts))]
[JsonSerializable(typeof(CostAnalysis))]
[JsonSerializable(typeof(CustomerAnalysis))]
[JsonSerializable(typeof(RevenueVsCost))]
public sealed partial class CostsJson : JsonSerializerContext;
