using Npgsql;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Grants;

public enum DeleteCustomerOutcome
{
    Deleted,
    Unknown,

    /// <summary>Usage was recorded for it: facts are never deleted this way.</summary>
    HasUsage,

    /// <summary>It holds reservations, open or closed.</summary>
    HasReservations,

    /// <summary>A decision was made for it, allowed or denied, or was about to be made.</summary>
    HasDecisions,

    /// <summary>It has or had a subscription, bought something, or was given money: the books name it.</summary>
    HasSubscriptions,

    /// <summary>Others use its balances.</summary>
    HasMembers,

    /// <summary>It is somebody's member.</summary>
    IsMember,
}

/// <summary>
/// Takes back a customer that was created by mistake: one that the ledger has never heard of. Whoever has used something
/// stays, since usage, invoices and balances refer to it.
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
