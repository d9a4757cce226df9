using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Tollgate.Engine.Clocks;

/// <summary>Makes the looks of one loop, and keeps what they throw from everybody else.</summary>
internal sealed class FailingLook(string loop, string failure, TimeSpan period, ILogger log)
{
    /// <summary>Of a loop that looks once an hour as of one that looks each second.</summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    /// <summary>PostgreSQL that is back is noticed within this.</summary>
    private static readonly TimeSpan LongestPauseOfDatabase = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private int _failures;

    /// <summary>Of a loop; its count of failures begins at 0, so that an alert sees the first one.</summary>
    public static FailingLook Of(Type loop, string failure, TimeSpan period, ILogger log)
    {
        var name = NameOf(loop);
        LoopMetrics.Begin(name);
        return new(name, failure, period, log);
    }

    /// <summary>The loop's name in metrics: <c>send_mails</c> of SendMailsLoop.</summary>
    private static string NameOf(Type type) =>
        JsonNamingPolicy.SnakeCaseLower.ConvertName(type.Name.EndsWith("Loop", StringComparison.Ordinal)
            ? type.Name[..^"Loop".Length]
            : type.Name);

    /// <summary>The database or the way to it is gone, or takes nobody now. Nothing that is worked on is to blame for it.</summary>
    public static bool IsAway(Exception broken) => broken switch
    {
        PostgresException refused => refused.SqlState is ['0', '8', ..] or ['5', '3', ..] or ['5', '7', 'P', '0', ..],
        NpgsqlException lost => lost.InnerException is not TimeoutException,
        System.Net.Sockets.SocketException => true,
        _ => false,
    };

    /// <returns>False: it failed, and the pause is over.</returns>
    public async Task<bool> TryAsync(Func<CancellationToken, Task> look, CancellationToken stop)
    {
        try
        {
            await look(stop);
            _failures = 0;
            return true;
        }
        catch (Exception broken) when (!stop.IsCancellationRequested)
        {
            _failures++;
            LoopMetrics.Failed(loop);
            var isAway = IsAway(broken) || broken is NpgsqlException { InnerException: TimeoutException } or TimeoutException;
            log.Log(isAway ? LogLevel.Warning : LogLevel.Error, isAway ? null : broken, "{Failure}: {Reason}", failure, broken.Message);
            await Task.Delay(PauseAfter(_failures, isAway ? LongestPauseOfDatabase : LongestPause), stop);
            return false;
        }
    }

    private TimeSpan PauseAfter(int failures, TimeSpan longest)
    {
        var first = period < FirstPause ? period : FirstPause;
        var pause = first * Math.Pow(2, Math.Min(failures - 1, 20));
        return (pause < longest ? pause : longest) * (0.9 + (Random.Shared.NextDouble() * 0.2));
    }
}

/// <summary>What fails in the background, for the operator.</summary>
internal static class LoopMetrics
{
    private static readonly Meter Meter = new("Tollgate");

    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "tollgate.loop.failures", "{failure}", "Looks of background loops that failed, and single things that a look was about, by loop.");

    public static void Begin(string loop) => Failures.Add(0, new KeyValuePair<string, object?>("loop", loop));

    public static void Failed(string loop) => Failures.Add(1, new KeyValuePair<string, object?>("loop", loop));
}
