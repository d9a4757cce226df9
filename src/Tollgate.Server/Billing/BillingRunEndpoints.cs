using System.Globalization;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;
using Tollgate.Server.Http;
using Tollgate.Server.Subscriptions;

namespace Tollgate.Server.Billing;

/// <summary><c>/v1/billing</c>: runs or previews due work, and lists parked subscriptions.</summary>
public static class BillingRunEndpoints
{
    /// <summary>The largest <c>limit</c> of one call. Without a limit, a call processes all subscriptions.</summary>
    public const int LargestPart = 100_000;

    public static void MapBillingRun(this WebApplication app)
    {
        var run = app.Services.GetRequiredService<RunDue>();
        var queries = app.Services.GetRequiredService<SubscriptionQueries>();
        var clock = app.Services.GetRequiredService<Clock>();

        app.MapPost("/v1/billing/run", (RequestDelegate)(context => RunAsync(context, run, clock)))
            .RequireKey(Access.Secret, Scope.BillingWrite).WithLoad(Load.Heavy)
            .Describe(SubscriptionDescriptions.Run);
        app.MapGet("/v1/billing/parked", (RequestDelegate)(context => ParkedAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(SubscriptionDescriptions.Parked);
        app.MapPost("/v1/subscriptions/{id}/unpark", (RequestDelegate)(context => UnparkAsync(context, queries, clock)))
            .RequireKey(Access.Secret, Scope.BillingWrite)
            .Describe(SubscriptionDescriptions.Unpark);
    }

    private static async Task RunAsync(HttpContext context, RunDue run, Clock clock)
    {
        var project = context.Project();
        string? dry = context.Request.Query["dry_run"];
        var faults = new Faults();
        faults.OneOf(dry, "dry_run", "true", "false");
        var most = LimitOf(context, faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var (until, cancel) = (clock.Now(project), context.RequestAborted);
        var due = dry == "true"
            ? (await run.LookAsync(project, Math.Min(most, RunDue.MostShown), cancel)).Select(SubscriptionAnswers.Of).ToArray()
            : null;
        var done = due is null ? await run.RunAsync(project, until, most, null, cancel) : DueReport.Nothing;
        var view = new BillingRunView(due is not null, SubscriptionAnswers.Of(done), due, await run.CountAsync(project, until, cancel));
        await Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.BillingRunView);
    }

    private static int LimitOf(HttpContext context, Faults faults)
    {
        string? text = context.Request.Query["limit"];
        if (text is null)
        {
            return int.MaxValue;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) || limit is < 1 or > LargestPart)
        {
            faults.Add("limit", FaultCode.OutOfRange, $"A whole number from 1 to {LargestPart} is expected.");
        }

        return limit;
    }

    private static async Task ParkedAsync(HttpContext context, SubscriptionQueries queries, Clock clock)
    {
        var list = ListQuery.Read(context);
        (Instant, Guid)? after = null;
        if (list.StartingAfter is { } last && !list.Faults.Any)
        {
            var id = SubscriptionAnswers.IdOf(last, clock.Now());
            if (await queries.FindAsync(context.Project(), id, context.RequestAborted) is { Row.ParkedAt: { } at })
            {
                after = (at, id);
            }
            else
            {
                list.RefuseUnknownAfter();
            }
        }

        if (await list.IsRefusedAsync())
        {
            return;
        }

        var rows = await queries.ParkedAsync(context.Project(), after, list.Probe, context.RequestAborted);
        await list.AnswerAsync(
            rows,
            static one => new ParkedView(
                one.Reference ?? one.Id.ToString("D"), one.Customer, one.DueAt?.ToOffset(), one.ParkedAt.ToOffset(), one.Reason),
            static (data, more) => new(data, more), WireJson.Default.ParkedList);
    }

    private static async Task UnparkAsync(HttpContext context, SubscriptionQueries queries, Clock clock)
    {
        var id = SubscriptionAnswers.IdOf(RawPath.Id(context), clock.Now());
        if (await queries.FindAsync(context.Project(), id, context.RequestAborted) is not { } item)
        {
            await Problems.WriteAsync(context, ErrorCode.SubscriptionNotFound);
            return;
        }

        await queries.UnparkAsync(item.Row, context.RequestAborted);
        var after = await queries.FindAsync(context.Project(), id, context.RequestAborted);
        await Answer.Json(
            context, StatusCodes.Status200OK, SubscriptionAnswers.Of(after!, context.Project().Zone),
            WireJson.Default.SubscriptionView);
    }
}
