using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Tollgate.Engine.Clocks;

/// <summary>Runs the iterations of one loop, and handles their exceptions.</summary>
internal sealed class FailingLook(string loop, string failure, TimeSpan period, ILogger log)
{
    /// <summary>The first pause, for an hourly loop as for one that runs each second.</summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    /// <summary>The loop notices within this time that PostgreSQL is back.</summary>
    private static readonly TimeSpan LongestPauseOfDatabase = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private int _failures;

    /// <summary>Creates one for a loop and starts its count of failures at 0, so that an alert sees the first failure.</summary>
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

    /// <summary>True if the database is unreachable or accepts no connections now, so that the item in work is not the cause.</summary>
    public static bool IsAway(Exception broken) => broken switch
    {
        PostgresException refused => refused.SqlState is ['0', '8', ..] or ['5', '3', ..] or ['5', '7', 'P', '0', ..],
        NpgsqlException lost => lost.InnerException is not TimeoutException,
        System.Net.Sockets.SocketException => true,
        _ => false,
    };

    /// <returns>False: the iteration failed, and the pause is over.</returns>
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
        catch (Exception broken) when (broken is not OperationCanceledException)
        {
            // The server stops, and with it the connections that the look used: the loop ends, and nothing has failed.
            throw new OperationCanceledException(broken.Message, broken, stop);
        }
    }

    private TimeSpan PauseAfter(int failures, TimeSpan longest)
    {
        var first = period < FirstPause ? period : FirstPause;
        var pause = first * Math.Pow(2, Math.Min(failures - 1, 20));
        return (pause < longest ? pause : longest) * (0.9 + (Random.Shared.NextDouble() * 0.2));
    }
}

/// <summary>The metric of background failures, for the operator.</summary>
internal static class LoopMetrics
{
    private static readonly Meter Meter = new("Tollgate");

    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "tollgate.loop.failures", "{failure}", "Failed runs of background loops, and failed items of a run, by loop.");

    public static void Begin(string loop) => Failures.Add(0, new KeyValuePair<string, object?>("loop", loop));

    public static void Failed(string loop) => Failures.Add(1, new KeyValuePair<string, object?>("loop", loop));
}
