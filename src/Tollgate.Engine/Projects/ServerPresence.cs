using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tollgate.Core.Time;
using Tollgate.Engine.Clocks;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Projects;

/// <summary>
/// The server's standing connection: it receives notices of changes (LISTEN <c>tollgate_changed</c>), writes a heartbeat each second,
/// measures the database's clock, and tells whether this server is alone.
/// </summary>
/// <remarks>
/// <para><see cref="Alone"/> is a lease. Each heartbeat that sees no other server renews it for two seconds from the
/// moment it was sent. A server that starts writes its row first and, if others live, waits until their lease has ended before it serves.
/// So two servers never consider themselves alone at the same time, not even if a notice is lost.</para>
/// <para>When the connection breaks, the lease expires; the loop reconnects, reloads the directory and continues.</para>
/// </remarks>
public sealed class ServerPresence(
    Database database, ProjectDirectory directory, Clock clock, ILogger<ServerPresence> log) : BackgroundService
{
    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeaseOfAlone = TimeSpan.FromSeconds(2);

    /// <summary>The lease, plus the possible difference in rate of two monotonic clocks.</summary>
    private static readonly TimeSpan WaitForOthers = LeaseOfAlone + TimeSpan.FromMilliseconds(200);

    /// <summary>In case a notice was lost.</summary>
    private static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan ReconnectAfter = TimeSpan.FromMilliseconds(250);

    private const int HeartbeatTimeoutSeconds = 5;

    private static readonly long TicksOfLease = (long)(LeaseOfAlone.TotalSeconds * Stopwatch.Frequency);

    /// <summary>
    /// The servers of this process. A row that names our process but is not among them is from an earlier process with the same number,
    /// which is usual in containers.
    /// </summary>
    private static readonly ConcurrentDictionary<Guid, ServerPresence> InThisProcess = new();

    private readonly Guid _id = Guid.CreateVersion7();
    private readonly string _host = HostName();
    private long _aloneUntil = long.MinValue;
    private int _era;
    private volatile bool _serves;
    private Standing? _standing;

    /// <summary>
    /// A customer became a member of another, on this server or another one. Raised on the standing connection's thread: a listener must
    /// not wait. A notice can be lost with the connection, so nothing may rely on it alone.
    /// </summary>
    public event Action<ProjectSnapshot, string>? CustomerMoved;

    private long _heardAt = long.MinValue;

    /// <summary>The directory that it keeps up to date.</summary>
    internal ProjectDirectory Directory => directory;

    /// <summary>
    /// True if certainly no other server uses this database: everything that this process has read in this <see cref="Era"/> is current.
    /// </summary>
    public bool Alone => Stopwatch.GetTimestamp() < Volatile.Read(ref _aloneUntil);

    /// <summary>
    /// Increases each time this server becomes alone. Data from an earlier era may be stale even if the server is alone now: other servers
    /// may have written since, and left.
    /// </summary>
    public int Era => Volatile.Read(ref _era);

    /// <summary>True if the standing connection answered within the last five seconds, so that notices of changes arrive.</summary>
    public bool Healthy =>
        Volatile.Read(ref _heardAt) is > long.MinValue and var heard && Stopwatch.GetElapsedTime(heard) < PollEvery;

    /// <summary>
    /// PostgreSQL's process for the standing connection. While that lives, no restart has closed any connection opened after it. Null: the
    /// connection was lost.
    /// </summary>
    public Standing? StandingConnection => Volatile.Read(ref _standing);

    /// <summary>Announces this server, loads the directory and the clock, and returns when it is safe to serve.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        InThisProcess.TryAdd(_id, this);
        await using (var connection = await database.Source.OpenConnectionAsync(cancellationToken))
        {
            var others = await BeatAsync(connection, cancellationToken);
            await ChangeNotice.SendAsync(connection, ChangeNotice.Servers, cancellationToken);
            if (others > 0)
            {
                Log.WaitingForOthers(log, others);
                await Task.Delay(WaitForOthers, cancellationToken);
            }
        }

        await directory.RefreshAsync(cancellationToken);
        _serves = true;
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Removes this server's row and notifies the others immediately.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        Volatile.Write(ref _aloneUntil, long.MinValue);
        InThisProcess.TryRemove(_id, out _);
        try
        {
            await using var connection = await database.Source.OpenConnectionAsync(cancellationToken);
            await RemoveAsync(connection, [_id], cancellationToken);
            await ChangeNotice.SendAsync(connection, ChangeNotice.Servers, cancellationToken);
        }
        catch (Exception)
        {
            // The database may be gone before us; the row is then stale after ten seconds.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // After any failure, a server that no longer listens would serve revoked keys: it retries for ever.
                Volatile.Write(ref _standing, null);
                Log.ConnectionLost(log, e);
                await Task.Delay(ReconnectAfter, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static async Task<Standing> StandingOfAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(ProjectsSql.Standing, connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return new(reader.GetInt32(0), reader.GetDateTime(1));
    }

    private async Task ListenAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenDedicatedAsync(cancel);
        var changed = true; // Changes from the time without a connection.
        var polledAt = 0L;
        connection.Notification += (_, notice) => changed |= notice.Payload != ChangeNotice.Servers && !IsOfCustomer(notice.Payload);
        await using (var listen = new NpgsqlCommand(ProjectsSql.Listen, connection))
        {
            await listen.ExecuteNonQueryAsync(cancel);
        }

        var standing = await StandingOfAsync(connection, cancel);
        database.BeginEra();
        Volatile.Write(ref _standing, standing);
        while (true)
        {
            await BeatAsync(connection, cancel);
            if (changed || Stopwatch.GetElapsedTime(polledAt) > PollEvery)
            {
                changed = false;
                polledAt = Stopwatch.GetTimestamp();
                await directory.RefreshAsync(cancel);
            }

            // A notice of any kind ends the wait, so that changes are loaded and new servers are seen immediately.
            await connection.WaitAsync(HeartbeatEvery, cancel);
        }
    }

    private bool IsOfCustomer(string notice)
    {
        if (ChangeNotice.ReadCustomer(notice) is not var (projectId, customer))
        {
            return false;
        }

        if (directory.Current.ProjectsById.TryGetValue(projectId, out var project))
        {
            CustomerMoved?.Invoke(project, customer);
        }

        return true;
    }

    /// <summary>Sends one heartbeat. Returns the number of other live servers.</summary>
    private async Task<int> BeatAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var before = Stopwatch.GetTimestamp();
        var (now, others) = await AskAsync(connection, cancel);
        var after = Stopwatch.GetTimestamp();
        clock.Observe(before, after, now);

        var dead = others.Where(IsDead).Select(other => other.Id).ToArray();
        if (dead.Length > 0)
        {
            await RemoveAsync(connection, dead, cancel);
        }

        // The last writes of a killed server may commit during this heartbeat. By the next one they are committed, and later reads see
        // them.
        var living = others.Count - dead.Length;
        var isAlone = living == 0 && (dead.Length == 0 || !_serves);
        if (isAlone && !Alone)
        {
            // Even if no server was seen: while the lease had ended, one may have started, served and left.
            Volatile.Write(ref _era, _era + 1);
        }

        Volatile.Write(ref _aloneUntil, isAlone ? before + TicksOfLease : long.MinValue);
        Volatile.Write(ref _heardAt, after);
        return living;
    }

    private async Task<(Instant Now, IReadOnlyList<Other> Others)> AskAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(ProjectsSql.Heartbeat, connection) { CommandTimeout = HeartbeatTimeoutSeconds };
        command.Parameters.Add(new() { Value = _id });
        command.Parameters.Add(new() { Value = _host });
        command.Parameters.Add(new() { Value = Environment.ProcessId });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var ids = reader.GetFieldValue<Guid[]>(1);
        var processes = reader.GetFieldValue<int[]>(2);
        return (Instant.FromUtc(reader.GetDateTime(0)), [.. ids.Zip(processes, (id, process) => new Other(id, process))]);
    }

    private static async Task RemoveAsync(NpgsqlConnection connection, Guid[] servers, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(ProjectsSql.RemoveServers, connection);
        command.Parameters.Add(new() { Value = servers });
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <param name="Process">The PostgreSQL process.</param>
    /// <param name="StartedAt">Process numbers are reused; with this the pair is unique.</param>
    public sealed record Standing(int Process, DateTime StartedAt);

    /// <summary>Another server's row; <see cref="Process"/> is 0 if it runs on another machine.</summary>
    private sealed record Other(Guid Id, int Process);

    private static bool IsDead(Other other) =>
        other.Process != 0
        && (other.Process == Environment.ProcessId ? !InThisProcess.ContainsKey(other.Id) : !IsRunning(other.Process));

    /// <summary>Machine and process namespace: a process id is unique only within one.</summary>
    private static string HostName()
    {
        try
        {
            return Environment.MachineName + " " + File.ResolveLinkTarget("/proc/self/ns/pid", returnFinalTarget: false)?.Name;
        }
        catch (IOException)
        {
            return Environment.MachineName + " " + Guid.NewGuid();
        }
    }

    private static bool IsRunning(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return !found.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static class Log
    {
        public static void WaitingForOthers(ILogger log, int others) =>
            log.LogInformation("{Others} other server(s) use this database; this server accepts requests in two seconds.", others);

        public static void ConnectionLost(ILogger log, Exception e) =>
            log.LogWarning(
                "The server's notification connection to the database was lost ({Kind}: {Reason}); "
                    + "connecting again.", e.GetType().Name, e.Message);
    }
}
