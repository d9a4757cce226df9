using Npgsql;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Customers;

/// <summary>
/// A transaction that changes customers of one project. It collects those that it touches, and drops them from this server's caches after
/// its commit. Disposing it without a commit rolls everything back.
/// </summary>
internal sealed class CustomerTransaction(OpenTransaction work, ProjectSnapshot project, ForgetCustomer forget) : IAsyncDisposable
{
    private readonly HashSet<string> _touched = new(StringComparer.Ordinal);

    public NpgsqlConnection Connection => work.Connection;

    public NpgsqlTransaction Transaction => work.Transaction;

    /// <summary>
    /// Makes every decision on the customer's old state stale, on every server. Returns the customer's version after the change.
    /// </summary>
    /// <remarks>A transaction that touches several first touches the one with the lowest partition and account.</remarks>
    public async Task<int> TouchAsync(CustomerRow row, Instant now, CancellationToken cancel)
    {
        Note(row.Customer.Id);
        await using var touch = Connection.Command(CustomerSql.Touch, row.Partition, row.Account, now.ToUtc());
        return (int)(await touch.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>
    /// Notes a customer that was created or deleted: its versions decide nothing, but this server's caches of it are stale after the
    /// commit.
    /// </summary>
    public void Note(string customer) => _touched.Add(customer);

    /// <summary>
    /// Commits and starts to drop the customers from the caches, without waiting for the lanes. A lane may wait for a customer that the
    /// caller still locks in another transaction; waiting for it would keep the caller from ending that transaction. A client that
    /// disconnects does not cancel the commit.
    /// </summary>
    public async Task<Forgetting> CommitFirstAsync()
    {
        await work.Transaction.CommitAsync(CancellationToken.None);
        return new(ForgetAsync());
    }

    public ValueTask DisposeAsync() => work.DisposeAsync();

    private async Task ForgetAsync()
    {
        foreach (var customer in _touched)
        {
            await forget(project, customer);
        }
    }
}

/// <summary>The running removal of a transaction's customers from this server's caches.</summary>
internal readonly record struct Forgetting(Task Done);
