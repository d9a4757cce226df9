using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Engine.Invoicing;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments;

/// <summary>Tells providers what the invoices that they make have to ask for beside their own price. What one does not take stays, and is told again.</summary>
public sealed class BillAtProvider(ProviderLines lines, PaymentProviders providers)
{
    public async Task RunAsync(ProjectSnapshot project, Guid subscription, CancellationToken cancel)
    {
        if (await lines.UnsentAsync(project, subscription, cancel) is not { } bill)
        {
            return;
        }

        var told = await providers.Of(CatalogWords.Read<PaymentProvider>(bill.Provider)).BillAsync(project, bill, cancel);
        foreach (var line in bill.Lines)
        {
            if (told.TryGetValue(line.Id, out var reference))
            {
                await lines.SentAsync(project, bill, line, reference, cancel);
            }
        }
    }
}
