using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>Credit that a customer received or used.</summary>
/// <param name="Id">The position in the list, for paging.</param>
/// <param name="Amount">Negative if it was used or taken back.</param>
/// <param name="Invoice">The invoice that used or gave it.</param>
/// <param name="Actor">The actor of a manual change.</param>
public sealed record CreditFact(
    string Id, CreditKind Kind, CreditCause Cause, MoneyAmount Amount, Instant At, Instant? ExpiresAt, Guid? Invoice, string? Note,
    string? Actor);

/// <summary>A customer's credit of a kind in a currency.</summary>
public sealed record CreditBalance(CreditKind Kind, MoneyAmount Amount);

/// <param name="Facts">Newest first.</param>
public sealed record CreditAccount(IReadOnlyList<CreditBalance> Balances, IReadOnlyList<CreditFact> Facts);

/// <summary>Reads the credits of one customer.</summary>
public sealed class CreditQueries(NpgsqlDataSource database, Clock clock)
{
    /// <summary>Returns null if this project has no such customer.</summary>
    /// <param name="after">The id of the last fact of the previous page; null: the beginning.</param>
    public async Task<CreditAccount?> ListAsync(
        ProjectSnapshot project, string customer, int limit, string? after, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        if (await CustomerRow.FindAsync(connection, project, customer, cancel) is not { } row)
        {
            return null;
        }

        var now = clock.Now(project);
        return new(await BalancesAsync(connection, row, now, cancel), await FactsAsync(connection, row, now, (after, limit), null, cancel));
    }

    /// <summary>Reads a fact that this transaction has written.</summary>
    internal static async Task<CreditFact> FindAsync(CustomerChange change, string id, Instant now, CancellationToken cancel) =>
        (await FactsAsync(change.Connection, change.Row, now, (null, 1), id, cancel)).Single();

    private static async Task<IReadOnlyList<CreditBalance>> BalancesAsync(
        NpgsqlConnection connection, CustomerRow row, Instant now, CancellationToken cancel)
    {
        await using var command = connection.Command(CreditSql.Balances, row.Partition, row.Account, now.ToUtc());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var balances = new List<CreditBalance>();
        while (await reader.ReadAsync(cancel))
        {
            balances.Add(
                new(CatalogWords.Read<CreditKind>(reader.GetString(0)), new(reader.GetInt64(2), Currency.Of(reader.GetString(1)))));
        }

        return balances;
    }

    private static async Task<IReadOnlyList<CreditFact>> FactsAsync(
        NpgsqlConnection connection, CustomerRow row, Instant now, (string? After, int Limit) page, string? id, CancellationToken cancel)
    {
        await using var command = connection.Command(
            CreditSql.Facts, row.Partition, row.Account, now.ToUtc(), SqlCommands.OrNull(page.After, NpgsqlDbType.Text), page.Limit,
            SqlCommands.OrNull(id, NpgsqlDbType.Text));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var facts = new List<CreditFact>();
        var fact = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            facts.Add(new(
                fact.Text("id"), CatalogWords.Read<CreditKind>(fact.Text("kind")),
                CatalogWords.Read<CreditCause>(fact.Text("cause")),
                new(fact.Long("amount"), Currency.Of(fact.Text("currency"))), fact.Time("at"),
                fact.TimeOrNull("expires_at"), fact.IdOrNull("invoice"),
                fact.TextOrNull("note"), fact.TextOrNull("actor")));
        }

        return facts;
    }
}
