using System.Collections.Frozen;
using System.Net;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Projects;

/// <summary>
/// Everything that a request needs before it reaches its room: the projects with their catalogues, and the keys.
/// Immutable; <see cref="ProjectDirectory"/> replaces it whole.
/// </summary>
public sealed record ServerSnapshot
{
    public required FrozenDictionary<string, ProjectSnapshot> ProjectsByCode { get; init; }

    public required FrozenDictionary<int, ProjectSnapshot> ProjectsById { get; init; }

    /// <summary>By host name, in any case. Only projects that have hosts of their own.</summary>
    public required FrozenDictionary<string, ProjectSnapshot> ProjectsByHost { get; init; }

    /// <summary>Valid keys, and for a while the expired and revoked ones, so that their callers are told which it is.</summary>
    public required FrozenDictionary<KeyHash, ResolvedKey> Keys { get; init; }

    /// <summary>Tells tokens that were issued from made-up ones. Null: there is no admin key yet.</summary>
    public TokenCheck? Check { get; init; }

    public static ServerSnapshot Empty { get; } = new()
    {
        ProjectsByCode = FrozenDictionary<string, ProjectSnapshot>.Empty,
        ProjectsById = FrozenDictionary<int, ProjectSnapshot>.Empty,
        ProjectsByHost = FrozenDictionary<string, ProjectSnapshot>.Empty,
        Keys = FrozenDictionary<KeyHash, ResolvedKey>.Empty,
    };
}

/// <summary>A key as the server's memory holds it.</summary>
/// <param name="ExpiresAt">Far in the future for a key without expiry, so that the hot path compares and never branches on null.</param>
/// <param name="Networks">Empty: from everywhere.</param>
/// <param name="Use">The same object as long as the key exists, whatever else of it changes.</param>
public sealed record ResolvedKey(
    Guid Id, Caller Caller, Instant ExpiresAt, Instant? RevokedAt, IReadOnlyList<IPNetwork> Networks, KeyUse Use);

/// <summary>Who asks: made once per key and shared by its requests.</summary>
/// <param name="Project">Null only for an admin key that named no project.</param>
/// <param name="Customer">Customer tokens: the one customer that it speaks for.</param>
/// <param name="KeyId">For audit and logs; null for customer tokens.</param>
public sealed record Caller(KeyKind Kind, ProjectSnapshot? Project, Scope Scopes, string? Customer, Guid? KeyId)
{
    /// <summary>The id of the customer token, where it is one.</summary>
    public Guid? Token { get; init; }

    /// <summary>When the key or token expires: what it issues lasts no longer.</summary>
    public Instant ExpiresAt { get; init; } = Instant.FarFuture;
}

/// <summary>When a key was last used, noted without a lock or a write to the database.</summary>
public sealed class KeyUse
{
    private long _lastUsedSecond;
    private long _writtenSecond;

    /// <summary>Called by every request: one read, and one write a second, so that cores do not fight over the cache line.</summary>
    public void Note(Instant now)
    {
        var second = now.UnixMicroseconds / 1_000_000;
        if (Volatile.Read(ref _lastUsedSecond) != second)
        {
            Volatile.Write(ref _lastUsedSecond, second);
        }
    }

    /// <summary>True when the key was used since the last time this was asked; <paramref name="lastUsed"/> is then to be written.</summary>
    public bool TryTake(out Instant lastUsed)
    {
        var second = Volatile.Read(ref _lastUsedSecond);
        lastUsed = Instant.FromUnixSeconds(second);
        return Interlocked.Exchange(ref _writtenSecond, second) != second;
    }
}
