using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Tollgate.Chaos.Servers;

namespace Tollgate.Chaos.Hostile;

/// <summary>
/// The neighbour in a process of its own. In the attackers' process it would measure them: a collection of their garbage stops every thread
/// of the process, and takes ten times as long on threads with a low priority. Their niceness is inherited too, so the process starts
/// before the attack does.
/// </summary>
internal sealed class NeighbourProcess : IDisposable
{
    /// <summary>The argument that makes this assembly the neighbour instead of a test runner.</summary>
    public const string Command = "neighbour";

    private const string KeyVariable = "TOLLGATE_NEIGHBOUR_KEY";

    private readonly Process _process;

    private NeighbourProcess(Process process) => _process = process;

    public static NeighbourProcess Start(Project project)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(NeighbourProcess).Assembly.Location, Command, project.Gate.Server.ToString()])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment[KeyVariable] = project.SecretKey;
        return new(Process.Start(start)!);
    }

    /// <summary>Lets the process call for the given time and returns the latencies.</summary>
    public async Task<IReadOnlyList<Times>> MeasureAsync(TimeSpan length)
    {
        await _process.StandardInput.WriteLineAsync(length.TotalSeconds.ToString(CultureInfo.InvariantCulture));
        var line = await _process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException("The neighbour's process has ended.");
        return JsonSerializer.Deserialize<IReadOnlyList<Times>>(line)!;
    }

    /// <summary>
    /// The main loop of the process: reads a number of seconds, measures for that time, prints the latencies, until its parent is gone.
    /// </summary>
    public static int Serve(Uri server)
    {
        var neighbour = new Neighbour(server, Environment.GetEnvironmentVariable(KeyVariable)!);
        while (Console.ReadLine() is { } seconds)
        {
            Console.WriteLine(
                JsonSerializer.Serialize(neighbour.Measure(TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)))));
        }

        return 0;
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
