using System.Text.Json.Serialization;

namespace Tollgate.Contracts.Http;

/// <summary>
/// The JSON serialization of errors. Each room has its own context for its bodies (the generator takes one file per context); all of them
/// carry the options that <c>WireContextTests</c> checks: snake_case, unknown and repeated fields refused, numbers as numbers.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(PlainDecimal), typeof(UtcInstant)])]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(NoMembers))]
public sealed partial class HttpJson : JsonSerializerContext;

/// <summary>The body of an operation without parameters: it may be absent, or an empty object.</summary>
public sealed record NoMembers;
