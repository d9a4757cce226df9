using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Checkouts;

/// <summary>A customer's own page, valid until <paramref name="ExpiresAt"/>.</summary>
/// <param name="Token">The token in the page's address, returned once.</param>
public sealed record NewPortalSession(Guid Id, string Token, Instant ExpiresAt);

/// <param name="Project">The project's number.</param>
/// <param name="RevokedAt">The time at which the session, the token that opened it or the key behind them was revoked.</param>
public sealed record PortalSession(
    int Project, string Customer, string? ReturnUrl, Instant ExpiresAt, Guid Id, Instant? RevokedAt, IssuerState Issuer)
{
    public bool HasEnded(Instant now) => RevokedAt is not null || ExpiresAt <= now || Issuer.HasEnded(now);
}

/// <summary>A portal session in a list, without its address.</summary>
/// <param name="IssuedBy">The key that issued the session, or the key behind the customer token that opened it.</param>
/// <param name="Token">The customer token that opened it.</param>
public sealed record PortalSessionRow(
    Guid Id, string Customer, string? ReturnUrl, Guid? IssuedBy, Guid? Token, Instant CreatedAt, Instant ExpiresAt, Instant? RevokedAt);

/// <summary>
/// Addresses under which a customer sees its own data, for an hour of real time. Anyone who has one acts as the customer.
/// </summary>
public sealed class PortalSessions(NpgsqlDataSource database, CustomerChanges changes, ProjectDirectory directory, Clock clock)
{
    public static readonly TimeSpan Life = TimeSpan.FromHours(1);

    /// <summary>
    /// The most valid sessions of one customer. A new one beyond that ends the oldest, because often the customer opens them.
    /// </summary>
    public const int Most = 100;

    /// <returns>Null: the project has no such customer.</returns>
    public async Task<NewPortalSession?> OpenAsync(
        ProjectSnapshot project, string customer, string? returnUrl, Issuer issuer, CancellationToken cancel)
    {
        await using (var change = await changes.BeginOnExistingAsync(project, customer, cancel))
        {
            if (change is null)
            {
                return null;
            }

            var (row, token, now) = (change.Row, PageToken.New(directory.Current.Check), clock.Now());
            var (id, until) = (Guid.CreateVersion7(now.ToOffset()), now.Plus(issuer.Clip(Life, now)));
            await change.ExecuteAsync(CheckoutSql.EndOldSessions, cancel, row.Partition, row.Account, Most - 1);
            await change.ExecuteAsync(CheckoutSql.ForgetSessions, cancel, row.Partition, row.Account, Most - 1);
            await change.ExecuteAsync(
                CheckoutSql.InsertSession, cancel, row.Partition, row.Account, id, project.Id, KeyHash.Of(token).ToBytes(),
                SqlCommands.OrNull(returnUrl, NpgsqlDbType.Text), until.ToUtc(),
                SqlCommands.OrNull(issuer.Key, NpgsqlDbType.Uuid), SqlCommands.OrNull(issuer.Token, NpgsqlDbType.Uuid));
            await change.CommitAsync();
            return new(id, token, until);
        }
    }

    /// <summary>Finds a session. It also finds one that ended within a week, so that the page can say so.</summary>
    public async Task<PortalSession?> FindAsync(string token, CancellationToken cancel)
    {
        if (!KeyHash.TryOf(token, out var hash))
        {
            return null;
        }

        await using var command = database.Command(CheckoutSql.FindSession, hash.ToBytes());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new(
                reader.GetInt32(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2),
                Instant.FromUtc(reader.GetDateTime(3)), reader.GetGuid(4),
                ProjectQueries.InstantOrNull(reader, 5), IssuerState.Read(reader, 6))
            : null;
    }

    /// <summary>Newest first; ended sessions stay listed for a week.</summary>
    public Task<IReadOnlyList<PortalSessionRow>> ListAsync(
        ProjectSnapshot project, string? customer, Guid? after, int limit, CancellationToken cancel) => ReadAsync(
        database.Command(
            CheckoutSql.ListSessions, project.Id, SqlCommands.OrNull(customer, NpgsqlDbType.Text),
            SqlCommands.OrNull(after, NpgsqlDbType.Uuid), limit),
        cancel);

    public async Task<PortalSessionRow?> ShowAsync(ProjectSnapshot project, Guid id, CancellationToken cancel) =>
        (await ReadAsync(database.Command(CheckoutSql.ShowSession, project.Id, id), cancel)).SingleOrDefault();

    /// <summary>Ends the session and the checkouts that were opened on its page.</summary>
    /// <returns>False: there is no such session.</returns>
    public async Task<bool> RevokeAsync(ProjectSnapshot project, Guid id, CancellationToken cancel)
    {
        await using var command = database.Command(CheckoutSql.RevokeSession, project.Id, id);
        return await command.ExecuteNonQueryAsync(cancel) > 0;
    }

    private static async Task<IReadOnlyList<PortalSessionRow>> ReadAsync(NpgsqlCommand select, CancellationToken cancel)
    {
        await using var command = select;
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<PortalSessionRow>();
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(new(
                reader.GetGuid(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2),
                reader.IsDBNull(3) ? null : reader.GetGuid(3),
                reader.IsDBNull(4) ? null : reader.GetGuid(4), Instant.FromUtc(reader.GetDateTime(5)),
                Instant.FromUtc(reader.GetDateTime(6)), ProjectQueries.InstantOrNull(reader, 7)));
        }

        return rows;
    }
}
