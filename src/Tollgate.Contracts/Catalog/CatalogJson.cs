using System.Text.Json;
using System.Text.Json.Serialization;
using Tollgate.Contracts.Http;

namespace Tollgate.Contracts.Catalog;

/// <summary>The JSON serialization of the bodies of the room Catalog.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(PlainDecimal), typeof(UtcInstant)])]
[JsonSerializable(typeof(PlanView))]
[JsonSerializable(typeof(PlanList))]
[JsonSerializable(typeof(FeatureList))]
[JsonSerializable(typeof(PlanComparison))]
[JsonSerializable(typeof(CatalogAnswer))]
[JsonSerializable(typeof(JsonElement))]
public sealed partial class CatalogJson : JsonSerializerContext;
