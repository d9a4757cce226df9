using Tollgate.Chaos.Hostile;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace Tollgate.Chaos;

/// <summary>The entry point of the test runner, and of the process in which <see cref="NeighbourProcess"/> measures.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args) => args switch
    {
        [NeighbourProcess.Command, var server] => Task.FromResult(NeighbourProcess.Serve(new(server))),
        _ when args.Contains("--server") || args.Contains("--internal-msbuild-node") =>
            TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
        _ => ConsoleRunner.Run(args),
    };
}
