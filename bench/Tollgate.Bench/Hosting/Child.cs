using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Tollgate.Bench.Hosting;

/// <summary>The exit code and the output of a program.</summary>
internal sealed record Said(int ExitCode, string Out, string Error)
{
    public string OutOrThrow(string what) =>
        ExitCode == 0 ? Out : throw new BenchFault($"{what} ended with {ExitCode}: {(Error.Length > 0 ? Error : Out).Trim()}");
}

/// <summary>A reason that stops the bench: printed as a sentence, without a stack.</summary>
internal sealed class BenchFault : Exception
{
    public BenchFault(string message)
        : base(message)
    {
    }

    public BenchFault(string message, Exception inner)
        : base(message, inner)
    {
    }

    public BenchFault()
    {
    }
}

/// <summary>A process that the bench started and that ends with it.</summary>
internal sealed partial class Child : IAsyncDisposable
{
    private readonly Process _process;

    private Child(Process process) => _process = process;

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Starts a program that keeps running; its output goes to <paramref name="log"/>.</summary>
    public static Child Start(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, string log)
    {
        var writer = TextWriter.Synchronized(new StreamWriter(log, append: true) { AutoFlush = true });
        var process = new Process { StartInfo = Info(file, arguments, environment) };
        process.OutputDataReceived += (_, line) => Keep(writer, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(writer, line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new Child(process);
    }

    /// <summary>Runs a program to its end, or until <paramref name="cancel"/> is set.</summary>
    public static async Task<Said> RunAsync(
        string file, IEnumerable<string> arguments, CancellationToken cancel, IReadOnlyDictionary<string, string>? environment = null,
        string? folder = null)
    {
        var info = Info(file, arguments, environment ?? new Dictionary<string, string>());
        info.WorkingDirectory = folder ?? "";
        using var process = new Process { StartInfo = info };
        var (said, complained) = (new StringBuilder(), new StringBuilder());
        process.OutputDataReceived += (_, line) => said.Append(line.Data).Append('\n');
        process.ErrorDataReceived += (_, line) => complained.Append(line.Data).Append('\n');
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return new Said(process.ExitCode, said.ToString(), complained.ToString());
    }

    /// <summary>Asks it to end and waits; after <paramref name="patience"/> kills it. True: it ended without being killed.</summary>
    public async Task<bool> StopAsync(TimeSpan patience)
    {
        if (_process.HasExited)
        {
            return true;
        }

        _ = Signal(_process.Id, Terminate);
        using var limit = new CancellationTokenSource(patience);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            return false;
        }
    }

    public static void Kill(int processId) => _ = Signal(processId, Quit);

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.FromSeconds(20));
        _process.Dispose();
    }

    private const int Quit = 3;
    private const int Terminate = 15;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int processId, int signal);

    private static void Keep(TextWriter log, string? line)
    {
        if (line is not null)
        {
            log.WriteLine(line);
        }
    }

    private static ProcessStartInfo Info(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var info = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        foreach (var (name, value) in environment)
        {
            info.Environment[name] = value;
        }

        return info;
    }
}
