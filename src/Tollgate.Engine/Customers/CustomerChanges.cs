using Npgsql;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Customers;

/// <summary>
/// Makes this server forget what its lanes remember of a customer, once its change is committed: the next decision and the next read on
/// this server see it. The room Quotas supplies it.
/// </summary>
public delegate ValueTask ForgetCustomer(ProjectSnapshot project, string customer);

/// <summary>
/// Begins transactions that change customers. No other class commits one, and each forgets on this server every customer that it touched: a
/// change cannot leave a stale memory behind.
/// </summary>
public sealed class CustomerChanges(NpgsqlDataSource database, ForgetCustomer forget)
{
    internal NpgsqlDataSource Database => database;

    /// <summary>Locks the customer, which is created first when it is missing.</summary>
    internal async Task<CustomerChange> BeginAsync(ProjectSnapshot project, string customer, CancellationToken cancel) =>
        (await CustomerChange.HoldAsync(this, project, customer, null, create: true, cancel))!;

    /// <summary>Locks the customer; null when there is none.</summary>
    internal Task<CustomerChange?> BeginOnExistingAsync(ProjectSnapshot project, string customer, CancellationToken cancel) =>
        CustomerChange.HoldAsync(this, project, customer, null, create: false, cancel);

    /// <summary>
    /// Locks two customers, in the order in which lanes lock several: two changes of the same two do not deadlock. Null: one of
    /// them is missing.
    /// </summary>
    /// <param name="create">Creates those that are missing.</param>
    internal Task<CustomerChange?> BeginOnTwoAsync(
        ProjectSnapshot project, string customer, string other, bool create, CancellationToken cancel) =>
        CustomerChange.HoldAsync(this, project, customer, other, create, cancel);

    /// <summary>A transaction on many customers, whose rows the caller locks.</summary>
    internal async Task<CustomerTransaction> BeginOnManyAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        var begun = await OpenTransaction.BeginAsync(database, cancel);
        return (await begun.IntoAsync<OpenTransaction, CustomerTransaction>(work =>
            Task.FromResult<CustomerTransaction?>(new(work, project, forget))))!;
    }

    /// <summary>Creates a customer by one statement, which is a transaction of its own.</summary>
    /// <returns>False: it exists.</returns>
    internal async Task<bool> InsertAsync(ProjectSnapshot project, string customer, object?[] row, CancellationToken cancel)
    {
        await using (var insert = database.Command(CustomerSql.Insert, row))
        {
            if (await insert.ExecuteScalarAsync(cancel) is null)
            {
                return false;
            }
        }

        // A reader may have been told just now that nobody is known by this id.
        await forget(project, customer);
        return true;
    }
}
