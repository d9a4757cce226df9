using Npgsql;
using Tollgate.Core.Time;
using Tollgate.Engine.Checkouts;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Billing;

/// <summary>
/// Closes a provider's page that a customer has left, so that its invoice can be paid otherwise: 1. ask the provider, outside any
/// transaction; 2. settle its answer as for any attempt, even if it says that the page was paid.
/// </summary>
public sealed class ClosePages(NpgsqlDataSource database, PaymentProviders providers, SettlePayment settle)
{
    /// <summary>The time that a customer with an open page has to pay, before the invoice is collected otherwise.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    /// <param name="openedBefore">Pages opened after this stay. Null: none stays.</param>
    /// <returns>True if there was a page and its payment has ended.</returns>
    public async Task<bool> RunAsync(ProjectSnapshot project, Guid invoice, Instant? openedBefore, string actor, CancellationToken cancel)
    {
        if (await FindAsync(project, invoice, cancel) is not { } page || page.OpenedAt > openedBefore
            || await providers.Of(page.Provider).ClosePageAsync(project, page.Reference, CancellationToken.None) is not { } done)
        {
            return false;
        }

        await settle.RunAsync(project, page.Payment, done, actor, CancellationToken.None);
        return true;
    }

    private async Task<OpenPage?> FindAsync(ProjectSnapshot project, Guid invoice, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await CheckoutQueries.PageOfAsync(connection, project, invoice, cancel);
    }
}
