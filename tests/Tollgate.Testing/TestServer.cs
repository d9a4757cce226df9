using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Tollgate.Engine.Postgres;

namespace Tollgate.Testing;

/// <summary>
/// The real server as a separate process, on a free port. Without <c>database</c> it runs its private PostgreSQL in its data folder. Tests
/// can stop, kill and restart it on the same data; it always ends with the test.
/// </summary>
public sealed class TestServer : IAsyncDisposable
{
    /// <summary>The master key of servers with a given database.</summary>
    public const string SharedMasterKey = "dGhlIG1hc3RlciBrZXkgb2YgdGVzdHMsIDMyIGJ5dGU=";

    private const int FirstPort = 12_000;
    private const uint Ports = 20_000;

    // Test projects that run at the same time begin at different ports.
    private static int _lastPort = Random.Shared.Next();

    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(60);

    private readonly TestFolder? _ownFolder;
    private readonly string[] _arguments;
    private readonly IReadOnlyDictionary<string, string> _environment;
    private readonly int? _fileLimit;
    private readonly ConcurrentQueue<string> _log = new();
    private ServerProcess? _process;

    private TestServer(
        TestFolder? ownFolder, string data, int port, string[] arguments, IReadOnlyDictionary<string, string> environment, int? fileLimit)
    {
        _fileLimit = fileLimit;
        _ownFolder = ownFolder;
        _arguments = arguments;
        _environment = environment;
        Data = data;
        Port = port;
        Url = new Uri($"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}");
        Http = NewClient(null);
    }

    /// <summary>The data folder, with keys.env in it.</summary>
    public string Data { get; }

    public int Port { get; }

    public Uri Url { get; }

    /// <summary>A client without a key.</summary>
    public HttpClient Http { get; }

    public int ProcessId => _process?.Id ?? throw new InvalidOperationException("The server does not run.");

    /// <summary>The complete output of the server, over all its starts.</summary>
    public string Log => string.Join('\n', _log);

    /// <summary>The private PostgreSQL's process, or null when there is none.</summary>
    public int? PostgresProcessId =>
        File.Exists(Path.Combine(Data, "postgres", "postmaster.pid"))
        && int.TryParse(File.ReadLines(Path.Combine(Data, "postgres", "postmaster.pid")).First(), CultureInfo.InvariantCulture, out var id)
            ? id
            : null;

