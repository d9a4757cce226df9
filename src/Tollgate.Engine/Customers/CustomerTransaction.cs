using Npgsql;
using Tollgate.Core.Time;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Customers;

/// <summary>
/// A transaction that changes customers of one project. It collects those that it touches, and forgets them on this server when it has
/// committed. Disposing it without a commit takes everything back.
/// </summary>
internal sealed class CustomerTransaction(OpenTransaction work, ProjectSnapshot project, ForgetCustomer forget) : IAsyncDisposable
{
    private readonly HashSet<string> _touched = new(StringComparer.Ordinal);

    public NpgsqlConnection Connection => work.Connection;

    public NpgsqlTransaction Transaction => work.Transaction;

    /// <summary>
    /// Makes every decision that was made on the customer's old state stale, on every server. Answers the customer's version after the
    /// change.
    /// </summary>
    /// <remarks>A transaction that touches several touches the one of the lowest partition and account first.</remarks>
    public async Task<int> TouchAsync(CustomerRow row, Instant now, CancellationToken cancel)
    {
        Note(row.Customer.Id);
        await using var touch = Connection.Command(CustomerSql.Touch, row.Partition, row.Account, now.ToUtc());
        return (int)(await touch.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>
    /// A customer that came or went: its versions decide nothing, but what this server remembers of it is stale after the commit.
    /// </summary>
    public void Note(string customer) => _touched.Add(customer);

    /// <summary>A caller who hangs up does not cancel it: a commit that is cut off may have happened or not.</summary>
    public async Task CommitAsync() => await (await CommitFirstAsync()).Done;

    /// <summary>
    /// Commits and begins to forget, without waiting for the lanes. One that waits for a customer that the caller still holds in another
    /// transaction would otherwise keep the caller from ending that one.
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

/// <summary>That the customers of a committed transaction are being forgotten on this server.</summary>
internal readonly record struct Forgetting(Task Done);
