using System.Net;
using Npgsql;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Projects;

/// <summary>
/// The credential that issues something. Everything that it issues refers to it and ends with it: a key, the customer token that a key
/// issued, or a portal session that either of them opened.
/// </summary>
/// <param name="Until">The time at which the credential expires: nothing that it issues may last longer.</param>
public sealed record Issuer(Guid? Key, Guid? Token, Guid? Session, Instant Until)
{
    /// <summary>The server itself, for a mail, or for an operation that shows no page.</summary>
    public static readonly Issuer Server = new(null, null, null, Instant.FarFuture);

    public static Issuer Of(Caller caller) => new(caller.KeyId, caller.Token, null, caller.ExpiresAt);

    /// <summary>Returns the lifetime of something that would last <paramref name="life"/> without an issuer.</summary>
    public TimeSpan Clip(TimeSpan life, Instant now) => Until.Minus(life) < now ? Until - now : life;
}

/// <summary>The present state of the key that issued a token, a session or a checkout.</summary>
/// <param name="RevokedAt">The time at which the key was revoked; null: it is not revoked.</param>
/// <param name="ExpiresAt">Far in the future for a key without expiry.</param>
/// <param name="Networks">Empty: from everywhere.</param>
public sealed record IssuerState(Instant? RevokedAt, Instant ExpiresAt, Scope Scopes, IReadOnlyList<IPNetwork> Networks)
{
    /// <summary>Columns of a key <c>i</c> that was joined by <c>i.lineage = issuer</c>, after the issuer itself.</summary>
    internal const string Columns = "i.id, i.kind, i.scopes, i.networks, i.expires_at, i.revoked_at";

    private static readonly IssuerState Nobody = new(null, Instant.FarFuture, Scope.All, []);

    private static readonly IssuerState Gone = new(Instant.Epoch, Instant.FarFuture, Scope.None, []);

    public bool HasEnded(Instant now) => RevokedAt is not null || ExpiresAt <= now;

    /// <param name="issuer">The column of the issuer, which <see cref="Columns"/> follow.</param>
    internal static IssuerState Read(NpgsqlDataReader reader, int issuer)
    {
        if (reader.IsDBNull(issuer))
        {
            return Nobody;
        }

        if (reader.IsDBNull(issuer + 1))
        {
            return Gone;
        }

        var kind = ProjectQueries.KindOf(reader.GetString(issuer + 2));
        return new(
            ProjectQueries.InstantOrNull(reader, issuer + 6),
            ProjectQueries.InstantOrNull(reader, issuer + 5) ?? Instant.FarFuture,
            KeyRules.RightsOf(kind, Projects.Scopes.Parse(reader.GetFieldValue<string[]>(issuer + 3))),
            [.. reader.GetFieldValue<string[]>(issuer + 4).Select(static network => IPNetwork.Parse(network))]);
    }
}
