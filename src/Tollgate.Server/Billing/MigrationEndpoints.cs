using Tollgate.Contracts.Http;
using Tollgate.Contracts.Subscriptions;
using Tollgate.Core.Catalog;
using Tollgate.Core.Subscriptions;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;
using Tollgate.Server.Catalog;
using Tollgate.Server.Http;
using Tollgate.Server.Subscriptions;

namespace Tollgate.Server.Billing;

/// <summary><c>/v1/plans/{code}/migrate</c>: moves subscriptions to the newest version of their plan.</summary>
public static class MigrationEndpoints
{
    private const int Most = 1_000;
    private const int Usual = 100;

    private static readonly Description Migrate = new(
        "Subscriptions",
        "Migrate subscriptions to a plan's newest version",
        "A changed plan is a new version, and existing subscriptions keep their older version with its price. "
            + "This call migrates them at their renewal, or now with proration. "
        + "`dry_run: true` lists the subscriptions and the cost of their migration, and changes nothing. "
        + "Tollgate migrates each subscription in a transaction of its own. While "
        + "`has_more` is true, call again with `starting_after` set to the last `subscription` of the answer.\n\n"
        + "Tollgate migrates a trial at once, since it costs nothing yet, and a paused subscription when its pause ends. "
        + "A subscription that has a scheduled change of plan, or "
        + "whose currency and period the new version does not offer, stays: `refused` says why.")
    {
        Path = new Dictionary<string, string> { ["code"] = "The plan's code." },
        Request = Example.Of<MigratePlanRequest>("""{"from_version": 1, "when": "period_end", "dry_run": true}"""),
        BodyMayBeAbsent = true,
        Answers =
        [
            Example.Of<MigrationView>(
                200, "The subscriptions that migrated, or would migrate.",
                """
                {"dry_run": true, "data": [{"customer": "acme", "subscription": "01936f5e-7c1a-7d3e-9b0a-2f6f0c1d2e3f",
                 "from_version": 1, "to_version": 2,
                  "when": "period_end", "currency": "USD", "amount_before": 2900, "amount_after": 3900, "due_now": null, "refused": null}],
                   "has_more": false}
                """),
        ],
        Errors = [ErrorCode.PlanNotFound, ErrorCode.ValidationFailed],
    };

    public static void MapMigration(this WebApplication app)
    {
        var migrate = app.Services.GetRequiredService<MigratePlan>();
        var clock = app.Services.GetRequiredService<Clock>();
        app.MapPost("/v1/plans/{code}/migrate", (RequestDelegate)(context => RunAsync(context, migrate, clock)))
            .RequireKey(Access.Secret, Scope.BillingWrite).WithLoad(Load.Heavy)
            .Describe(Migrate);
    }

    private static async Task RunAsync(HttpContext context, MigratePlan migrate, Clock clock)
    {
        if (await Body.ReadAsync(context, WireJson.Default.MigratePlanRequest, new()) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        faults.Range(body.FromVersion, "from_version", 1, int.MaxValue);
        faults.OneOf(body.When, "when", "now", "period_end");
        faults.OneOf(body.Proration, "proration", "second", "day", "none", "usage_aware");
        faults.Range(body.Limit, "limit", 1, Most);
        faults.Id(body.StartingAfter, "starting_after", required: false);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var order = new MigrationOrder(
            RawPath.Id(context),
            body.FromVersion,
            body.When == "now" ? ChangeTime.Now : ChangeTime.PeriodEnd,
            body.Proration is null ? Proration.Second : CatalogWords.Read<Proration>(body.Proration),
            body.DryRun == true,
            body.Limit ?? Usual,
            body.StartingAfter is { } after ? SubscriptionAnswers.IdOf(after, clock.Now()) : null);
        var answer = await migrate.RunAsync(
            context.Project(), order, SubscriptionAnswers.ActorOf(context.Caller()), context.RequestAborted);
        await (answer is var (moved, hasMore)
            ? Answer.Json(
                context, StatusCodes.Status200OK, new(order.DryRun, [.. moved.Select(ViewOf)], hasMore),
                WireJson.Default.MigrationView)
            : UnknownNames.WritePlanAsync(context, order.Plan, "code"));
    }

    private static MigratedView ViewOf(MigratedSubscription one)
    {
        var before = one.Before.Row.Subscription;
        return new(
            one.Before.Customer, one.Before.Row.Reference ?? before.Id.ToString("D"), before.Terms.Plan.Number, one.ToVersion,
            CatalogWords.Of(one.When),
            before.Terms.Currency.Code, before.Terms.Amount.Minor, one.AmountAfter.Minor, one.DueNow?.Minor, one.Refused);
    }
}
