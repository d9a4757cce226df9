using Npgsql;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Grants;

public enum DeleteCustomerOutcome
{
    Deleted,
    Unknown,

    /// <summary>The customer has usage: this never deletes facts.</summary>
    HasUsage,

    /// <summary>The customer has reservations, open or closed.</summary>
    HasReservations,

    /// <summary>A decision for the customer was made, allowed or denied, or is being made.</summary>
    HasDecisions,

    /// <summary>The customer has or had a subscription, bought something, or received credit: the books refer to it.</summary>
    HasSubscriptions,

    /// <summary>Other users use its balances.</summary>
    HasMembers,

    /// <summary>The customer is a member of another one.</summary>
    IsMember,
}

/// <summary>
/// Deletes a customer that was created by mistake and has no trace in the ledger. A customer that used something stays, since usage,
/// invoices and balances refer to it.
/// </summary>
public sealed class DeleteCustomer(CustomerChanges changes)
{
    public async Task<DeleteCustomerOutcome> RunAsync(ProjectSnapshot project, string id, CancellationToken cancel)
    {
        await using var change = await changes.BeginOnExistingAsync(project, id, cancel);
        if (change is null)
        {
            return DeleteCustomerOutcome.Unknown;
        }

        if (change.Row.Owner is not null)
        {
            return DeleteCustomerOutcome.IsMember;
        }

        await change.LockWholeAsync(cancel);
        if (await TraceAsync(change, cancel) is { } trace)
        {
            return trace;
        }

        await change.ExecuteAsync(GrantSql.DeleteAll, cancel, change.Row.Partition, change.Row.Account);
        await change.ExecuteAsync(WithdrawalSql.DeleteAll, cancel, change.Row.Partition, change.Row.Account);
        await change.ExecuteAsync(ScheduleSql.DeleteAll, cancel, change.Row.Partition, change.Row.Account);
        await change.ExecuteAsync(VatSql.DeleteAll, cancel, change.Row.Partition, change.Row.Account);
        await change.ExecuteAsync(CustomerSql.DeleteTerms, cancel, change.Row.Partition, change.Row.Account);
        await change.ExecuteAsync(CustomerSql.Delete, cancel, change.Row.Partition, change.Row.Account);
        await RevokeTokens.OfCustomerInTransactionAsync(change.Connection, project, id, cancel);
        change.NoteDeleted();
        await change.CommitAsync();
        return DeleteCustomerOutcome.Deleted;
    }

    private static async Task<DeleteCustomerOutcome?> TraceAsync(CustomerChange change, CancellationToken cancel)
    {
        await using var command = change.Command(CustomerSql.Traces, change.Row.Partition, change.Row.Account);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return reader switch
        {
            _ when reader.GetBoolean(0) => DeleteCustomerOutcome.HasUsage,
            _ when reader.GetBoolean(2) => DeleteCustomerOutcome.HasReservations,
            _ when reader.GetBoolean(1) => DeleteCustomerOutcome.HasDecisions,
            _ when reader.GetBoolean(3) => DeleteCustomerOutcome.HasSubscriptions,
            _ when reader.GetBoolean(4) => DeleteCustomerOutcome.HasMembers,
            _ => null,
        };
    }
}
