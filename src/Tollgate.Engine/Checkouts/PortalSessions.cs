using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Checkouts;

/// <summary>A customer's own page, until then.</summary>
/// <param name="Token">Of the page's address, told once.</param>
public sealed record NewPortalSession(string Token, Instant ExpiresAt);

/// <param name="Project">Its number.</param>
public sealed record PortalSession(int Project, string Customer, string? ReturnUrl, Instant ExpiresAt);

/// <summary>Addresses under which a customer sees what is theirs, for an hour of real time: whoever has one is the customer.</summary>
public sealed class PortalSessions(NpgsqlDataSource database, ProjectDirectory directory, Clock clock)
{
    public static readonly TimeSpan Life = TimeSpan.FromHours(1);

    /// <returns>Null: the project has no such customer.</returns>
    public async Task<NewPortalSession?> OpenAsync(ProjectSnapshot project, string customer, string? returnUrl, CancellationToken cancel)
    {
        await using (var change = await CustomerChange.BeginOnExistingAsync(database, project, customer, cancel))
        {
            if (change is null)
            {
                return null;
            }

            var (row, token, now) = (change.Row, OpenCheckout.NewToken(directory.Current.Check), clock.Now());
            await change.ExecuteAsync(CheckoutSql.ForgetSessions, cancel, row.Partition, row.Account);
            await change.ExecuteAsync(
                CheckoutSql.InsertSession, cancel, row.Partition, row.Account, Guid.CreateVersion7(now.ToOffset()), project.Id, KeyHash.Of(token).ToBytes(),
                CustomerCommands.OrNull(returnUrl, NpgsqlDbType.Text), now.Plus(Life).ToUtc());
            await change.CommitAsync();
            return new(token, now.Plus(Life));
        }
    }

    /// <summary>Also one that has expired, for a while: the page says so.</summary>
    public async Task<PortalSession?> FindAsync(string token, CancellationToken cancel)
    {
        if (!KeyHash.TryOf(token, out var hash))
        {
            return null;
        }

        await using var command = database.Command(CheckoutSql.FindSession, hash.ToBytes());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new(reader.GetInt32(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2), Instant.FromUtc(reader.GetDateTime(3)))
            : null;
    }
}
