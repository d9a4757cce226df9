using Tollgate.Contracts.Http;
using Tollgate.Contracts.Payments;
using Tollgate.Core.Catalog;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Payments.Stripe;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Payments;

/// <summary><c>/v1/stripe/sync</c>: what the catalogue sells, as products and prices at Stripe.</summary>
public static class StripeEndpoints
{
    private static readonly Description Sync = new(
        "Payments",
        "Make or verify products and prices at Stripe",
        "For each active plan a product, for each of its prices a price with the lookup key `tollgate_<project>_<plan>_<interval>_<currency>`. Again it changes nothing. An "
        + "amount is never edited: another price takes its place, and the old one is archived. Prices that the credentials or `STRIPE_PRICE_ID_…` name are only compared.")
    {
        Request = Example.Of<StripeSyncRequest>("""{"dry_run": true}"""),
        Answers =
        [
            Example.Of<StripeSyncReport>(
                200,
                "What was found and done.",
                """
                {"dry_run": true, "lines": [
                  {"kind": "product", "name": "pro", "id": "tollgate-shop-pro", "outcome": "ok", "detail": null},
                  {"kind": "price", "name": "pro monthly USD", "id": null, "outcome": "created", "detail": null}]}
                """),
        ],
        Errors = [ErrorCode.BillingNotConfigured, ErrorCode.UpstreamUnreachable],
    };

    public static void MapStripe(this WebApplication app)
    {
        var sync = app.Services.GetRequiredService<SyncStripe>();
        app.MapPost("/v1/stripe/sync", (RequestDelegate)(context => SyncAsync(context, sync))).RequireKey(Access.Secret, Scope.BillingWrite).Describe(Sync);
    }

    private static async Task SyncAsync(HttpContext context, SyncStripe sync)
    {
        if (await Body.ReadAsync(context, PaymentsJson.Default.StripeSyncRequest) is not { } body)
        {
            return;
        }

        try
        {
            var dryRun = body.DryRun ?? false;
            if (await sync.RunAsync(context.Project(), dryRun, context.RequestAborted) is not { } lines)
            {
                await Problems.WriteAsync(context, ErrorCode.BillingNotConfigured, "The project has no keys of Stripe: PUT /v1/payment-settings.");
                return;
            }

            var views = lines.Select(static line => new StripeSyncLine(line.Kind, line.Name, line.Id, CatalogWords.Of(line.Outcome), line.Detail));
            await Answer.Json(context, StatusCodes.Status200OK, new(dryRun, [.. views]), PaymentsJson.Default.StripeSyncReport);
        }
        catch (ProviderSilentException silent)
        {
            await Problems.WriteAsync(context, ErrorCode.UpstreamUnreachable, silent.Message);
        }
    }
}
