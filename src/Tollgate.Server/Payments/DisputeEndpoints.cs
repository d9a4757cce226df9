using Tollgate.Contracts.Http;
using Tollgate.Contracts.Payments;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Payments;

/// <summary><c>/v1/disputes</c>: payments that customers dispute through their banks.</summary>
public static class DisputeEndpoints
{
    public static void MapDisputes(this WebApplication app)
    {
        var queries = app.Services.GetRequiredService<DisputeQueries>();
        app.MapGet("/v1/disputes", (RequestDelegate)(context => ListAsync(context, queries)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(PaymentDescriptions.Disputes);
    }

    private static async Task ListAsync(HttpContext context, DisputeQueries queries)
    {
        var list = ListQuery.Read(context);
        var filter = new DisputeFilter(list.Id("customer"), list.Uuid("payment"), list.Word<DisputeStatus>("status"));
        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await queries.ListAsync(context.Project(), filter, list.StartingAfter, list.Probe, context.RequestAborted);
        await list.AnswerAsync(rows, ViewOf, static (data, more) => new(data, more), WireJson.Default.DisputeList);
    }

    private static DisputeView ViewOf(Dispute dispute) => new(
        dispute.Reference, dispute.Payment.ToString("D"), dispute.Customer, CatalogWords.Of(dispute.Provider), dispute.Amount.Minor,
        dispute.Amount.Currency.Code,
        CatalogWords.Of(dispute.Status), dispute.Reason, dispute.OpenedAt.ToOffset(), dispute.ClosedAt?.ToOffset());
}
