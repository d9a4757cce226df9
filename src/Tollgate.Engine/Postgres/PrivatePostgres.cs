using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Tollgate.Engine.Postgres;

/// <summary>
/// The server's own PostgreSQL: made once in the data folder, started as a child process, restarted when it dies, and stopped with the
/// server. It listens on a unix socket only.
/// </summary>
public sealed class PrivatePostgres : IAsyncDisposable
{
    /// <summary>
    /// The time limit of a fast shutdown, which writes a checkpoint: seconds on a slow disk. SIGQUIT follows it; the next start then
    /// recovers.
    /// </summary>
    public static readonly TimeSpan FastShutdownLimit = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan FirstRestartDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestRestartDelay = TimeSpan.FromSeconds(3);

    private readonly DataFolder _folder;
    private readonly PostgresBinaries _binaries;
    private readonly PostgresOwner _owner;
    private readonly PostgresLog _log;
    private readonly ILogger _logger;
    private readonly string _sockets;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Process? _process;
    private int _starts;

    private PrivatePostgres(
        DataFolder folder, PostgresBinaries binaries, PostgresOwner owner, string sockets, PostgresLog log, ILogger logger)
    {
        _folder = folder;
        _binaries = binaries;
        _owner = owner;
        _sockets = sockets;
        _log = log;
        _logger = logger;
        ConnectionString = Connection("tollgate");
    }

    /// <summary>The connection to the database <c>tollgate</c> as its superuser: to start, to migrate, to back up.</summary>
    public string ConnectionString { get; }

    /// <summary>The connection to the database <c>tollgate</c> as the application's role (<see cref="AppRole"/>).</summary>
    public string AppConnectionString => new NpgsqlConnectionStringBuilder(ConnectionString) { Username = AppRole.Name }.ConnectionString;

    public PostgresBinaries Binaries => _binaries;

    /// <summary>Null during a restart.</summary>
    public int? ProcessId => _process?.Id;

    /// <summary>1 after the first start; grows with every restart.</summary>
    public int Starts => Volatile.Read(ref _starts);

    /// <summary>
    /// 1. finds the binaries that fit the data; 2. chooses the user to run them as; 3. stops a PostgreSQL that an earlier server left
    /// running; 4. makes the data folder if there is none; 5. writes the settings; 6. starts PostgreSQL and watches it; 7. waits until it
    /// answers, and creates the database.
    /// </summary>
    /// <exception cref="StartRefusedException">The message says what to do.</exception>
    public static async Task<PrivatePostgres> StartAsync(DataFolder folder, ILogger logger, CancellationToken cancel)
    {
        var binaries = await PostgresBinaries.FindAsync(MajorOf(folder.Postgres), folder.Postgres, cancel);
        var owner = await PostgresOwner.ForAsync(folder, cancel);
        await PostgresOrphan.StopAsync(folder.Postgres, logger, cancel);
        await PostgresCluster.MakeAsync(folder, binaries, owner, logger, cancel);
        var sockets = await PostgresCluster.PrepareSocketsAsync(folder, owner, cancel);
        await PostgresCluster.WriteSettingsAsync(folder, binaries, owner, sockets, cancel);

        var postgres = new PrivatePostgres(folder, binaries, owner, sockets, new PostgresLog(folder.PostgresLog), logger);
        try
        {
            postgres.Supervise();
            await postgres.WaitUntilReadyAsync(cancel);
            await postgres.EnsureDatabaseAsync("tollgate", cancel);
            return postgres;
        }
        catch
        {
            await postgres.DisposeAsync();
            throw;
        }
    }

    /// <summary>The connection to another database of the same server.</summary>
    public string Connection(string database) => Connection(_sockets, database);

    /// <summary>
    /// The connection to the database of a data folder whose server runs, as superuser. Null: PostgreSQL does not run there.
    /// </summary>
    public static string? RunningIn(string dataFolder)
    {
        var file = Path.Combine(dataFolder, "postgres", "postmaster.pid");
        try
        {
            // Its lines: process, folder, start, port, folder of the socket, …
            return File.ReadAllLines(file) is [var process, _, _, _, { Length: > 0 } sockets, ..]
                && int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && Signals.IsAlive(id)
                ? Connection(sockets, "tollgate")
                : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StartRefusedException($"{dataFolder} belongs to another user. Run this as the user that runs the server.", e);
        }
    }

    private static string Connection(string sockets, string database) => new NpgsqlConnectionStringBuilder
    {
        Host = sockets,
        Port = PostgresSettings.Port,
        Username = PostgresCluster.Superuser,
        Database = database,
    }.ConnectionString;

    /// <summary>Stops PostgreSQL (fast shutdown: open transactions are rolled back, everything committed is on disk).</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (Starts > 0)
        {
            if (_process is { } process)
            {
                Signals.Send(process.Id, Signals.Interrupt);
            }

            if (await Task.WhenAny(_ended.Task, Task.Delay(FastShutdownLimit)) != _ended.Task && _process is { } stuck)
            {
                _logger.LogWarning(
                    "PostgreSQL did not stop within {Limit}; it is stopped at once and recovers at the next start.", FastShutdownLimit);
                Signals.Send(stuck.Id, Signals.Quit);
                await _ended.Task;
            }
        }

