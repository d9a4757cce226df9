using System.Net;
using System.Net.Sockets;

namespace Tollgate.Bench.Hosting;

/// <summary>The objects that all scenarios share: options, tools, the processor watch and a folder that is removed at the end.</summary>
internal sealed class Workbench : IDisposable
{
    private int _folders;

    public Workbench(BenchOptions options, Tools tools)
    {
        Options = options;
        Tools = tools;
        Folder = Directory.CreateTempSubdirectory("tollgate-bench-").FullName;

        // PostgreSQL does not run as root: the server starts it as another user, who must be able to reach its files.
        File.SetUnixFileMode(Folder, File.GetUnixFileMode(Folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    public BenchOptions Options { get; }

    public Tools Tools { get; }

    public CpuWatch Cpu { get; } = new();

    public string Folder { get; }

    public string Scripts { get; } = Path.Combine(AppContext.BaseDirectory, "scripts");

    /// <summary>The repository: the nearest folder upward that holds the solution.</summary>
    public static string Repository { get; } = FindRepository();

    public string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(Folder, $"{name}-{++_folders}")).FullName;

    /// <summary>
    /// Below the range that the kernel gives to outgoing connections: there, a caller that waits for the server to start
    /// may get the very port it calls, and then talks to itself.
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            try
            {
                var port = Random.Shared.Next(20_000, 32_000);
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Another process has the port: try another one.
            }
        }
    }

    public static void Tell(string text) => Console.Error.WriteLine(text);

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static string FindRepository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Tollgate.slnx")))
        {
            folder = Path.GetDirectoryName(folder)
                ?? throw new BenchFault("The bench runs from a clone of the repository: Tollgate.slnx was not found.");
        }

        return folder;
    }
}