    /// <summary>The lines of keys.env.</summary>
    public IReadOnlyDictionary<string, string> Keys =>
        File.ReadLines(DataFolder.KeysFileOf(Data))
            .Where(line => line.Contains('=', StringComparison.Ordinal) && !line.StartsWith('#'))
            .ToDictionary(
                line => line[..line.IndexOf('=', StringComparison.Ordinal)],
                line => line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..]);

    public string AdminKey => Keys["TOLLGATE_ADMIN_KEY"];

    /// <summary>Starts a server and waits until it is ready.</summary>
    /// <param name="database">A connection string; null: a private PostgreSQL in the data folder.</param>
    /// <param name="data">An existing data folder, which is kept; null: a new one, removed at the end.</param>
    /// <param name="fileLimit">The number of files that it may have open (<c>ulimit -n</c>); null: as many as this process.</param>
    public static async Task<TestServer> StartAsync(
        string? database = null, string? data = null, IReadOnlyDictionary<string, string>? environment = null, int? fileLimit = null,
        params string[] flags)
    {
        var folder = data is null ? TestFolder.Create() : null;
        var path = data ?? folder!.Combine("data");
        var port = FreePort();
        string[] arguments =
        [
            "up", "--port", port.ToString(CultureInfo.InvariantCulture), "--data", path,
            .. database is null ? Array.Empty<string>() : ["--database", database],
            .. flags,
        ];
        var variables = WithRoomToFail(environment);
        if (database is not null)
        {
            // Servers of one database share its master key, wherever their data folders are.
            variables.TryAdd("TOLLGATE_MASTER_KEY", SharedMasterKey);
        }

        var server = new TestServer(folder, path, port, arguments, variables, fileLimit);
        try
        {
            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Tests try thousands of wrong keys from one address, and call no service on the internet. The limits and VIES have tests of their
    /// own.
    /// </summary>
    private static Dictionary<string, string> WithRoomToFail(IReadOnlyDictionary<string, string>? environment)
    {
        var all = new Dictionary<string, string>(environment ?? new Dictionary<string, string>());
        all.TryAdd("TOLLGATE_FAILED_ATTEMPTS_PER_MINUTE", "1000000");
        all.TryAdd("TOLLGATE_VIES_URL", "off");
        return all;
    }

    /// <summary>
    /// After <see cref="StopAsync"/> or <see cref="Kill9Async"/>: starts on the same data and port, and waits until ready.
    /// </summary>
    public async Task StartAgainAsync()
    {
        _process = await ServerProcess.StartAsync(_arguments, _environment, _log.Enqueue, _fileLimit);
        await WaitUntilReadyAsync();
    }

    /// <summary>A client with the secret key of a project, by its code (<c>resume-ats</c>).</summary>
    public HttpClient ClientFor(string project) =>
        NewClient(Keys["TOLLGATE_KEY_" + project.Replace('-', '_').ToUpperInvariant()]);

    /// <summary>A client without a key, whose connections come from an address of 127.0.0.0/8.</summary>
    public HttpClient ClientFrom(string address) => ClientFrom(address, Url);

    /// <inheritdoc cref="ClientFrom(string)"/>
    public static HttpClient ClientFrom(string address, Uri server) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        ConnectCallback = async (_, cancel) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Port), cancel);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = server, Timeout = TimeSpan.FromSeconds(60),
    };

    /// <summary>A client with a key; null for none.</summary>
    public HttpClient NewClient(string? key)
    {
        var client = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            BaseAddress = Url,
            Timeout = TimeSpan.FromSeconds(60),
        };
        if (key is not null)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        return client;
    }

    /// <summary>Sends SIGKILL: no handler runs.</summary>
    public async Task Kill9Async()
    {
        if (_process is { } process)
        {
            process.Kill();
            await process.Ended.WaitAsync(StopLimit);
            _process = null;
        }
    }

    /// <summary>Sends SIGTERM, as a service manager does.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync()
    {
        var process = _process ?? throw new InvalidOperationException("The server does not run.");
        process.Terminate();
        var code = await process.Ended.WaitAsync(StopLimit);
        _process = null;
        return code;
    }

    /// <summary>Waits until <c>/health/ready</c> answers 200.</summary>
    public async Task WaitUntilReadyAsync()
    {
        var waiting = Stopwatch.StartNew();
        while (true)
        {
            if (_process is { Ended.IsCompleted: true } ended)
            {
                throw new InvalidOperationException($"The server ended with {await ended.Ended}:\n{Log}");
            }

            try
            {
                using var answer = await Http.GetAsync(new Uri("/health/ready", UriKind.Relative));
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            if (waiting.Elapsed > ReadyLimit)
            {
                throw new TimeoutException($"The server was not ready within {ReadyLimit}:\n{Log}");
            }

            await Task.Delay(50);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { Ended.IsCompleted: false } process)
        {
            process.Terminate();
            if (await Task.WhenAny(process.Ended, Task.Delay(StopLimit)) != process.Ended)
            {
                process.Kill();
            }
        }

        Http.Dispose();
        _ownFolder?.Dispose();
    }

    /// <summary>
    /// Returns a free port, below those that the system gives to connections (from 32768 on Linux): any client of a test could take one of
    /// these before the server listens on it, or while it is killed and restarted.
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = FirstPort + (int)((uint)Interlocked.Increment(ref _lastPort) % Ports);
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException taken) when (taken.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                // The next one.
            }
        }
    }
}
