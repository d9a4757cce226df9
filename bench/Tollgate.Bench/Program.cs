using System.Runtime.InteropServices;
using Tollgate.Bench;
using Tollgate.Bench.Hosting;

if (args is [BareProgram.Word, .. var rest])
{
    await BareProgram.RunAsync(rest);
    return 0;
}

if (args is [FakeProvider.Word, .. var port])
{
    await FakeProvider.RunAsync(port);
    return 0;
}

using var stop = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

try
{
    var options = BenchOptions.Parse(args);
    if (options.ShowHelp)
    {
        Console.WriteLine(BenchOptions.Help);
        return 0;
    }

    if (options.ShowList)
    {
        Console.WriteLine(string.Join('\n', Scenario.All.Select(scenario => $"{scenario.Code,-4} {scenario.Title}")));
        return 0;
    }

    return await new BenchRun(options, stop.Token).RunAsync();
}
catch (WrongArgument wrong)
{
    Console.Error.WriteLine(wrong.Message + "\n");
    Console.Error.WriteLine(BenchOptions.Help);
    return 2;
}
catch (BenchFault fault)
{
    Console.Error.WriteLine(fault.Message);
    return 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.Error.WriteLine("Stopped; everything it had started is gone.");
    return 1;
}

void Stop(PosixSignalContext signal)
{
    // Prevents the runtime's default exit, which would leave the server and PostgreSQL running.
    signal.Cancel = true;
    stop.Cancel();
}
