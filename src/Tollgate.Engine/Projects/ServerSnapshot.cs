using System.Collections.Frozen;
using System.Net;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Projects;

/// <summary>
/// The data that every request needs before it reaches its room: the projects with their catalogues, and the keys. Immutable;
/// <see cref="ProjectDirectory"/> replaces it whole.
/// </summary>
public sealed record ServerSnapshot
{
    public required FrozenDictionary<string, ProjectSnapshot> ProjectsByCode { get; init; }

    public required FrozenDictionary<int, ProjectSnapshot> ProjectsById { get; init; }

    /// <summary>By host name, in any case. Only projects that have hosts of their own.</summary>
    public required FrozenDictionary<string, ProjectSnapshot> ProjectsByHost { get; init; }

    /// <summary>Valid keys, and for 30 days the expired and revoked ones, so that their callers learn the reason.</summary>
    public required FrozenDictionary<KeyHash, ResolvedKey> Keys { get; init; }

    /// <summary>Tells issued tokens from invented ones. Null: there is no admin key yet.</summary>
    public TokenCheck? Check { get; init; }

    public static ServerSnapshot Empty { get; } = new()
    {
        ProjectsByCode = FrozenDictionary<string, ProjectSnapshot>.Empty,
        ProjectsById = FrozenDictionary<int, ProjectSnapshot>.Empty,
        ProjectsByHost = FrozenDictionary<string, ProjectSnapshot>.Empty,
        Keys = FrozenDictionary<KeyHash, ResolvedKey>.Empty,
    };
}

/// <summary>A key as the server holds it in memory.</summary>
/// <param name="ExpiresAt">Far in the future for a key without expiry, so that the hot path compares without a null check.</param>
/// <param name="Networks">Empty: from everywhere.</param>
/// <param name="Use">The same object as long as the key exists, even if the key changes.</param>
public sealed record ResolvedKey(
    Guid Id, Caller Caller, Instant ExpiresAt, Instant? RevokedAt, IReadOnlyList<IPNetwork> Networks, KeyUse Use);

/// <summary>The authenticated caller: made once per key and shared by its requests.</summary>
/// <param name="Project">Null only for an admin key that named no project.</param>
/// <param name="Customer">Customer tokens: the customer for whom it acts.</param>
/// <param name="KeyId">For audit and logs; null for customer tokens.</param>
public sealed record Caller(KeyKind Kind, ProjectSnapshot? Project, Scope Scopes, string? Customer, Guid? KeyId)
{
    /// <summary>The id of the customer token; null for a key.</summary>
    public Guid? Token { get; init; }

    /// <summary>The time at which the key or token expires: nothing that it issues lasts longer.</summary>
    public Instant ExpiresAt { get; init; } = Instant.FarFuture;
}

/// <summary>The time of a key's last use, noted without a lock or a write to the database.</summary>
public sealed class KeyUse
{
    private long _lastUsedSecond;
    private long _writtenSecond;

    /// <summary>Every request calls this: one read, and one write a second, so that cores do not contend for the cache line.</summary>
    public void Note(Instant now)
    {
        var second = now.UnixMicroseconds / 1_000_000;
        if (Volatile.Read(ref _lastUsedSecond) != second)
        {
            Volatile.Write(ref _lastUsedSecond, second);
        }
    }

    /// <summary>True if the key was used since the last call; the caller then writes <paramref name="lastUsed"/>.</summary>
    public bool TryTake(out Instant lastUsed)
    {
        var second = Volatile.Read(ref _lastUsedSecond);
        lastUsed = Instant.FromUnixSeconds(second);
        return Interlocked.Exchange(ref _writtenSecond, second) != second;
    }
}
