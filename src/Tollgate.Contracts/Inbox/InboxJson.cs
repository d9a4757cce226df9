using System.Text.Json;
using System.Text.Json.Serialization;
using Tollgate.Contracts.Http;

namespace Tollgate.Contracts.Inbox;

/// <summary>The JSON serialization of the bodies of the room Inbox.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    Converters = [typeof(PlainDecimal), typeof(UtcInstant)])]
[JsonSerializable(typeof(WebhookReceived))]
[JsonSerializable(typeof(ProviderEventView))]
[JsonSerializable(typeof(ProviderEventList))]
[JsonSerializable(typeof(ProviderEventsRetried))]
public sealed partial class InboxJson : JsonSerializerContext;
