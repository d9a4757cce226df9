using Tollgate.Contracts.Clocks;
using Tollgate.Contracts.Http;
using Tollgate.Core.Time;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;
using Tollgate.Server.Jobs;
using Tollgate.Server.Subscriptions;

namespace Tollgate.Server.Billing;

/// <summary><c>/v1/test-clock</c>: shows and advances the test clock of a sandbox.</summary>
public static class TestClockEndpoints
{
    /// <summary>The longest advance of one call: enough for any test, and a limit against typing errors.</summary>
    internal static readonly TimeSpan Farthest = TimeSpan.FromDays(3_660);

    private static readonly Description Show = new(
        "Test clock", "Show the test clock",
        "Returns the time of a sandbox project. Live projects follow the database's clock, so they get a 409.")
    {
        Answers = [
            Example.Of<TestClockView>(200, "The clock.", """{"now": "2027-01-31T00:00:00Z", "is_frozen": true, "processed": null}""")],
        Errors = [ErrorCode.SandboxOnly],
    };

    private static readonly Description Advance = new(
        "Test clock",
        "Advance the test clock",
        "Moves a sandbox project's clock forward. Before the call answers, everything that is due until then happens in order: trials end, "
        + "periods renew, Tollgate invoices usage and collects invoices. The clock then stays at `advance_to` until the next call. "
        + "A repeat changes nothing.")
    {
        Request = Example.Of<AdvanceClockRequest>("""{"advance_to": "2027-01-31T00:00:00Z"}"""),
        Answers =
        [
            Example.Of<TestClockView>(
                200, "Arrived.",
                """
                {"now": "2027-01-31T00:00:00Z", "is_frozen": true,
                 "processed": {"invoices": 12, "renewals": 12, "trials_converted": 0, "trials_expired": 0, "canceled": 0,
                  "resumed": 0, "usage_billed": 0,
                  "parked": 0, "collected": 12, "collecting_failed": 0, "schedules_parked": 0}}
                """),
        ],
        Errors = [ErrorCode.SandboxOnly, ErrorCode.ClockBusy, ErrorCode.ValidationFailed],
    };

    public static IServiceCollection AddClocks(this IServiceCollection services) => services
        .AddSingleton<AdvanceClock>().AddSingleton<ParkedWork>().AddSingleton<ParkedQueries>().AddHostedService<ParkedLoop>();

    public static void MapClocks(this WebApplication app)
    {
        var clock = app.Services.GetRequiredService<Clock>();
        var advance = app.Services.GetRequiredService<AdvanceClock>();
        var directory = app.Services.GetRequiredService<ProjectDirectory>();

        app.MapParked();
        app.MapGet("/v1/test-clock", (RequestDelegate)(context => ShowAsync(context, clock)))
            .RequireKey(Access.Secret, Scope.BillingRead)
            .Describe(Show);
        app.MapPost("/v1/test-clock", (RequestDelegate)(context => AdvanceAsync(context, advance, clock, directory)))
            .RequireKey(Access.Secret, Scope.BillingWrite).WithLoad(Load.Heavy)
            .Describe(Advance);
    }

    private static Task ShowAsync(HttpContext context, Clock clock) => context.Project().Mode == ProjectMode.Sandbox
        ? AnswerAsync(context, context.Project(), clock, null)
        : Problems.WriteAsync(context, ErrorCode.SandboxOnly);

    private static async Task AdvanceAsync(HttpContext context, AdvanceClock advance, Clock clock, ProjectDirectory directory)
    {
        if (await Body.ReadAsync(context, WireJson.Default.AdvanceClockRequest) is not { } body)
        {
            return;
        }

        var (project, faults) = (context.Project(), new Faults());
        var now = clock.Now(project);
        if (faults.Required(body.AdvanceTo, "advance_to")
            && (Instant.From(body.AdvanceTo!.Value) < now || Instant.From(body.AdvanceTo.Value) > now.Plus(Farthest)))
        {
            faults.Add(
                "advance_to", FaultCode.OutOfRange, $"A time from {now} to {now.Plus(Farthest)} is expected: the clock never goes back.");
        }

        if (faults.Any && project.Mode == ProjectMode.Sandbox)
        {
            await faults.WriteAsync(context);
            return;
        }

        var (outcome, report) = await advance.RunAsync(project, faults.Any ? now : Instant.From(body.AdvanceTo!.Value), null,
            context.RequestAborted);
        await (outcome switch
        {
            AdvanceOutcome.Done => AnswerAsync(context, directory.Current.ProjectsById[project.Id], clock, report),
            AdvanceOutcome.NotASandbox => Problems.WriteAsync(context, ErrorCode.SandboxOnly),
            AdvanceOutcome.Busy => Problems.WriteAsync(context, ErrorCode.ClockBusy),
            _ => Problems.WriteAsync(context, ErrorCode.Conflict, "Another call moved the clock beyond this time."),
        });
    }

    private static Task AnswerAsync(HttpContext context, ProjectSnapshot project, Clock clock, DueReport? report)
    {
        var view = new TestClockView(
            clock.Now(project).ToOffset(), project.TestClock is not null, report is null ? null : SubscriptionAnswers.Of(report));
        return Answer.Json(context, StatusCodes.Status200OK, view, WireJson.Default.TestClockView);
    }
}
