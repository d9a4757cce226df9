using System.Collections.Concurrent;
using System.Diagnostics;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Ledger;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Verification;
using Tollgate.Server.Http;

namespace Tollgate.Server.Ledger;

/// <summary>
/// Recomputes the ledger from its facts on demand. It reads every event of one or all projects, so each project has at most one check at a
/// time, and checks by projects have few places and a time limit.
/// </summary>
public static class VerifyEndpoints
{
    /// <summary>The most checks by projects at one time. Each has its own connection and loads PostgreSQL; a further one waits.</summary>
    private const int ProjectsAtOnce = 4;

    private static readonly TimeSpan ComeBack = TimeSpan.FromSeconds(30);

    public static void MapVerify(this IEndpointRouteBuilder app)
    {
        var database = app.ServiceProvider.GetRequiredService<Database>();
        var (busy, places) = (new ConcurrentDictionary<int, bool>(), new SemaphoreSlim(ProjectsAtOnce));
        app.MapPost("/v1/verify", context => VerifyAsync(context, database, busy, places))
            .RequireKey(Access.Secret | Access.Admin, Scope.UsageRead).ReadsOnly().WithLoad(Load.Heavy)
            .Describe(new("Ledger", "Verify the ledger",
            "Recomputes balances from events and holds, grants from burned units, unique values, "
                + "thresholds and tenancy in one snapshot of "
            + "the database, and compares them. It changes nothing and can run during traffic. A project's key checks its project; the "
            + "admin key checks all of them, or the one that `X-Project` names. It takes about a minute for a million events on a small "
            + "machine. Tollgate stops a check with a project's key after five minutes (409).")
        {
            Answers =
            [
                Example.Of<VerifiedView>(200, "The result; `clean` is false if a check found a break",
                    """
                    {"clean": false, "at": "2026-11-21T08:00:00Z", "events": 1200, "balances": 30, "reservations": 2, "seconds": 0.4,
                     "checks": [{"kind": "used", "meaning": "a balance's used is not the sum of its events", "break": true, "count": 1,
                                 "first": [{"project": "resume-ats", "customer": "user_42", "feature": "ats_scan",
                                            "place": "2026-11-01 00:00:00+00", "expected": "2", "found": "3"}]}]}
                    """),
            ],
            Errors = [ErrorCode.Conflict],
        });
    }

    private static async Task VerifyAsync(
        HttpContext context, Database database, ConcurrentDictionary<int, bool> busy, SemaphoreSlim places)
    {
        var project = context.Caller().Project?.Id;
        var key = project ?? 0;
        if (!busy.TryAdd(key, true))
        {
            await Problems.WriteAsync(
                context, ErrorCode.Conflict,
                "A check of this project, or of all projects, is already running on this server. Repeat after the seconds in Retry-After.",
                retryAfter: ComeBack);
            return;
        }

        try
        {
            var started = Stopwatch.GetTimestamp();
            if (await RunAsync(context, database, places) is { } report)
            {
                await Answer.Json(
                    context, StatusCodes.Status200OK, ViewOf(report, Stopwatch.GetElapsedTime(started)), WireJson.Default.VerifiedView);
            }
        }
        finally
        {
            busy.TryRemove(key, out _);
        }
    }

    /// <returns>Null: the check exceeded the time limit, and the problem is written.</returns>
    private static async Task<VerifyReport?> RunAsync(HttpContext context, Database database, SemaphoreSlim places)
    {
        var (caller, gone) = (context.Caller(), context.RequestAborted);
        if (caller.Kind == KeyKind.Admin)
        {
            return await VerifyLedger.RunAsync(database, caller.Project?.Id, null, gone);
        }

        await places.WaitAsync(gone);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(gone);
        limit.CancelAfter(VerifyLedger.LongestOfProject);
        try
        {
            return await VerifyLedger.RunAsync(database, caller.Project!.Id, null, limit.Token);
        }
        catch (OperationCanceledException) when (!gone.IsCancellationRequested)
        {
            await Problems.WriteAsync(context, ErrorCode.Conflict,
                $"The check took longer than {VerifyLedger.LongestOfProject.TotalMinutes} minutes and was stopped. "
                    + $"The operator can run it without this limit: ./tollgate verify --project {caller.Project!.Code}.");
            return null;
        }
        finally
        {
            places.Release();
        }
    }

    internal static VerifiedView ViewOf(VerifyReport report, TimeSpan took) => new()
    {
        Clean = report.IsClean, At = report.At.ToOffset(), Events = report.Events, Balances = report.Balances, Reservations = report.Holds,
        Seconds = decimal.Round((decimal)took.TotalSeconds, 1),
        Checks = [.. report.Findings.Select(f => new VerifyFindingView(f.Kind, f.Meaning, f.IsBreak, f.Count,
            [.. f.First.Select(p => new VerifyPlaceView(p.Project, p.Customer, p.Feature, p.Place, p.Expected, p.Found))]))],
    };
}
