using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Customers;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Customers;

/// <summary>
/// A transaction on one customer that locks the customer's row from its first statement on, so changes of one customer run one after the
/// other. Disposing it without <see cref="CommitAsync"/> rolls everything back.
/// </summary>
/// <remarks>The order of locks is customer, balances, grants, the same as in the lanes.</remarks>
internal sealed class CustomerChange : IAsyncDisposable
{
    private readonly CustomerTurn _turn;
    private readonly CustomerTransaction _work;
    private readonly CustomerRow? _other;

    private CustomerChange(CustomerTurn turn, CustomerTransaction work, CustomerRow row, CustomerRow? other) =>
        (_turn, _work, Row, _other) = (turn, work, row, other);

    /// <summary>The customer as it was when the transaction locked it.</summary>
    public CustomerRow Row { get; }

    /// <summary>The second customer of <see cref="CustomerChanges.BeginOnTwoAsync"/>.</summary>
    public CustomerRow Other => _other ?? throw new InvalidOperationException("One customer is held, not two.");

    /// <summary>For rooms whose statements belong to the same transaction.</summary>
    public NpgsqlConnection Connection => _work.Connection;

    /// <summary>For code that changes one or many customers.</summary>
    public CustomerTransaction Transaction => _work;

    public async Task<int> ExecuteAsync(string sql, CancellationToken cancel, params object?[] parameters)
    {
        await using var command = Command(sql, parameters);
        return await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Returns the first column of the first row; null if there is no row.</summary>
    public async Task<object?> ScalarAsync(string sql, CancellationToken cancel, params object?[] parameters)
    {
        await using var command = Command(sql, parameters);
        return await command.ExecuteScalarAsync(cancel);
    }

    public NpgsqlCommand Command(string sql, params object?[] parameters) => Connection.Command(sql, parameters);

    /// <summary>Makes every decision on the old state stale. Returns the customer's version after the change.</summary>
    public Task<int> TouchAsync(Instant now, CancellationToken cancel) => TouchAsync(Row, now, cancel);

    /// <summary>
    /// The same for the other of two customers. A caller that touches both first touches the one with the lower partition and account.
    /// </summary>
    public Task<int> TouchAsync(CustomerRow row, Instant now, CancellationToken cancel) => _work.TouchAsync(row, now, cancel);

    /// <summary>
    /// Waits for transactions that need the customer to stay: chunks of imports book to its account, and new keys encrypt its usage. For
    /// those that take the customer away; they look at what it has after this.
    /// </summary>
    /// <exception cref="CustomerBusyException">One of them takes too long.</exception>
    public async Task LockWholeAsync(CancellationToken cancel)
    {
        try
        {
            await ExecuteAsync(CustomerSql.LockWhole, cancel, Row.Partition, Row.Account);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            throw new CustomerBusyException("History of this customer is still being imported.", e);
        }
    }

    /// <summary>Notes that the transaction deletes the customer, which leaves no versions to move.</summary>
    public void NoteDeleted() => _work.Note(Row.Customer.Id);

    /// <summary>Reads the customer as this transaction has changed it.</summary>
    public async Task<CustomerRow> ReadAgainAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var command = Command(CustomerSql.Find, Row.Partition, project.Id, Row.Customer.Id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return CustomerRow.Read(new(reader), project);
    }

    /// <summary>Sets a savepoint: <see cref="TakeBackAsync"/> undoes later work and keeps the lock on the customer.</summary>
    public Task MarkAsync(string mark, CancellationToken cancel) => _work.Transaction.SaveAsync(mark, cancel);

    public Task TakeBackAsync(string mark, CancellationToken cancel) => _work.Transaction.RollbackAsync(mark, cancel);

    /// <summary>
    /// Returns the result of an earlier attempt of a request, whose answer was lost. Null: there was none, or the request has no key.
    /// </summary>
    public async Task<string?> ResultOfAsync(Guid? request, CancellationToken cancel) =>
        request is { } id ? (string?)await ScalarAsync(CustomerSql.ResultOf, cancel, Row.Partition, Row.Account, id) : null;

    /// <summary>Stores the result of a request, for longer than its key.</summary>
    public async Task KeepResultAsync(Guid? request, string result, CancellationToken cancel)
    {
        if (request is { } id)
        {
            await ExecuteAsync(CustomerSql.KeepResult, cancel, Row.Partition, Row.Account, id, result);
        }
    }

    /// <summary>
    /// Commits, releases the customer's row for the next change, and, before it returns, drops the customers that the transaction touched
    /// from this server's cache. A client that disconnects does not cancel the commit: the outcome of an interrupted commit is unknown.
    /// </summary>
    public async Task CommitAsync()
    {
        var forgetting = await _work.CommitFirstAsync();
        _turn.End();
        await forgetting.Done;
    }

    public async ValueTask DisposeAsync()
    {
        await using (_turn)
        {
            await _work.DisposeAsync();
        }
    }

    /// <summary>
    /// Takes the turn, then a connection with a transaction, then the rows: each owns those before it. Null: a customer is missing.
    /// </summary>
    internal static async Task<CustomerChange?> HoldAsync(
        CustomerChanges changes, ProjectSnapshot project, string customer, string? other, bool create, CancellationToken cancel)
    {
        string[] wanted = other is null ? [customer] : [customer, other];
        var taken = await CustomerTurn.TakeAsync(changes.Database, project.Id, wanted, cancel);
        return await taken.IntoAsync<CustomerTurn, CustomerChange>(async turn =>
        {
            var begun = await changes.BeginOnManyAsync(project, cancel);
            return await begun.IntoAsync<CustomerTransaction, CustomerChange>(async work =>
            {
                var rows = await LockAsync(work, project, wanted, create, changes.Erased, cancel);
                return rows is null ? null : new(turn, work, rows[0], other is null ? null : rows[1]);
            });
        });
    }

    /// <summary>Locks the rows of all customers; returns null if one is missing.</summary>
    /// <exception cref="CustomerBusyException">Another server has locked one of them for too long.</exception>
    /// <exception cref="CustomerErasedException">A missing one is erased.</exception>
    private static async Task<CustomerRow[]?> LockAsync(
        CustomerTransaction work, ProjectSnapshot project, string[] customers, bool create, ErasedIds? erased, CancellationToken cancel)
    {
        try
        {
            return customers is [var one]
                ? await FindOrCreateAsync(work, project, one, create, erased, cancel) is { } row ? [row] : null
                : await FindTwoAsync(work, project, customers, create, erased, cancel);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            throw new CustomerBusyException("A change of this customer on another server is still running.", e);
        }
    }

    private static async Task<CustomerRow?> FindOrCreateAsync(
        CustomerTransaction work, ProjectSnapshot project, string customer, bool create, ErasedIds? erased, CancellationToken cancel)
    {
        var partition = CustomerPlace.PartitionOf(project.Id, customer);
        var row = await FindAndLockAsync(work.Connection, project, partition, customer, cancel);
        while (row is null && create)
        {
            // Only a deletion at this moment repeats this loop.
            await CreateMissingAsync(work, project, [partition], [customer], erased, cancel);
            row = await FindAndLockAsync(work.Connection, project, partition, customer, cancel);
        }

        return row;
    }

    private static async Task<CustomerRow[]?> FindTwoAsync(
        CustomerTransaction work, ProjectSnapshot project, string[] customers, bool create, ErasedIds? erased, CancellationToken cancel)
    {
        var partitions = Array.ConvertAll(customers, id => CustomerPlace.PartitionOf(project.Id, id));
        if (create)
        {
            await CreateMissingAsync(work, project, partitions, customers, erased, cancel);
        }

        var rows = new Dictionary<string, CustomerRow>(StringComparer.Ordinal);
        await using var command = work.Connection.Command(CustomerSql.FindAndLockTwo, project.Id, partitions, customers);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var row = CustomerRow.Read(new(reader), project);
            rows[row.Customer.Id] = row;
        }

        return Array.TrueForAll(customers, rows.ContainsKey) ? Array.ConvertAll(customers, id => rows[id]) : null;
    }

    private static async Task CreateMissingAsync(
        CustomerTransaction work, ProjectSnapshot project, short[] partitions, string[] customers, ErasedIds? erased,
        CancellationToken cancel)
    {
        await using var missing = work.Connection.Command(
            CustomerSql.CreateMissing, partitions, Array.ConvertAll(customers, _ => project.Id), customers,
            ErasedIds.Parameter(erased, Array.ConvertAll(customers, id => (project.Id, id))));
        var found = new HashSet<string>(StringComparer.Ordinal);
        await using (var reader = await missing.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                found.Add(reader.GetString(CustomerSql.IdOfMissing));
            }
        }

        if (!found.SetEquals(customers))
        {
            throw new CustomerErasedException();
        }

        // A reader may have cached just now that these customers do not exist.
        foreach (var customer in customers)
        {
            work.Note(customer);
        }
    }

    private static async Task<CustomerRow?> FindAndLockAsync(
        NpgsqlConnection connection, ProjectSnapshot project, short partition, string customer, CancellationToken cancel)
    {
        await using var command = connection.Command(CustomerSql.FindAndLock, partition, project.Id, customer);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? CustomerRow.Read(new(reader), project) : null;
    }
}

