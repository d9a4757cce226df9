using System.Text.Json.Serialization;
using Tollgate.Contracts.Http;

namespace Tollgate.Contracts.Metering;

/// <summary>The JSON serialization of the bodies of the room Metering. The server parses events by hand (see its EventFields).</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    Converters = [typeof(PlainDecimal), typeof(UtcInstant)])]
[JsonSerializable(typeof(EventRequest))]
[JsonSerializable(typeof(RecordedEvents))]
[JsonSerializable(typeof(VoidRequest))]
[JsonSerializable(typeof(VoidedView))]
[JsonSerializable(typeof(EventView))]
[JsonSerializable(typeof(EventList))]
[JsonSerializable(typeof(DecisionExplained))]
[JsonSerializable(typeof(UnmatchedEventList))]
public sealed partial class MeteringJson : JsonSerializerContext;