        PostgresCluster.RemoveTemporarySockets(_folder, _sockets);
        _log.Dispose();
        _stopping.Dispose();
    }

    private static string? MajorOf(string data) =>
        File.Exists(Path.Combine(data, "PG_VERSION")) ? File.ReadAllText(Path.Combine(data, "PG_VERSION")).Trim() : null;

    /// <summary>
    /// Runs a thread of its own, because the kernel ties "tell the child when its parent dies" to the parent's <em>thread</em>: from a pool
    /// thread, PostgreSQL would stop when the pool shrinks.
    /// </summary>
    private void Supervise()
    {
        var thread = new Thread(RunUntilStopped) { IsBackground = true, Name = "postgres supervisor" };
        Interlocked.Increment(ref _starts);
        thread.Start();
    }

    private void RunUntilStopped()
    {
        var delay = FirstRestartDelay;
        try
        {
            while (!_stopping.IsCancellationRequested)
            {
                var started = Stopwatch.GetTimestamp();
                var exitCode = TryRunOnce();
                if (_stopping.IsCancellationRequested)
                {
                    return;
                }

                // A PostgreSQL that ran for a while gets a quick restart; one that fails immediately is restarted with growing delays.
                delay = Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(10)
                    ? FirstRestartDelay
                    : TimeSpan.FromTicks(Math.Min(delay.Ticks * 2, LongestRestartDelay.Ticks));
                _logger.LogError(
                    "PostgreSQL ended (exit code {ExitCode}); starting it again in {Delay} ms. Its last words: {Line}",
                    exitCode, (int)delay.TotalMilliseconds, _log.LastLines.Split('\n')[^1]);
                _stopping.Token.WaitHandle.WaitOne(delay);
                Interlocked.Increment(ref _starts);
            }
        }
        finally
        {
            _ended.TrySetResult();
        }
    }

    /// <summary>
    /// An exception on this thread would end the process. Causes such as a file that cannot be opened or a full disk pass.
    /// </summary>
    private int TryRunOnce()
    {
        try
        {
            return RunOnce();
        }
        catch (Exception e)
        {
            _process = null;
            _logger.LogError(e, "PostgreSQL could not be started.");
            return -1;
        }
    }

    private int RunOnce()
    {
        using var process = new Process { StartInfo = _owner.Server(_binaries.Postgres, "-D", _folder.Postgres) };
        process.StartInfo.RedirectStandardError = true;
        process.StartInfo.RedirectStandardOutput = true;
        process.StartInfo.RedirectStandardInput = true;
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            _log.Write(e.Message);
            return -1;
        }

        process.StandardInput.Close();
        var reader = new Thread(() => ReadLog(process.StandardError)) { IsBackground = true, Name = "postgres log" };
        reader.Start();
        _process = process;
        if (_stopping.IsCancellationRequested)
        {
            Signals.Send(process.Id, Signals.Interrupt);
        }

        // The overload without a limit would also wait for the end of the output, which orphaned backends keep open.
        while (!process.WaitForExit(int.MaxValue))
        {
        }

        _process = null;
        reader.Join(TimeSpan.FromMilliseconds(500));
        return process.ExitCode;
    }

    private void ReadLog(StreamReader output)
    {
        try
        {
            while (output.ReadLine() is { } line)
            {
                _log.Write(line);
            }
        }
        catch (Exception e)
        {
            // The process and its pipe are gone, or the log's disk is full: PostgreSQL must not wait for a reader.
            _logger.LogDebug(e, "PostgreSQL's output ended.");
            Drain(output);
        }
    }

    private static void Drain(StreamReader output)
    {
        try
        {
            while (output.ReadLine() is not null)
            {
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Nothing is left to read.
        }
    }

    private async Task WaitUntilReadyAsync(CancellationToken cancel)
    {
        await using var source = Database.ForStart(Connection("postgres"));
        var waiting = Stopwatch.StartNew();
        var logged = TimeSpan.Zero;
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            if (Starts > 2)
            {
                throw new StartRefusedException(
                    $"PostgreSQL does not start from {_folder.Postgres}. Its log ({_log.Path}) ends with:\n{_log.LastLines}");
            }

            try
            {
                await using var connection = await source.OpenConnectionAsync(cancel);
                return;
            }
            catch (PostgresException e) when (e.SqlState.StartsWith("28", StringComparison.Ordinal))
            {
                throw new StartRefusedException(
                    $"The private PostgreSQL refuses the server's connection: {e.MessageText}. pg_hba.conf and pg_ident.conf in "
                        + $"{_folder.Postgres} must let "
                    + $"{Environment.UserName} connect as {PostgresCluster.Superuser} and {AppRole.Name}.", e);
            }
            catch (NpgsqlException)
            {
                // PostgreSQL is not ready yet, or replays its log after a crash, for a time that depends on the disk.
                if (waiting.Elapsed - logged > TimeSpan.FromSeconds(5))
                {
                    logged = waiting.Elapsed;
                    _logger.LogInformation(
                        "Waiting for PostgreSQL for {Seconds} s: {Line}", (int)logged.TotalSeconds, _log.LastLines.Split('\n')[^1]);
                }

                await Task.Delay(TimeSpan.FromMilliseconds(30), cancel);
            }
        }
    }

    private async Task EnsureDatabaseAsync(string name, CancellationToken cancel)
    {
        await using var source = Database.ForStart(Connection("postgres"));
        await using var connection = await source.OpenConnectionAsync(cancel);
        await using var exists = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = $1", connection)
        {
            Parameters = { new() { Value = name } },
        };
        if (await exists.ExecuteScalarAsync(cancel) is null)
        {
            await using var create = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
            await create.ExecuteNonQueryAsync(cancel);
        }
    }
}

/// <summary>The three signals of PostgreSQL's shutdown modes; .NET can only send SIGKILL.</summary>
internal static class Signals
{
    public const int Interrupt = 2;
    public const int Quit = 3;

    public static void Send(int process, int signal) => _ = Kill(process, signal);

    public static bool IsAlive(int process) => Kill(process, 0) == 0;

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
