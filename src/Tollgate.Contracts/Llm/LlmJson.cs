using System.Text.Json;
using System.Text.Json.Serialization;
using Tollgate.Contracts.Http;

namespace Tollgate.Contracts.Llm;

/// <summary>The JSON serialization of the bodies of the room Llm.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    Converters = [typeof(PlainDecimal), typeof(UtcInstant)])]
[JsonSerializable(typeof(LlmCallRequest))]
[JsonSerializable(typeof(IReadOnlyList<JsonElement>))]
[JsonSerializable(typeof(LlmCallRecorded))]
[JsonSerializable(typeof(LlmCallsRecorded))]
[JsonSerializable(typeof(LlmCallList))]
[JsonSerializable(typeof(UnpricedModelList))]
[JsonSerializable(typeof(ModelPriceRequest))]
[JsonSerializable(typeof(ModelPriceView))]
[JsonSerializable(typeof(ModelPriceList))]
[JsonSerializable(typeof(PricesImported))]
[JsonSerializable(typeof(MarkupBody))]
[JsonSerializable(typeof(RerateRequest))]
[JsonSerializable(typeof(Rerated))]
public sealed partial class LlmJson : JsonSerializerContext;
