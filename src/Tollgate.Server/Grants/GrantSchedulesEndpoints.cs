using Tollgate.Contracts.Customers;
using Tollgate.Contracts.Http;
using Tollgate.Core.Catalog;
using Tollgate.Core.Grants;
using Tollgate.Core.Ledger;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Grants;
using Tollgate.Engine.Projects;
using Tollgate.Server.Catalog;
using Tollgate.Server.Customers;
using Tollgate.Server.Http;

namespace Tollgate.Server.Grants;

/// <summary><c>/v1/customers/{id}/grant-schedules</c> and <c>/withdrawals</c>: recurring grants, and withdrawals of units.</summary>
public static class GrantSchedulesEndpoints
{
    /// <summary>The index of the segment with the schedule's id in <c>/v1/customers/{id}/grant-schedules/{schedule}</c>.</summary>
    private const int ScheduleSegment = 4;

    private const int LongestReason = 500;

    public static void MapGrantSchedules(this WebApplication app)
    {
        var schedules = app.Services.GetRequiredService<ScheduleGrants>();
        var withdraw = app.Services.GetRequiredService<WithdrawGrants>();
        var clock = app.Services.GetRequiredService<Clock>();

        app.MapPost("/v1/customers/{id}/grant-schedules", (RequestDelegate)(context => AddAsync(context, schedules, clock)))
            .RequireKey(Access.Secret, Scope.CustomersWrite)
            .Describe(GrantScheduleDescriptions.Add);
        app.MapGet("/v1/customers/{id}/grant-schedules", (RequestDelegate)(context => ListAsync(context, schedules, clock)))
            .RequireKey(Access.Secret, Scope.CustomersRead)
            .Describe(GrantScheduleDescriptions.List);
        app.MapPatch("/v1/customers/{id}/grant-schedules/{schedule}", (RequestDelegate)(context => PauseAsync(context, schedules, clock)))
            .RequireKey(Access.Secret, Scope.CustomersWrite)
            .Describe(GrantScheduleDescriptions.Pause);
        app.MapDelete("/v1/customers/{id}/grant-schedules/{schedule}", (RequestDelegate)(context => EndAsync(context, schedules, clock)))
            .RequireKey(Access.Secret, Scope.CustomersWrite)
            .Describe(GrantScheduleDescriptions.End);
        app.MapPost("/v1/customers/{id}/withdrawals", (RequestDelegate)(context => WithdrawAsync(context, withdraw)))
            .RequireKey(Access.Secret, Scope.CustomersWrite)
            .Describe(GrantScheduleDescriptions.Withdraw);
    }

