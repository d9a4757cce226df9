using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using Npgsql;

namespace Tollgate.Bench.Hosting;

/// <summary>The address of a PostgreSQL: a unix socket's folder, its port, a superuser without a password.</summary>
internal sealed record PostgresPlace(string Host, int Port, string User)
{
    public string Connection(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = Host, Port = Port, Username = User, Database = database, CommandTimeout = 0, Pooling = false,
    }.ConnectionString;

    public async Task<NpgsqlConnection> OpenAsync(string database, CancellationToken cancel)
    {
        var connection = new NpgsqlConnection(Connection(database));
        await connection.OpenAsync(cancel);
        return connection;
    }
}

/// <summary>
/// The real server, Release, as a separate process with its own data folder, and the private PostgreSQL that it starts.
/// </summary>
internal sealed class TollgateServer : IAsyncDisposable
{
    public const string Database = "tollgate";
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(90);

    private readonly Workbench _bench;
    private Child? _process;

    private TollgateServer(Workbench bench, string data)
    {
        _bench = bench;
        Data = data;
        Port = Workbench.FreePort();
        Http = new HttpClient { BaseAddress = new Uri(Url), Timeout = TimeSpan.FromSeconds(60) };
    }

    public string Data { get; }

    public int Port { get; }

    public string Url => $"http://127.0.0.1:{Port}";

    public HttpClient Http { get; }

    /// <summary>The bench's own project on this server.</summary>
    public BenchProject Project { get; private set; } = null!;

    public PostgresPlace Postgres { get; private set; } = null!;

    public int ProcessId => _process!.Id;

    /// <summary>The time from the start of the process until /health/ready answered 200.</summary>
    public TimeSpan TimeToReady { get; private set; }

    public string Log => Path.Combine(_bench.Folder, Path.GetFileName(Data) + ".log");

    public static async Task<TollgateServer> StartAsync(Workbench bench, string name, CancellationToken cancel)
    {
        var server = new TollgateServer(bench, bench.NewFolder(name));
        try
        {
            await server.UpAsync(cancel);
            server.Project = await BenchProject.CreateAsync(server, BenchProject.Code, cancel);
            server.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", server.Project.Key);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A server with an empty data folder and these extra arguments; no project of the bench's.</summary>
    public static async Task<TollgateServer> StartBareAsync(
        Workbench bench, string name, CancellationToken cancel, params string[] arguments)
    {
        var server = new TollgateServer(bench, bench.NewFolder(name));
        try
        {
            await server.UpAsync(cancel, arguments);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Servers of one database share one master key. It protects nothing here.</summary>
    private const string SharedMasterKey = "dGhlIG1hc3RlciBrZXkgb2YgdGVzdHMsIDMyIGJ5dGU=";

    /// <summary>Stops it as SIGTERM does, PostgreSQL included, and starts it again on the same data.</summary>
    public async Task RestartAsync(CancellationToken cancel)
    {
        await StopAsync();
        await UpAsync(cancel);
    }

    /// <summary>A command of the server's own command line on this data folder, for instance <c>verify</c>.</summary>
    public Task<Said> CommandAsync(CancellationToken cancel, params string[] words)
    {
        var (file, first) = Program(_bench.Options.Server);
        return Child.RunAsync(file, [.. first, .. words], cancel);
    }

    public string KeyOf(string name) =>
        File.ReadLines(Path.Combine(Data, "keys.env"))
            .FirstOrDefault(line => line.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..]
            ?? throw new BenchFault($"{name} is not in {Path.Combine(Data, "keys.env")}.");

    /// <summary>Resident memory of the server's process (without PostgreSQL), in megabytes.</summary>
    public double ResidentMb() => double.Parse(
        File.ReadLines($"/proc/{ProcessId}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Http.Dispose();
    }

    private async Task UpAsync(CancellationToken cancel, params string[] arguments)
    {
        var (file, first) = Program(_bench.Options.Server);
        var watch = Stopwatch.StartNew();
        _process = Child.Start(file, [.. first, "up", "--port", $"{Port}", "--data", Data, .. arguments],
            new Dictionary<string, string>
            {
                ["TOLLGATE_BENCH"] = "1", ["TOLLGATE_UPSTREAM_NETWORKS"] = "127.0.0.0/8", ["TOLLGATE_MASTER_KEY"] = SharedMasterKey,
            }, Log);
        while (!await IsReadyAsync(cancel))
        {
            if (_process.HasExited || watch.Elapsed > StartLimit)
            {
                throw new BenchFault(
                    $"The server {(_process.HasExited ? "ended while it started" : "was not ready in 2 minutes")}. "
                        + $"Its last lines:\n{LastLines()}");
            }

            await Task.Delay(10, cancel);
        }

        TimeToReady = watch.Elapsed;
        _bench.Cpu.Name(_process.Id, "server");
        Postgres = FindPostgres();
    }

    private async Task StopAsync()
    {
        if (_process is not { } process)
        {
            return;
        }

        _process = null;
        if (!await process.StopAsync(StopLimit))
        {
            Workbench.Tell("  The server did not stop in 90 s and was killed.");
        }

        await process.DisposeAsync();
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancel)
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri("/health/ready", UriKind.Relative), cancel);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception notYet) when (notYet is HttpRequestException or System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    /// <summary>Reads postmaster.pid: line 1 is the process, 4 the port, 5 the socket's folder.</summary>
    private PostgresPlace FindPostgres()
    {
        var lines = File.ReadAllLines(Path.Combine(Data, "postgres", "postmaster.pid"));
        _bench.Cpu.Name(int.Parse(lines[0], CultureInfo.InvariantCulture), "postgres");
        return new PostgresPlace(lines[4].Trim(), int.Parse(lines[3], CultureInfo.InvariantCulture), "tollgate");
    }

    private string LastLines() => File.Exists(Log) ? string.Join('\n', File.ReadLines(Log).TakeLast(15)) : "(it said nothing)";

    private static (string File, string[] First) Program(string? chosen)
    {
        var path = chosen ?? Path.Combine(Workbench.Repository, "src/Tollgate.Server/bin/Release/net10.0/Tollgate.Server");
        return !File.Exists(path) ? throw new BenchFault($"{path} is missing: dotnet build -c Release")
            : path.EndsWith(".dll", StringComparison.Ordinal) ? ("dotnet", [path]) : (path, []);
    }
}
