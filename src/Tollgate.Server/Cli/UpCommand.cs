using System.CommandLine;
using System.Runtime.InteropServices;
using Tollgate.Server.Hosting;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate up</c>: start the server and serve until Ctrl-C or SIGTERM.</summary>
internal static class UpCommand
{
    private static readonly Option<string> Port = Text("--port", "number", "TCP port to serve on. Default 8080. [TOLLGATE_PORT]");
    private static readonly Option<string> Listen = Text(
        "--listen", "address",
        "IP address to listen on. Default 127.0.0.1: this machine only; 0.0.0.0 is every network. [TOLLGATE_LISTEN]");

    private static readonly Option<string> Data = Text(
        "--data", "folder", "Data folder: PostgreSQL's files, keys.env, logs. Default .tollgate. [TOLLGATE_DATA]");

    private static readonly Option<string> Database = Text(
        "--database", "url",
        "Your own PostgreSQL (15 or later) instead of the private one: postgres://user:password@host:5432/name. "
        + "Prefer the variable: flags are visible to every user of the machine. [TOLLGATE_DATABASE]");

    private static readonly Option<bool> Demo = new("--demo")
    {
        Description =
            "Add 60 demo customers to each built-in project, with up to two years of subscriptions, invoices, usage and calls to models. "
                + "On an empty database, the projects are sandboxes. [TOLLGATE_DEMO=1]",
    };

    private static readonly Option<bool> NewAdminKey = new("--new-admin-key")
    {
        Description =
            "Create an admin key and write it to keys.env, for example if that file is lost. Earlier keys stay valid until you revoke "
                + "them.",
    };

    private static readonly Option<bool> NewMasterKey = new("--new-master-key")
    {
        Description =
            "Replace a lost master key with a new one. You must then set provider keys, upstream keys, "
                + "webhook secrets and saved cards again.",
    };

    private static readonly Option<string> Seed = Text(
        "--seed", "number", "Seed of the demo data; the same seed gives the same data. Default 1. [TOLLGATE_SEED]");
    private static readonly Option<string> DefaultProject = Text(
        "--default-project", "code",
        "Project for public reads without a key (seed doors), unless their path or host name selects another. Default: each product's own. "
            + "[TOLLGATE_DEFAULT_PROJECT]");

    public static Command Build()
    {
        var command = new Command(
            "up",
            "Starts the server: creates the missing files and keys, starts PostgreSQL, migrates it, and serves until Ctrl-C or SIGTERM.")
        {
            Port, Listen, Data, Database, DefaultProject, NewAdminKey, NewMasterKey, Demo, Seed,
        };
        command.SetAction((parsed, _) => RunAsync(parsed));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed)
    {
        var options = ServerOptions.Read(
            name => name switch
            {
                "--demo" => parsed.GetValue(Demo) ? "1" : null,
                "--new-admin-key" => parsed.GetValue(NewAdminKey) ? "1" : null,
                "--new-master-key" => parsed.GetValue(NewMasterKey) ? "1" : null,
                _ => parsed.GetValue<string>(name),
            },
            Environment.GetEnvironmentVariable,
            out var faults);
        if (options is null)
        {
            foreach (var fault in faults)
            {
                await Console.Error.WriteLineAsync(fault);
            }

            return ExitCode.Usage;
        }

        using var stop = new CancellationTokenSource();
        using var hurry = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        var code = ExitCode.Done;
        try
        {
            code = await ServerRun.RunAsync(options, stop.Token, hurry.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The operator stopped the start; everything that it had started is stopped again.
        }

        await Console.Out.WriteLineAsync("Stopped.");
        return code;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            (stop.IsCancellationRequested ? hurry : stop).Cancel();
        }
    }

    private static Option<string> Text(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description };
}
