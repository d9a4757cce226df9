using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Projects;

/// <summary>A project as the database has it.</summary>
/// <param name="CatalogRevision">0: no catalogue was ever published.</param>
/// <param name="Hosts">Host names under which its public reads are served without a key.</param>
/// <param name="Prices">Changes with every model price that is set for the project or for all projects.</param>
public sealed record ProjectRow(
    int Id,
    string Code,
    string Name,
    ProjectMode Mode,
    TimeZoneInfo Zone,
    string Currency,
    Instant? TestClock,
    Instant CreatedAt,
    int CatalogRevision,
    IReadOnlyList<string> Hosts,
    PriceRevision Prices,
    int MarkupBasisPoints,
    bool EncryptsUsage);

/// <summary>A key as lists show it: never its text, never its hash.</summary>
public sealed record KeyRow(
    Guid Id,
    KeyKind Kind,
    string? Name,
    string Prefix,
    IReadOnlyList<string> Scopes,
    IReadOnlyList<string> Networks,
    Instant CreatedAt,
    Instant? ExpiresAt,
    Instant? RevokedAt,
    Instant? LastUsedAt,
    Guid? IssuedBy);

/// <summary>A customer token as lists show it: never its text, never its hash.</summary>
/// <param name="IssuedBy">The id of the key that issued it, or of that key's replacement.</param>
/// <param name="RevokedAt">The time at which it, or the key that issued it, was revoked.</param>
public sealed record TokenRow(Guid Id, Guid? IssuedBy, Instant CreatedAt, Instant ExpiresAt, Instant? RevokedAt);

/// <summary>A customer token that was found. It may have ended.</summary>
public sealed record FoundToken(int ProjectId, string Customer, Instant ExpiresAt, Guid Id, Instant? RevokedAt, IssuerState Issuer);

/// <summary>The reads of the room Projects that go to the database.</summary>
public sealed class ProjectQueries(NpgsqlDataSource database)
{
    public async Task<IReadOnlyList<ProjectRow>> ListAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);

        // The list of parked work shows a project that cannot be read.
        return await ReadAsync(connection, cancel, static (_, _) => { });
    }

    /// <summary>Newest first.</summary>
    /// <param name="projectId">Null: the server's admin keys.</param>
    /// <param name="after">The last id of the page before, or null.</param>
    public async Task<IReadOnlyList<KeyRow>> ListKeysAsync(int? projectId, int limit, Guid? after, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(ProjectsSql.ListKeys);
        command.Parameters.Add(new() { Value = (object?)projectId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = limit });
        command.Parameters.Add(new() { Value = (object?)after ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<KeyRow> keys = [];
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            keys.Add(new(
                row.Id("id"),
                KindOf(row.Text("kind")),
                row.TextOrNull("name"),
                row.Text("prefix"),
                row.Value<string[]>("scopes"),
                row.Value<string[]>("networks"),
                row.Time("created_at"),
                row.TimeOrNull("expires_at"),
                row.TimeOrNull("revoked_at"),
                row.TimeOrNull("last_used_at"),
                row.IdOrNull("issuer")));
        }

        return keys;
    }

    /// <summary>Newest first.</summary>
    /// <param name="after">The last id of the page before, or null.</param>
    public async Task<IReadOnlyList<TokenRow>> ListTokensAsync(
        ProjectSnapshot project, string customer, Guid? after, int limit, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(ProjectsSql.ListTokens);
        command.Parameters.Add(new() { Value = project.Id });
        command.Parameters.Add(new() { Value = customer });
        command.Parameters.Add(new() { Value = (object?)after ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = limit });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<TokenRow> tokens = [];
        while (await reader.ReadAsync(cancel))
        {
            tokens.Add(new(
                reader.GetGuid(0), reader.IsDBNull(1) ? null : reader.GetGuid(1), Instant.FromUtc(reader.GetDateTime(2)),
                Instant.FromUtc(reader.GetDateTime(3)),
                InstantOrNull(reader, 4)));
        }

        return tokens;
    }

    /// <summary>Returns the customer for whom a token acts; null if there is no such token.</summary>
    public async Task<FoundToken?> FindTokenAsync(KeyHash hash, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(ProjectsSql.FindToken);
        command.Parameters.Add(new() { Value = hash.ToBytes() });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new(
                reader.GetInt32(0), reader.GetString(1), Instant.FromUtc(reader.GetDateTime(2)), reader.GetGuid(3),
                InstantOrNull(reader, 4),
                IssuerState.Read(reader, 5))
            : null;
    }

    /// <param name="passOver">Receives each project that cannot be read; null: the first one ends the reading.</param>
    internal static async Task<IReadOnlyList<ProjectRow>> ReadAsync(
        NpgsqlConnection connection, CancellationToken cancel, Action<string, Exception>? passOver = null)
    {
        await using var command = new NpgsqlCommand(ProjectsSql.ReadProjects, connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<ProjectRow> projects = [];
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            try
            {
                projects.Add(Read(row));
            }
            catch (Exception broken) when (passOver is not null && broken is not NpgsqlException)
            {
                // For example a time zone that this machine does not have.
                passOver(row.Text("code"), broken);
            }
        }

        return projects;
    }

    private static ProjectRow Read(RowReader row) => new(
        row.Whole("id"),
        row.Text("code"),
        row.Text("name"),
        row.Text("mode") == "sandbox" ? ProjectMode.Sandbox : ProjectMode.Live,
        TimeZoneInfo.FindSystemTimeZoneById(row.Text("time_zone")),
        row.Text("currency"),
        row.TimeOrNull("test_clock"),
        row.Time("created_at"),
        row.Whole("catalog_revision"),
        row.Value<string[]>("hosts"),
        new(row.Long("own_price_revision"), row.Long("shared_price_revision")),
        row.Whole("markup_basis_points"),
        row.Flag("encrypt_usage"));

    public static KeyKind KindOf(string name) => name switch
    {
        "admin" => KeyKind.Admin,
        "secret" => KeyKind.Secret,
        "public" => KeyKind.Public,
        "restricted" => KeyKind.Restricted,
        _ => throw new InvalidOperationException($"The database names a kind of key that this server does not know: {name}."),
    };

    public static string NameOf(KeyKind kind) => kind switch
    {
        KeyKind.Admin => "admin",
        KeyKind.Secret => "secret",
        KeyKind.Public => "public",
        KeyKind.Restricted => "restricted",
        _ => "customer token",
    };

    internal static Instant? InstantOrNull(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : Instant.FromUtc(reader.GetDateTime(column));
}
