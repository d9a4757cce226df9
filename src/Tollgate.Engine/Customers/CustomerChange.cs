using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Time;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Customers;

/// <summary>
/// A transaction on one customer that holds the customer's row from its first statement on: changes of one customer run
/// one after the other. Disposing without <see cref="CommitAsync"/> takes everything back.
/// </summary>
/// <remarks>The order of locks is customer, balances, grants, the same as in the lanes.</remarks>
internal sealed class CustomerChange : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly List<CustomerTurn> _turns;

    private CustomerChange(NpgsqlConnection connection, NpgsqlTransaction transaction, CustomerRow row, List<CustomerTurn> turns) =>
        (_connection, _transaction, Row, _turns) = (connection, transaction, row, turns);

    /// <summary>The customer as it was when the lock was taken.</summary>
    public CustomerRow Row { get; }

    /// <summary>For rooms whose statements belong into the same transaction.</summary>
    public NpgsqlConnection Connection => _connection;

    /// <summary>Locks the customer, which is created first when it is missing.</summary>
    public static async Task<CustomerChange> BeginAsync(NpgsqlDataSource database, ProjectSnapshot project, string customer, CancellationToken cancel) =>
        (await LockAsync(database, project, customer, create: true, cancel))!;

    /// <summary>Locks the customer; null when there is none.</summary>
    public static Task<CustomerChange?> BeginOnExistingAsync(
        NpgsqlDataSource database, ProjectSnapshot project, string customer, CancellationToken cancel) =>
        LockAsync(database, project, customer, create: false, cancel);

    /// <summary>
    /// Locks two customers, in the order in which lanes lock several: two changes of the same two do not deadlock. Null: one of
    /// them is missing.
    /// </summary>
    /// <param name="create">Creates those that are missing.</param>
    public static async Task<(CustomerChange Change, CustomerRow Other)?> BeginOnTwoAsync(
        NpgsqlDataSource database, ProjectSnapshot project, string customer, string other, bool create, CancellationToken cancel)
    {
        var ids = new[] { customer, other };
        var partitions = Array.ConvertAll(ids, id => CustomerPlace.PartitionOf(project.Id, id));
        var turns = new List<CustomerTurn>();
        NpgsqlConnection? connection = null;
        NpgsqlTransaction? transaction = null;
        try
        {
            foreach (var id in ids.Distinct().Order(StringComparer.Ordinal))
            {
                turns.Add(await CustomerTurn.TakeAsync(database, project.Id, id, cancel));
            }

            connection = await database.OpenConnectionAsync(cancel);
            transaction = await connection.BeginTransactionAsync(cancel);
            if (create)
            {
                await using var missing = connection.Command(CustomerSql.CreateMissing, partitions, new[] { project.Id, project.Id }, ids);
                await missing.ExecuteNonQueryAsync(cancel);
            }

            var rows = new Dictionary<string, CustomerRow>(StringComparer.Ordinal);
            await using (var command = connection.Command(CustomerSql.FindAndLockTwo, project.Id, partitions, ids))
            await using (var reader = await command.ExecuteReaderAsync(cancel))
            {
                while (await reader.ReadAsync(cancel))
                {
                    var row = CustomerRow.Read(reader, project);
                    rows[row.Customer.Id] = row;
                }
            }

            if (rows.TryGetValue(customer, out var first) && rows.TryGetValue(other, out var second))
            {
                return (new(connection, transaction, first, turns), second);
            }
        }
        catch
        {
            await AbandonAsync(connection, transaction, turns);
            throw;
        }

        await AbandonAsync(connection, transaction, turns);
        return null;
    }

    public async Task<int> ExecuteAsync(string sql, CancellationToken cancel, params object?[] parameters)
    {
        await using var command = Command(sql, parameters);
        return await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>The first column of the first row; null when there is no row.</summary>
    public async Task<object?> AskAsync(string sql, CancellationToken cancel, params object?[] parameters)
    {
        await using var command = Command(sql, parameters);
        return await command.ExecuteScalarAsync(cancel);
    }

    public NpgsqlCommand Command(string sql, params object?[] parameters) => _connection.Command(sql, parameters);

    /// <summary>Makes every decision that was made on the old state stale. Answers the customer's version after the change.</summary>
    public async Task<int> TouchAsync(Instant now, CancellationToken cancel) =>
        await TouchAsync(Row, now, cancel);

    /// <summary>The same for the other one of two. Who touches both touches the one of the lower partition and account first.</summary>
    public async Task<int> TouchAsync(CustomerRow row, Instant now, CancellationToken cancel) =>
        (int)(await AskAsync(CustomerSql.Touch, cancel, row.Partition, row.Account, now.ToUtc()))!;

    /// <summary>The customer as this transaction has changed it.</summary>
    public async Task<CustomerRow> ReadAgainAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var command = Command(CustomerSql.Find, Row.Partition, project.Id, Row.Customer.Id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return CustomerRow.Read(reader, project);
    }

    /// <summary>What is done from here on can be taken back by <see cref="TakeBackAsync"/>, and the customer is held all the same.</summary>
    public Task MarkAsync(string mark, CancellationToken cancel) => _transaction.SaveAsync(mark, cancel);

    public Task TakeBackAsync(string mark, CancellationToken cancel) => _transaction.RollbackAsync(mark, cancel);

    /// <summary>What came of a request before, when its answer was lost. Null: nothing, or it has no key.</summary>
    public async Task<string?> ResultOfAsync(Guid? request, CancellationToken cancel) =>
        request is { } id ? (string?)await AskAsync(CustomerSql.ResultOf, cancel, Row.Partition, Row.Account, id) : null;

    /// <summary>Remembers what comes of a request, for longer than its key is kept.</summary>
    public async Task KeepResultAsync(Guid? request, string result, CancellationToken cancel)
    {
        if (request is { } id)
        {
            await ExecuteAsync(CustomerSql.KeepResult, cancel, Row.Partition, Row.Account, id, result);
        }
    }

    /// <summary>The row's lock is gone after it, and the next one's turn comes.</summary>
    public async Task CommitAsync(CancellationToken cancel)
    {
        await _transaction.CommitAsync(cancel);
        End(_turns);
    }

    public async ValueTask DisposeAsync()
    {
        await AbandonAsync(_connection, _transaction, _turns);
    }

    private static async Task<CustomerChange?> LockAsync(
        NpgsqlDataSource database, ProjectSnapshot project, string customer, bool create, CancellationToken cancel)
    {
        var partition = CustomerPlace.PartitionOf(project.Id, customer);
        var turn = await CustomerTurn.TakeAsync(database, project.Id, customer, cancel);
        NpgsqlConnection? connection = null;
        NpgsqlTransaction? transaction = null;
        try
        {
            connection = await database.OpenConnectionAsync(cancel);
            transaction = await connection.BeginTransactionAsync(cancel);
            var row = await FindAndLockAsync(connection, project, partition, customer, cancel);
            while (row is null && create)
            {
                // Only a deletion in this very moment makes this turn more than once.
                await using var missing = connection.Command(
                    CustomerSql.CreateMissing, new[] { partition }, new[] { project.Id }, new[] { customer });
                await missing.ExecuteNonQueryAsync(cancel);
                row = await FindAndLockAsync(connection, project, partition, customer, cancel);
            }

            if (row is not null)
            {
                return new(connection, transaction, row, [turn]);
            }
        }
        catch
        {
            await AbandonAsync(connection, transaction, [turn]);
            throw;
        }

        await AbandonAsync(connection, transaction, [turn]);
        return null;
    }

    private static async Task<CustomerRow?> FindAndLockAsync(
        NpgsqlConnection connection, ProjectSnapshot project, short partition, string customer, CancellationToken cancel)
    {
        await using var command = connection.Command(CustomerSql.FindAndLock, partition, project.Id, customer);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? CustomerRow.Read(reader, project) : null;
    }

    private static async ValueTask AbandonAsync(NpgsqlConnection? connection, NpgsqlTransaction? transaction, List<CustomerTurn> turns)
    {
        try
        {
            if (transaction is not null)
            {
                await transaction.DisposeAsync();
            }

            if (connection is not null)
            {
                await connection.DisposeAsync();
            }
        }
        finally
        {
            End(turns);
        }
    }

    private static void End(List<CustomerTurn> turns)
    {
        turns.ForEach(static turn => turn.Dispose());
        turns.Clear();
    }
}

/// <summary>Commands with parameters by position.</summary>
internal static class CustomerCommands
{
    public static NpgsqlCommand Command(this NpgsqlConnection connection, string sql, params object?[] parameters) =>
        new NpgsqlCommand(sql, connection).With(parameters);

    public static NpgsqlCommand Command(this NpgsqlDataSource database, string sql, params object?[] parameters) =>
        database.CreateCommand(sql).With(parameters);

    /// <summary>A parameter whose type is known also when it has no value.</summary>
    public static NpgsqlParameter OrNull(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private static NpgsqlCommand With(this NpgsqlCommand command, object?[] parameters)
    {
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter as NpgsqlParameter ?? new NpgsqlParameter { Value = parameter ?? DBNull.Value });
        }

        return command;
    }
}
