using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Engine.Checkouts;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Billing;

/// <summary>
/// Ensures that a customer's plan is paid once: no payment for it begins while another is pending. The row of the pending payment is the
/// claim, and every writer looks for others while it locks the customer. Abandoned payments are freed before, outside any transaction: the
/// provider's page is closed, an answer to the bank is given up.
/// </summary>
public sealed class ClaimPlan(NpgsqlDataSource database, PaymentProviders providers, SettlePayment settle)
{
    /// <summary>An abandoned payment that only the customer could finish.</summary>
    /// <param name="Page">The provider's id of its page; null: it waits for an answer to the bank.</param>
    private sealed record Left(Guid Payment, PaymentProvider Provider, string? Page, MoneyAmount Amount);

    /// <param name="own">The checkout that is being paid, whose own payment stays; null: none.</param>
    /// <param name="givesUpBank">True: the customer is present and pays otherwise, so an open confirmation by the bank is given up.</param>
    public async Task FreeAsync(
        ProjectSnapshot project, string customer, Guid? own, bool givesUpBank, string actor, CancellationToken cancel)
    {
        foreach (var left in await LeftAsync(project, customer, own ?? Guid.Empty, cancel))
        {
            // A disconnection does not cancel it: the answer of a provider that was asked must be written.
            var done = left.Page is { } page ? await providers.Of(left.Provider).ClosePageAsync(project, page, CancellationToken.None)
                : givesUpBank ? await providers.Of(left.Provider).ConfirmAsync(
                    project, left.Payment, left.Amount, isApproved: false, CancellationToken.None)
                : null;
            if (done is not null)
            {
                await settle.RunAsync(project, left.Payment, done, actor, CancellationToken.None);
            }
        }
    }

    /// <summary>Returns the pending payment for the plan; null: none. The caller locks the customer.</summary>
    internal async Task<Guid?> TakenByAsync(CustomerChange change, CancellationToken cancel) =>
        await change.ScalarAsync(
            CheckoutSql.PendingOfPlan, cancel, change.Row.Partition, change.Row.Account, providers.KeepingPages) as Guid?;

    private async Task<IReadOnlyList<Left>> LeftAsync(ProjectSnapshot project, string customer, Guid own, CancellationToken cancel)
    {
        await using var command = database.Command(CheckoutSql.LeftOfPlan, project.Id, customer, own, providers.UsingTollgatePages);
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
