using Npgsql;
using Tollgate.Core.Time;
using Tollgate.Engine.Checkouts;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Billing;

/// <summary>
/// Closes a provider's page that a customer has left, so that its invoice can be paid otherwise: 1. the provider is asked, outside of any
/// transaction; 2. its answer is settled as that of any attempt, also when it says that the page was paid.
/// </summary>
public sealed class ClosePages(NpgsqlDataSource database, PaymentProviders providers, SettlePayment settle)
{
    /// <summary>How long somebody who has opened a page is waited for, before the invoice is collected otherwise.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    /// <param name="openedBefore">One that is younger stays. Null: none does.</param>
    /// <returns>Whether there was a page and the payment on it has an end now.</returns>
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
