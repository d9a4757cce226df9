using Tollgate.Engine.Alerts;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Verification;

namespace Tollgate.Server.Alerts;

/// <summary>Registers the room Alerts. Needs the rooms Customers and Jobs; Webhooks and Mail deliver what it fires.</summary>
public static class AlertsRoom
{
    public static IServiceCollection AddAlerts(this IServiceCollection services)
    {
        services.AddSingleton<ProjectAlertRules>();
        services.AddSingleton<FireAlerts>();
        services.AddSingleton<DeriveAlerts>();
        services.AddSingleton<CheckAlerts>();
        services.AddSingleton<VerifyProject>(static provider =>
        {
            var database = provider.GetRequiredService<Database>();
            return (project, cancel) => VerifyAsync(database, project, cancel);
        });
        services.AddSingleton<AlertLooks>();
        services.AddSingleton<CheckFigures>();
        services.AddSingleton<VerifyDaily>();
        services.AddSingleton<AlertQueries>();
        services.AddHostedService<DeriveAlertsLoop>();
        services.AddHostedService<CheckAlertsLoop>();
        services.AddHostedService<CheckFiguresLoop>();
        services.AddHostedService<VerifyDailyLoop>();
        return services;
    }

    /// <summary>The daily verification of a project has the time limit of <c>POST /v1/verify</c>.</summary>
    private static async Task<IReadOnlyList<BrokenCheck>> VerifyAsync(Database database, ProjectSnapshot project, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(VerifyLedger.LongestOfProject);
        var report = await VerifyLedger.RunAsync(database, project.Id, null, limit.Token);
        return [.. report.Findings.Where(static one => one is { IsBreak: true, Count: > 0 }).Select(static one =>
            new BrokenCheck(one.Kind, one.Meaning, one.Count))];
    }

    public static void MapAlertsRoom(this WebApplication app)
    {
        app.MapAlerts();
        app.MapAlertRules();
    }
}

/// <summary>Looks every second for facts without an alert.</summary>
internal sealed class DeriveAlertsLoop(DeriveAlerts derive, ParkedWork parked, ILogger<DeriveAlertsLoop> log)
    : Loop(Interval, "Alerts were put off", log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task LookAsync(CancellationToken cancel)
    {
        while (await derive.RunAsync(cancel))
        {
        }

        foreach (var place in await parked.DueAsync(WorkNames.AlertEvents, cancel))
        {
            await parked.TryAsync(WorkNames.AlertEvents, null, place, () => derive.RunAgainAsync(place, cancel), cancel);
        }
    }
}

/// <summary>Looks every few seconds at present states, and deletes old alerts every hour.</summary>
internal sealed class CheckAlertsLoop(CheckAlerts check, ILogger<CheckAlertsLoop> log) : Loop(Interval, "Alerts were put off", log)
{
    /// <summary>
    /// An alert fires within five seconds of its fact. Lag is seen by two looks: the first one marks the place that facts have not reached.
    /// </summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan CleaningInterval = TimeSpan.FromHours(1);

    private readonly TimeProvider _time = TimeProvider.System;

    private long _cleaned = TimeProvider.System.GetTimestamp();

    protected override async Task LookAsync(CancellationToken cancel)
    {
        await check.RunAsync(cancel);
        if (_time.GetElapsedTime(_cleaned) > CleaningInterval)
        {
            _cleaned = _time.GetTimestamp();
            await check.ForgetOldAsync(cancel);
        }
    }
}

/// <summary>Looks every few seconds for figures that are due.</summary>
internal sealed class CheckFiguresLoop(CheckFigures check, ILogger<CheckFiguresLoop> log) : Loop(Interval, "Alerts were put off", log)
{
    /// <summary>With the shortest pause between two reads, an alert fires within five seconds of its fact.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    protected override Task LookAsync(CancellationToken cancel) => check.RunAsync(cancel);
}

/// <summary>
/// Looks for projects whose daily verification is due. Apart from the figures: a verification takes up to five minutes.
/// </summary>
internal sealed class VerifyDailyLoop(VerifyDaily verify, ILogger<VerifyDailyLoop> log)
    : Loop(Interval, "Daily verifications were put off", log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    protected override Task LookAsync(CancellationToken cancel) => verify.RunAsync(cancel);
}
