using System.Text.Json;
using System.Text.Json.Serialization;
using Tollgate.Contracts.Http;

namespace Tollgate.Contracts.Gateway;

/// <summary>The JSON serialization of the bodies of the room Gateway.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    Converters = [typeof(PlainDecimal), typeof(UtcInstant)])]
[JsonSerializable(typeof(UpstreamRequest))]
[JsonSerializable(typeof(UpstreamView))]
[JsonSerializable(typeof(UpstreamList))]
[JsonSerializable(typeof(UpstreamCredentials))]
public sealed partial class GatewayJson : JsonSerializerContext;
