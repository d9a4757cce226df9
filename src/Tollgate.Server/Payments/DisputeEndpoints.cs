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
        var faults = new Faults();
        var (paging, query) = (Paging.Read(context, faults), context.Request.Query);
        string? customer = query["customer"], status = query["status"], payment = query["payment"];
        faults.Id(customer, "customer", required: false);
        faults.OneOf(status, "status", [.. CatalogWords.All<DisputeStatus>()]);
        var ofPayment = PaymentEndpoints.IdOf(payment, "payment", faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        DisputeStatus? wanted = status is not null && CatalogWords.TryParse<DisputeStatus>(status, out var known) ? known : null;
        var rows = await queries.ListAsync(
            context.Project(), new(customer, ofPayment, wanted), paging.StartingAfter, paging.Probe, context.RequestAborted);
        var (page, hasMore) = paging.Cut(rows);
        await Answer.Json(context, StatusCodes.Status200OK, new([.. page.Select(ViewOf)], hasMore), WireJson.Default.DisputeList);
    }

    private static DisputeView ViewOf(Dispute dispute) => new(
        dispute.Reference, dispute.Payment.ToString("D"), dispute.Customer, CatalogWords.Of(dispute.Provider), dispute.Amount.Minor,
        dispute.Amount.Currency.Code,
        CatalogWords.Of(dispute.Status), dispute.Reason, dispute.OpenedAt.ToOffset(), dispute.ClosedAt?.ToOffset());
}
