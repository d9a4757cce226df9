using System.Diagnostics;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Ledger;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;

namespace Tollgate.Server.Ledger;

/// <summary>Recomputes the ledger from its facts on demand. One check at a time: it reads every event.</summary>
public static class VerifyEndpoints
{
    private static readonly TimeSpan ComeBack = TimeSpan.FromSeconds(30);

    public static IServiceCollection AddVerify(this IServiceCollection services) => services.AddWire(LedgerJson.Default);

    public static void MapVerify(this IEndpointRouteBuilder app)
    {
        var database = app.ServiceProvider.GetRequiredService<Database>();
        var one = new SemaphoreSlim(1, 1);
        app.MapPost("/v1/verify", context => VerifyAsync(context, database, one)).RequireKey(Access.Secret | Access.Admin, Scope.UsageRead).ReadsOnly().WithLoad(Load.Heavy).Describe(new("Ledger", "Verify the ledger",
            "Recomputes balances from events and holds, grants from what was burned, unique values, thresholds and tenancy in one snapshot of "
            + "the database, and compares. Changes nothing and may run beside traffic. A project's key checks its project; the admin key "
            + "checks all of them, or the one that `X-Project` names. Takes about a minute for a million events on a small machine.")
        {
            Answers =
            [
                Example.Of<VerifiedView>(200, "What was found; `clean` is false when something does not agree",
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

    private static async Task VerifyAsync(HttpContext context, Database database, SemaphoreSlim one)
    {
        if (!await one.WaitAsync(TimeSpan.Zero, context.RequestAborted))
        {
            await Problems.WriteAsync(context, ErrorCode.Conflict, "Another check is running on this server.", retryAfter: ComeBack);
            return;
        }

        try
        {
            var started = Stopwatch.GetTimestamp();
            var report = await VerifyLedger.RunAsync(database, context.Caller().Project?.Id, null, context.RequestAborted);
            await Answer.Json(context, StatusCodes.Status200OK, ViewOf(report, Stopwatch.GetElapsedTime(started)), LedgerJson.Default.VerifiedView);
        }
        finally
        {
            one.Release();
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
