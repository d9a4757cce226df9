using System.Text.Json.Serialization;
using Tollgate.Contracts.Http;

namespace Tollgate.Contracts.Projects;

/// <summary>The JSON serialization of the bodies of the room Projects.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    Converters = [typeof(PlainDecimal), typeof(UtcInstant)])]
[JsonSerializable(typeof(CreateProjectRequest))]
[JsonSerializable(typeof(SetHostsRequest))]
[JsonSerializable(typeof(CreatedProject))]
[JsonSerializable(typeof(ProjectView))]
[JsonSerializable(typeof(ProjectList))]
[JsonSerializable(typeof(CreateKeyRequest))]
[JsonSerializable(typeof(CreatedKey))]
[JsonSerializable(typeof(RotateKeyRequest))]
[JsonSerializable(typeof(KeyView))]
[JsonSerializable(typeof(KeyList))]
[JsonSerializable(typeof(CreateTokenRequest))]
[JsonSerializable(typeof(CreatedToken))]
[JsonSerializable(typeof(TokenView))]
[JsonSerializable(typeof(TokenList))]
public sealed partial class ProjectsJson : JsonSerializerContext;
