using System.ComponentModel.DataAnnotations;

namespace Tollgate.Contracts.Projects;

/// <summary>Body of <c>POST /v1/projects</c>.</summary>
public sealed record CreateProjectRequest
{
    /// <summary>Lower-case letters, digits and hyphens, at most 63; the first a letter.</summary>
    [Required]
    public string? Code { get; init; }

    [Required]
    public string? Name { get; init; }

    /// <summary><c>live</c> or <c>sandbox</c> (has a movable test clock).</summary>
    [Required]
    public string? Mode { get; init; }

    /// <summary>
    /// The code of a built-in catalogue, or a catalogue as YAML text. Without one: a single plan <c>free</c> without features.
    /// </summary>
    public string? Catalog { get; init; }

    /// <summary>IANA zone in which billing days are counted. Default: the catalogue's, else <c>Etc/UTC</c>.</summary>
    public string? TimeZone { get; init; }

    /// <summary>ISO 4217. Default: the catalogue's, else <c>USD</c>.</summary>
    public string? Currency { get; init; }
}

/// <summary>Answer of <c>POST /v1/projects</c>. Tollgate shows the keys only here.</summary>
public sealed record CreatedProject
{
    public required string Code { get; init; }

    public required string Name { get; init; }

    public required string Mode { get; init; }

    public required string TimeZone { get; init; }

    public required string Currency { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string SecretKey { get; init; }

    public required string PublicKey { get; init; }
}

public sealed record ProjectView
{
    public required string Code { get; init; }

    public required string Name { get; init; }

    public required string Mode { get; init; }

    public required string TimeZone { get; init; }

    public required string Currency { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Revision of the catalogue in force.</summary>
    public required int CatalogRevision { get; init; }

    /// <summary>Host names under which public reads without a key are served from this project.</summary>
    public required IReadOnlyList<string> Hosts { get; init; }
}

/// <summary>Body of <c>PUT /v1/projects/{code}/hosts</c>.</summary>
public sealed record SetHostsRequest
{
    /// <summary>All of the project's host names, without ports: at most 20; an empty list removes them.</summary>
    [Required]
    public IReadOnlyList<string>? Hosts { get; init; }
}

public sealed record ProjectList(IReadOnlyList<ProjectView> Data, bool HasMore);

/// <summary>Body of <c>POST /v1/api-keys</c>.</summary>
public sealed record CreateKeyRequest
{
    /// <summary><c>secret</c>, <c>public</c> or <c>restricted</c>.</summary>
    [Required]
    public string? Kind { get; init; }

    public string? Name { get; init; }

    /// <summary>Restricted keys: at least one of the scopes that <c>docs/reference/keys.md</c> lists.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>Default: the expiry of the calling key. Tollgate refuses a later one.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>
    /// Addresses (<c>203.0.113.7</c>) or networks (<c>203.0.113.0/24</c>) from which the key may be used. Default: those of the calling
    /// key; without any, the key may be used everywhere. Tollgate refuses others.
    /// </summary>
    public IReadOnlyList<string>? Networks { get; init; }
}

/// <summary>The answer to the creation or rotation of a key. Tollgate shows <see cref="Key"/> only here.</summary>
public sealed record CreatedKey
{
    public required string Id { get; init; }

    public required string Key { get; init; }

    public required string Kind { get; init; }

    public string? Name { get; init; }

    public required string Prefix { get; init; }

    public required IReadOnlyList<string> Scopes { get; init; }

    public required IReadOnlyList<string> Networks { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>Body of <c>POST /v1/api-keys/{id}/rotate</c>; may be omitted.</summary>
public sealed record RotateKeyRequest
{
    /// <summary>Seconds for which the old key stays valid along with the new one: 0 (default) to 604,800 (a week).</summary>
    public long? GraceSeconds { get; init; }
}

/// <summary>A key in a list: never its text.</summary>
public sealed record KeyView
{
    public required string Id { get; init; }

    public required string Kind { get; init; }

    public string? Name { get; init; }

    /// <summary>The first 12 characters of the key's text.</summary>
    public required string Prefix { get; init; }

    public required IReadOnlyList<string> Scopes { get; init; }

    public required IReadOnlyList<string> Networks { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>To the minute; null when it was never used.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>The id of the key that created it, and with which it ends; null: the server created it.</summary>
    public string? IssuedBy { get; init; }
}

public sealed record KeyList(IReadOnlyList<KeyView> Data, bool HasMore);

/// <summary>Body of <c>POST /v1/customers/{id}/tokens</c>; may be omitted.</summary>
public sealed record CreateTokenRequest
{
    /// <summary>
    /// 60 to 315,360,000 (ten years). Default: 3,600, or less if the calling key expires earlier. Tollgate refuses a token that outlives
    /// the calling key.
    /// </summary>
    public long? TtlSeconds { get; init; }
}

/// <summary>A new customer token. Tollgate shows its text only here.</summary>
/// <param name="Id">The id to list and revoke it by.</param>
public sealed record CreatedToken(string Id, string Token, DateTimeOffset ExpiresAt);

/// <summary>Body of <c>PUT /v1/customers/{id}/login</c>.</summary>
public sealed record SetLoginRequest
{
    /// <summary>1 to 255 characters, unique in the project; upper and lower case differ. Default: the customer's id.</summary>
    public string? Username { get; init; }

    /// <summary>8 to 256 characters. Tollgate stores only its hash.</summary>
    [Required]
    public string? Password { get; init; }
}

/// <summary>A customer's login: never its password.</summary>
public sealed record LoginView(string Customer, string Username, DateTimeOffset UpdatedAt);

/// <summary>A customer token in a list: never its text.</summary>
public sealed record TokenView
{
    public required string Id { get; init; }

    public required string Customer { get; init; }

    /// <summary><c>active</c>, <c>expired</c> or <c>revoked</c>.</summary>
    public required string Status { get; init; }

    /// <summary>The id of the key that issued it, or of the one that replaced that key.</summary>
    public string? IssuedBy { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The time at which it, or the key that issued it, was revoked.</summary>
    public DateTimeOffset? RevokedAt { get; init; }
}

public sealed record TokenList(IReadOnlyList<TokenView> Data, bool HasMore);
