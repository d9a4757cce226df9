using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Secrets;
using Tollgate.Server.Hosting;

namespace Tollgate.Server.Cli;

/// <summary>
/// Connects commands to the database itself: that of <c>--database</c>, or the private one of <c>--data</c>, which it starts for the
/// command if no server runs it.
/// </summary>
internal sealed class DatabaseDoor : IAsyncDisposable
{
    public static readonly Option<string> Data = Text("--data", "folder", "Data folder. Default .tollgate. [TOLLGATE_DATA]");
    public static readonly Option<string> Database = Text(
        "--database", "url",
        "Your own PostgreSQL instead of the private one. Prefer the variable: flags are visible to every user of the machine. "
            + "[TOLLGATE_DATABASE]");

    private readonly DataFolder? _folder;
    private readonly PrivatePostgres? _postgres;

    private DatabaseDoor(string data, string connectionString, DataFolder? folder, PrivatePostgres? postgres) =>
        (DataPath, ConnectionString, _folder, _postgres) = (data, connectionString, folder, postgres);

    /// <summary>The absolute path of the data folder.</summary>
    public string DataPath { get; }

    /// <summary>The connection string of the database's owner.</summary>
    public string ConnectionString { get; }

    public MasterKeySource MasterKey
    {
        get
        {
            var faults = new List<string>();
            var source = MasterKeySource.Read(Environment.GetEnvironmentVariable, DataPath, faults);
            return faults.Count == 0 ? source : throw new CliStopException(ExitCode.Usage, string.Join('\n', faults));
        }
    }

    /// <summary>Opens the database, also while a server runs.</summary>
    public static Task<DatabaseDoor> OpenAsync(ParseResult parsed, ILogger log, CancellationToken cancel) =>
        OpenAsync(parsed.GetValue(Data), parsed.GetValue(Database), log, cancel);

    /// <inheritdoc cref="OpenAsync(ParseResult, ILogger, CancellationToken)"/>
    public static Task<DatabaseDoor> OpenAsync(string? data, string? database, ILogger log, CancellationToken cancel) =>
        OpenAsync(data, database, mayRun: true, log, cancel);

    /// <summary>Opens the database while no server runs; creates a private PostgreSQL if there is none.</summary>
    public static Task<DatabaseDoor> OpenStoppedAsync(ParseResult parsed, ILogger log, CancellationToken cancel) =>
        OpenAsync(parsed.GetValue(Data), parsed.GetValue(Database), mayRun: false, log, cancel);

    private static async Task<DatabaseDoor> OpenAsync(
        string? dataFolder, string? database, bool mayRun, ILogger log, CancellationToken cancel)
    {
        var data = Path.GetFullPath(dataFolder ?? Filled("TOLLGATE_DATA") ?? ServerOptions.DefaultData);
        if ((database ?? Filled("TOLLGATE_DATABASE")) is { } url)
        {
            return new(data, DatabaseUrl.ToConnectionString(url), null, null);
        }

        if (mayRun && !File.Exists(Path.Combine(data, "postgres", "PG_VERSION")))
        {
            throw new CliStopException(
                ExitCode.Refused, $"{data} holds no database. Name the data folder with --data, or your own PostgreSQL with --database.");
        }

        if (mayRun && PrivatePostgres.RunningIn(data) is { } running)
        {
            return new(data, running, null, null);
        }

        var folder = DataFolder.Take(data);
        try
        {
            var postgres = await PrivatePostgres.StartAsync(folder, log, cancel);
            return new(data, postgres.ConnectionString, folder, postgres);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }

        _folder?.Dispose();
    }

    /// <summary>Runs a command that cleans up after Ctrl-C and SIGTERM.</summary>
    /// <param name="interrupted">The message after such a signal.</param>
    public static async Task<int> UntilInterruptedAsync(string interrupted, Func<ILogger, CancellationToken, Task<int>> run)
    {
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            return await run(NullLogger.Instance, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            throw new CliStopException(ExitCode.Refused, interrupted);
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    internal static string? Filled(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { } value && !string.IsNullOrWhiteSpace(value) ? value : null;

    private static Option<string> Text(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description };
}
