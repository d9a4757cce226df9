using Npgsql;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Customers;

/// <summary>
/// Drops a customer from the caches of this server's lanes after its change is committed: the next decision and the next read on this
/// server see the change. The room Quotas supplies it.
/// </summary>
public delegate ValueTask ForgetCustomer(ProjectSnapshot project, string customer);

/// <summary>
/// Begins transactions that change customers. No other class commits one, and each drops every customer that it touched from this server's
/// caches, so a change leaves no stale cache behind.
/// </summary>
public sealed class CustomerChanges(NpgsqlDataSource database, ForgetCustomer forget, ErasedIds? erased = null)
{
    internal NpgsqlDataSource Database => database;

    /// <summary>Erased customers, which no change creates again. Null: none is known.</summary>
    internal ErasedIds? Erased => erased;

    /// <summary>Locks the customer, and creates it first if it is missing.</summary>
    internal async Task<CustomerChange> BeginAsync(ProjectSnapshot project, string customer, CancellationToken cancel) =>
        (await CustomerChange.HoldAsync(this, project, customer, null, create: true, cancel))!;

    /// <summary>Locks the customer; returns null if it does not exist.</summary>
    internal Task<CustomerChange?> BeginOnExistingAsync(ProjectSnapshot project, string customer, CancellationToken cancel) =>
        CustomerChange.HoldAsync(this, project, customer, null, create: false, cancel);

    /// <summary>
    /// Locks two customers, in the order in which lanes lock several, so that two changes of the same two do not deadlock. Null: one of
    /// them is missing.
    /// </summary>
    /// <param name="create">Creates missing customers.</param>
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

    /// <summary>Creates a customer with one statement, which is a transaction of its own.</summary>
    /// <returns>False: the customer exists.</returns>
    internal async Task<bool> InsertAsync(ProjectSnapshot project, string customer, object?[] row, CancellationToken cancel)
    {
        await using (var insert = database.Command(CustomerSql.Insert, row))
        {
            if (await insert.ExecuteScalarAsync(cancel) is null)
            {
                return false;
            }
        }

        // A reader may have cached just now that this customer does not exist.
        await forget(project, customer);
        return true;
    }
}
