using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Tollgate.Testing;

/// <summary>
/// The server's binary as a child process. It dies with the test host (<c>setpriv --pdeathsig</c>), which the kernel ties to
/// the thread that started it: hence a thread for each process.
/// </summary>
public sealed class ServerProcess
{
    private readonly TaskCompletionSource<int> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess()
    {
    }

    /// <summary>The repository's root: the folder of Tollgate.slnx.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The server built in the same configuration.</summary>
    public static string Binary { get; } = Path.Combine(
        Root, "src", "Tollgate.Server", "bin",
        AppContext.BaseDirectory.Contains("/Debug/", StringComparison.Ordinal) ? "Debug" : "Release",
        "net10.0", "Tollgate.Server.dll");

    public int Id { get; private set; }

    /// <summary>Completes with the exit code (128 + signal when killed), after all output was read.</summary>
    public Task<int> Ended => _ended.Task;

    /// <param name="fileLimit">The number of files that it may have open; null: as many as this process.</param>
    public static async Task<ServerProcess> StartAsync(
        string[] arguments, IReadOnlyDictionary<string, string> environment, Action<string> print, int? fileLimit = null)
    {
        var server = new ServerProcess();
        new Thread(() => server.Run(arguments, environment, print, fileLimit)) { IsBackground = true, Name = "server process" }.Start();
        server.Id = await server._started.Task;
        return server;
    }

    /// <summary>Runs a CLI command to its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments) =>
        await RunAsync(new Dictionary<string, string>(), arguments);

    public static async Task<(int ExitCode, string Output)> RunAsync(IReadOnlyDictionary<string, string> environment,
        params string[] arguments)
    {
        var lines = new List<string>();
        var process = await StartAsync(arguments, environment, line =>
        {
            lock (lines)
            {
                lines.Add(line);
            }
        });
        var code = await process.Ended.WaitAsync(TimeSpan.FromMinutes(2));
        lock (lines)
        {
            return (code, string.Join('\n', lines));
        }
    }

    public void Kill() => Signal(Id, 9);

    public void Terminate() => Signal(Id, 15);

    public void Interrupt() => Signal(Id, 2);

    public static void Signal(int process, int signal) => _ = SendSignal(process, signal);

    /// <summary>A process that has ended and that its parent has not reaped yet (a zombie) is not alive.</summary>
    public static bool IsAlive(int process)
    {
        try
        {
            // "pid (name with spaces) S …"
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return stat[stat.LastIndexOf(')') + 2] != 'Z';
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private void Run(string[] arguments, IReadOnlyDictionary<string, string> environment, Action<string> print, int? fileLimit)
    {
        try
        {
            string[] limit = fileLimit is { } most
                ? ["prlimit", string.Create(CultureInfo.InvariantCulture, $"--nofile={most}:{most}")]
                : [];
            string[] line = OperatingSystem.IsLinux()
                ? ["setpriv", "--pdeathsig", "KILL", "--", .. limit, "dotnet", Binary, .. arguments]
                : ["dotnet", Binary, .. arguments];
            using var process = new Process();
            process.StartInfo = new ProcessStartInfo(line[0], line[1..])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = true,
                WorkingDirectory = Root,
            };
            foreach (var (name, value) in environment)
            {
                process.StartInfo.Environment[name] = value;
            }

            process.OutputDataReceived += (_, e) => PrintLine(e.Data, print);
            process.ErrorDataReceived += (_, e) => PrintLine(e.Data, print);
            process.Start();
            process.StandardInput.Close();
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            _started.SetResult(process.Id);
            process.WaitForExit();
            _ended.SetResult(process.ExitCode);
        }
        catch (Exception e) when (!_started.Task.IsCompleted)
        {
            _started.SetException(e);
        }
    }

    private static void PrintLine(string? line, Action<string> print)
    {
        if (line is not null)
        {
            print(line);
        }
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Tollgate.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No Tollgate.slnx above {AppContext.BaseDirectory}.");
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int process, int signal);
}
