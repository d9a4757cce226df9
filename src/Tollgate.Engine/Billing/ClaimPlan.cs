using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Engine.Checkouts;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Payments.Sandbox;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Billing;

/// <summary>
/// A customer's plan is paid once: while the end of one payment for it is not known, no other begins. The row of a payment that waits is
/// the claim, and whoever writes one looks for others while holding the customer. What a customer has left is freed before, outside of any
/// transaction: a provider's page is closed, an answer to the bank given up.
/// </summary>
public sealed class ClaimPlan(NpgsqlDataSource database, PaymentProviders providers, SandboxProvider sandbox, SettlePayment settle)
{
    /// <summary>A payment that waits for nobody but the customer, who does something else now.</summary>
    /// <param name="Page">The provider's id of its page; null: the bank was asked.</param>
    private sealed record Left(Guid Payment, PaymentProvider Provider, string? Page, MoneyAmount Amount);

    /// <param name="own">The checkout that is paid now, whose own payment stays; null: none is.</param>
    /// <param name="givesUpBank">The customer is there and pays otherwise: what a bank was to confirm is given up.</param>
    public async Task FreeAsync(
        ProjectSnapshot project, string customer, Guid? own, bool givesUpBank, string actor, CancellationToken cancel)
    {
        foreach (var left in await LeftAsync(project, customer, own ?? Guid.Empty, cancel))
        {
            // Not cancelled with the caller: a provider that was asked is waited for, and its answer is written.
            var done = left.Page is { } page ? await providers.Of(left.Provider).ClosePageAsync(project, page, CancellationToken.None)
                : givesUpBank ? await sandbox.ConfirmAsync(project, left.Payment, left.Amount, isApproved: false, CancellationToken.None)
                : null;
            if (done is not null)
            {
                await settle.RunAsync(project, left.Payment, done, actor, CancellationToken.None);
            }
        }
    }

    /// <summary>The caller holds the customer. Null: nobody pays for the plan just now.</summary>
    internal async Task<Guid?> TakenByAsync(CustomerChange change, CancellationToken cancel) =>
        await change.ScalarAsync(
            CheckoutSql.PendingOfPlan, cancel, change.Row.Partition, change.Row.Account, providers.KeepingPages) as Guid?;

    private async Task<IReadOnlyList<Left>> LeftAsync(ProjectSnapshot project, string customer, Guid own, CancellationToken cancel)
    {
        await using var command = database.Command(CheckoutSql.LeftOfPlan, project.Id, customer, own);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var left = new List<Left>();
        while (await reader.ReadAsync(cancel))
        {
            left.Add(new(
                reader.GetGuid(0), CatalogWords.Read<PaymentProvider>(reader.GetString(1)), reader.IsDBNull(2) ? null : reader.GetString(2),
                new(reader.GetInt64(4), Currency.Of(reader.GetString(3)))));
        }

        return left;
    }
}
