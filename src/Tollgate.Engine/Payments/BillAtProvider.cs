using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments;

/// <summary>
/// Adds Tollgate's lines, which are not in the provider's own price, to the invoices that providers make. A line that a provider does not
/// accept is kept and sent again.
/// </summary>
public sealed class BillAtProvider(
    NpgsqlDataSource database, ProviderLines lines, SubscriptionBackends backends, ILogger<BillAtProvider> log)
{
    public async Task RunAsync(ProjectSnapshot project, Guid subscription, CancellationToken cancel)
    {
        if (await lines.UnsentAsync(project, subscription, cancel) is null)
        {
            return;
        }

        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var hold = connection.Command(ProviderLineSql.TryHold, subscription.ToString("D"));
        if (await hold.ExecuteScalarAsync(cancel) is not true)
        {
            return;
        }

        try
        {
            await SendAsync(connection, project, subscription, cancel);
        }
        finally
        {
            await using var release = connection.Command(ProviderLineSql.LetGo, subscription.ToString("D"));
            await release.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    private async Task SendAsync(NpgsqlConnection connection, ProjectSnapshot project, Guid subscription, CancellationToken cancel)
    {
        if (await lines.UnsentAsync(project, subscription, cancel) is not { } bill)
        {
            return;
        }

        var total = bill.Lines.Select(static line => line.Amount).Aggregate(static (sum, one) => sum + one);
        var largest = (await SettingsText.LoadAsync(connection, project, cancel)).LargestTotalIn(total.Currency);
        if (total.Major > largest)
        {
            log.LogError(
                "Usage of {Total} was not reported to {Provider} for {Subscription} of project {Project}: it exceeds the limit of "
                    + "{Largest}. If the usage is correct, raise largest_total with PUT /v1/invoice-settings",
                total, bill.Provider, bill.Reference, project.Code, largest);
            return;
        }

        var references = await backends.Of(bill.Provider).BillAsync(project, bill, cancel);
        foreach (var line in bill.Lines)
        {
            if (references.TryGetValue(line.Id, out var reference))
            {
                await lines.SentAsync(project, bill, line, reference, cancel);
            }
        }
    }
}