    private static async Task AddAsync(HttpContext context, ScheduleGrants schedules, Clock clock)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } id
            || await Body.ReadAsync(context, WireJson.Default.AddGrantScheduleRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        var order = OrderOf(body, faults);
        if (faults.Any)
        {
            // Repeats a check of the rules, so that the caller gets all faults at once.
            var catalog = context.Project().Catalog;
            var more = GrantScheduleRules.FaultsOf(
                order, catalog.Features.GetValueOrDefault(order.Feature)?.Feature, clock.Now(context.Project()));
            faults.Add(UnknownNames.Named(catalog, more, order.Feature)
                .Where(found => faults.Found.All(known => known.Param != found.Field)));
            await faults.WriteAsync(context);
            return;
        }

        var answer = await schedules.AddAsync(context.Project(), id, order, context.RequestAborted);
        answer = answer with { Faults = [.. UnknownNames.Named(context.Project().Catalog, answer.Faults, order.Feature)] };
        await AnswerAsync(context, id, answer, clock, StatusCodes.Status201Created);
    }

    private static async Task ListAsync(HttpContext context, ScheduleGrants schedules, Clock clock)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } id)
        {
            return;
        }

        var (project, now) = (context.Project(), clock.Now(context.Project()));
        await (await schedules.ListAsync(project, id, context.RequestAborted) is { } found
            ? Answer.Json(
                context, StatusCodes.Status200OK, new([.. found.Select(one => CustomerAnswers.Of(one, now, project.Zone))], HasMore: false),
                WireJson.Default.GrantScheduleList)
            : Problems.WriteAsync(context, ErrorCode.CustomerNotFound));
    }

    private static async Task PauseAsync(HttpContext context, ScheduleGrants schedules, Clock clock)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } id
            || await Body.ReadAsync(context, WireJson.Default.UpdateGrantScheduleRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        if (!faults.Required(body.Paused, "paused"))
        {
            await faults.WriteAsync(context);
            return;
        }

        var name = RawPath.Segment(context, ScheduleSegment);
        await AnswerAsync(
            context, id, await schedules.PauseAsync(context.Project(), id, name, body.Paused!.Value, context.RequestAborted), clock);
    }

    private static async Task EndAsync(HttpContext context, ScheduleGrants schedules, Clock clock)
    {
        if (await CustomersEndpoints.IdAsync(context) is { } id)
        {
            var name = RawPath.Segment(context, ScheduleSegment);
            await AnswerAsync(context, id, await schedules.EndAsync(context.Project(), id, name, context.RequestAborted), clock);
        }
    }

    private static async Task WithdrawAsync(HttpContext context, WithdrawGrants withdraw)
    {
        if (await CustomersEndpoints.IdAsync(context) is not { } id
            || await Body.ReadAsync(context, WireJson.Default.WithdrawRequest) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        faults.Required(body.Feature, "feature");
        var amount = GrantsEndpoints.AmountOf(body.Amount, faults);
        GrantSource? source = null;
        if (body.Source is { } word && faults.OneOf(word, "source", [.. GrantRow.Sources]))
        {
            source = GrantRow.SourceOf(word);
        }

        faults.Text(body.Reason, "reason", LongestReason);
        faults.Id(body.Id, "id", required: false);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var order = new WithdrawalOrder(body.Feature!, amount, source, body.UpTo ?? false, body.Reason, body.Id);
        var answer = await withdraw.RunAsync(context.Project(), id, order, context.RequestAborted);
        faults.Add(UnknownNames.Named(context.Project().Catalog, answer.Faults, order.Feature));
        await (answer.Outcome switch
        {
            WithdrawOutcome.Withdrawn =>
                Answer.Json(
                    context, StatusCodes.Status201Created, CustomerAnswers.Of(answer.Withdrawal!, false),
                    WireJson.Default.WithdrawalView),
            WithdrawOutcome.Replayed =>
                Answer.Json(
                    context, StatusCodes.Status200OK, CustomerAnswers.Of(answer.Withdrawal!, true), WireJson.Default.WithdrawalView),
            WithdrawOutcome.IdReused =>
                Problems.WriteAsync(
                    context, ErrorCode.IdempotencyKeyReused, $"A withdrawal \"{body.Id}\" with different content exists.", "id"),
            WithdrawOutcome.IsMember => MembersEndpoints.WriteIsMemberAsync(context, id, answer.Owner!),
            WithdrawOutcome.Unknown => Problems.WriteAsync(context, ErrorCode.CustomerNotFound),
            WithdrawOutcome.TooLittle => Problems.WriteAsync(
                context, ErrorCode.Conflict,
                $"The grants have {answer.Left} left, less than the {amount} to take back. Send {answer.Left}, or send \"up_to\": true.",
                "amount"),
            _ => faults.WriteAsync(context),
        });
    }

    private static async Task AnswerAsync(
        HttpContext context, string customer, ScheduleAnswer answer, Clock clock, int done = StatusCodes.Status200OK)
    {
        var faults = new Faults();
        faults.Add(answer.Faults);
        await (answer.Outcome switch
        {
            ScheduleOutcome.Done => ViewAsync(done),
            ScheduleOutcome.Replayed => ViewAsync(StatusCodes.Status200OK),
            ScheduleOutcome.IdReused => Problems.WriteAsync(
                context, ErrorCode.IdempotencyKeyReused, $"A grant schedule \"{answer.Schedule!.Name}\" with different content exists.",
                "id"),
            ScheduleOutcome.IsMember => MembersEndpoints.WriteIsMemberAsync(context, customer, answer.Owner!),
            ScheduleOutcome.TooMany => Problems.WriteAsync(
                context, ErrorCode.LimitReached,
                $"A customer has at most {GrantScheduleRules.MostSchedules} grant schedules, ended ones included, "
                    + $"and {AddGrant.MostLive} grants with something left. Void grants, or give schedules an expires_after."),
            ScheduleOutcome.Unknown =>
                Problems.WriteAsync(
                    context, ErrorCode.NotFound,
                    "This customer has no such grant schedule. List them with GET /v1/customers/{id}/grant-schedules."),
            ScheduleOutcome.Ended =>
                Problems.WriteAsync(
                    context, ErrorCode.Conflict,
                    $"Grant schedule \"{answer.Schedule!.Name}\" ended at {answer.Schedule.End}. Create a new one."),
            ScheduleOutcome.GrantExists => Problems.WriteAsync(
                context, ErrorCode.Conflict,
                $"The schedule would create a grant \"{answer.TakenGrant}\", and another grant of the customer has this id. "
                    + "Create the schedule with another id."),
            _ => faults.WriteAsync(context),
        });

        Task ViewAsync(int status) => Answer.Json(
            context, status, CustomerAnswers.Of(answer.Schedule!, clock.Now(context.Project()), context.Project().Zone),
            WireJson.Default.GrantScheduleView);
    }

    private static GrantScheduleOrder OrderOf(AddGrantScheduleRequest body, Faults faults)
    {
        faults.Required(body.Feature, "feature");
        var amount = GrantsEndpoints.AmountOf(body.Amount, faults);
        var source = GrantsEndpoints.SourceOf(body.Source, faults);
        var every = GrantInterval.Month;
        if (faults.Required(body.Every, "every") && faults.OneOf(body.Every, "every", [.. CatalogWords.All<GrantInterval>()]))
        {
            every = CatalogWords.Read<GrantInterval>(body.Every!);
        }

        faults.Id(body.Id, "id", required: false);
        return new(
            body.Feature ?? "", amount, source, body.Priority, every, body.ExpiresAfter, GrantsEndpoints.InstantOf(body.StartsAt),
            GrantsEndpoints.InstantOf(body.EndsAt), body.Id);
    }
}
