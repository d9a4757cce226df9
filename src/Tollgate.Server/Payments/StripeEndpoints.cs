using Tollgate.Contracts.Http;
using Tollgate.Contracts.Payments;
using Tollgate.Core.Catalog;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Payments;
using Tollgate.Engine.Payments.Stripe;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Payments;

/// <summary>
/// <c>/v1/stripe/sync</c>: writes the catalogue's plans to Stripe as products and prices. <c>/v1/stripe/reconcile</c>: compares the records
/// of both sides.
/// </summary>
public static class StripeEndpoints
{
    private static readonly Description Sync = new(
        "Payments",
        "Sync products and prices to Stripe",
        "Creates a Stripe product for each active plan, and for each of its prices a Stripe price with the lookup key "
            + "`tollgate_<project>_<plan>_<interval>_<currency>`. A repeat changes nothing. If an "
        + "amount differs, Tollgate creates a new price and archives the old one. Tollgate only compares prices that the credentials or "
        + "`STRIPE_PRICE_ID_…` name.")
    {
        Request = Example.Of<StripeSyncRequest>("""{"dry_run": true}"""),
        Answers =
        [
            Example.Of<StripeSyncReport>(
                200,
                "The products and prices, and the changes made.",
                """
                {"dry_run": true, "lines": [
                  {"kind": "product", "name": "pro", "id": "tollgate-shop-pro", "outcome": "ok", "detail": null},
                  {"kind": "price", "name": "pro monthly USD", "id": null, "outcome": "created", "detail": null}]}
                """),
        ],
        Errors = [ErrorCode.BillingNotConfigured, ErrorCode.UpstreamUnreachable],
    };

    private const int UsualDays = 30;
    private const int MostDays = 400;

    private static readonly Description Reconcile = new(
        "Payments",
        "Reconcile with Stripe",
        "Lists the differences between the records of Tollgate and Stripe, each once: provider-managed subscriptions, their paid invoices, "
            + "payments that Tollgate created, and "
        + "refunds. `repair: true` copies Stripe's state where Stripe is authoritative, as its events would have; "
        + "it changes nothing at Stripe. `complete: false` means that there was more data than one call reads.")
    {
        Request = Example.Of<StripeReconcileRequest>("""{"since_days": 7, "repair": false}"""),
        Answers =
        [
            Example.Of<StripeReconcileReport>(
                200,
                "The differences.",
                """
                {"since": "2026-11-15T09:00:00Z", "complete": true, "remaining": 1, "drifts": [
                  {"object": "subscription", "id": "sub_1SaBcD", "reference": "sub_1SaBcD", "field": "quantity", "ours": "1", "theirs": "3",
                   "advice": "Stripe manages it and is right: run it with --repair.", "repairable": true,
                    "repaired": false, "detail": null}]}
                """),
        ],
        Errors = [ErrorCode.BillingNotConfigured, ErrorCode.UpstreamUnreachable, ErrorCode.ValidationFailed],
    };

    public static void MapStripe(this WebApplication app)
    {
        var sync = app.Services.GetRequiredService<SyncStripe>();
        app.MapPost("/v1/stripe/sync", (RequestDelegate)(context => SyncAsync(context, sync))).RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(Sync);
        var reconcile = app.Services.GetRequiredService<ReconcileStripe>();
        var clock = app.Services.GetRequiredService<Clock>();
        app.MapPost("/v1/stripe/reconcile", (RequestDelegate)(context => ReconcileAsync(context, reconcile, clock)))
            .RequireKey(Access.Secret, Scope.BillingWrite).Describe(Reconcile);
    }

    private static async Task ReconcileAsync(HttpContext context, ReconcileStripe reconcile, Clock clock)
    {
        if (await Body.ReadAsync(context, WireJson.Default.StripeReconcileRequest, new()) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        faults.Range(body.SinceDays, "since_days", 1, MostDays);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        try
        {
            var since = clock.Now().Minus(TimeSpan.FromDays(body.SinceDays ?? UsualDays));
            if (await reconcile.RunAsync(context.Project(), since, body.Repair ?? false, context.RequestAborted) is not { } report)
            {
                await Problems.WriteAsync(
                    context, ErrorCode.BillingNotConfigured, "The project has no Stripe keys. Set them with PUT /v1/payment-settings.");
                return;
            }

            var views = report.Drifts.Select(static one => new StripeDriftView(
                one.Drift.Kind, one.Drift.Id, one.Drift.Reference, one.Drift.Field, one.Drift.Ours, one.Drift.Theirs, one.Drift.Advice,
                one.Drift.IsTheirs, one.Repaired, one.UnresolvedReason)).ToList();
            await Answer.Json(
                context, StatusCodes.Status200OK,
                new(report.Since.ToOffset(), report.Complete, views.Count(static one => !one.Repaired), views),
                WireJson.Default.StripeReconcileReport);
        }
        catch (ProviderSilentException silent)
        {
            await Problems.WriteAsync(context, ErrorCode.UpstreamUnreachable, silent.Message);
        }
    }

    private static async Task SyncAsync(HttpContext context, SyncStripe sync)
    {
        if (await Body.ReadAsync(context, WireJson.Default.StripeSyncRequest) is not { } body)
        {
            return;
        }

        try
        {
            var dryRun = body.DryRun ?? false;
            if (await sync.RunAsync(context.Project(), dryRun, context.RequestAborted) is not { } lines)
            {
                await Problems.WriteAsync(
                    context, ErrorCode.BillingNotConfigured, "The project has no Stripe keys. Set them with PUT /v1/payment-settings.");
                return;
            }

            var views = lines.Select(static line =>
                new StripeSyncLine(line.Kind, line.Name, line.Id, CatalogWords.Of(line.Outcome), line.Detail));
            await Answer.Json(context, StatusCodes.Status200OK, new(dryRun, [.. views]), WireJson.Default.StripeSyncReport);
        }
        catch (ProviderSilentException silent)
        {
            await Problems.WriteAsync(context, ErrorCode.UpstreamUnreachable, silent.Message);
        }
    }
}
