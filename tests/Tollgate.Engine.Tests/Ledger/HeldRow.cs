using Npgsql;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Ledger;

/// <summary>Holds the row of a customer, as a long change of the customer would, until this is disposed.</summary>
internal sealed class HeldRow : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private HeldRow(NpgsqlConnection connection, NpgsqlTransaction transaction) => (_connection, _transaction) = (connection, transaction);

    /// <summary>Locks balances with it, because a decision on a book in memory writes only those.</summary>
    /// <param name="customer">Its id, in any project.</param>
    public static async Task<HeldRow> OfAsync(TestDatabase database, string customer)
    {
        var connection = await database.Source.OpenConnectionAsync();
        var transaction = await connection.BeginTransactionAsync();
        foreach (var sql in (string[])
            [
                "SELECT FROM customers WHERE id = $1 FOR UPDATE",
                "UPDATE balances SET version = version WHERE (partition, account) IN (SELECT partition, "
                    + "account FROM customers WHERE id = $1)",
            ])
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            command.Parameters.Add(new() { Value = customer });
            await command.ExecuteNonQueryAsync();
        }

        return new(connection, transaction);
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
