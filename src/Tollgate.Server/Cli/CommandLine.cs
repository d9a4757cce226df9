using System.CommandLine;
using System.CommandLine.Help;
using Npgsql;
using Tollgate.Engine.Postgres;

namespace Tollgate.Server.Cli;

/// <summary>The command line: one file for each group of commands, listed here. Commands reach the server by <see cref="ServerDoor"/>.</summary>
internal static class CommandLine
{
    /// <summary>Every group, in the order that --help shows.</summary>
    private static readonly Func<Command>[] Groups =
    [
        UpCommand.Build,
        ProjectCommands.Build,
        KeyCommands.Build,
        CatalogCommands.Build,
        VerifyCommand.Build,
    ];

    public static async Task<int> RunAsync(string[] args)
    {
        // Not RootCommand: it takes its name, which the help shows, from the program's file.
        var root = new Command("tollgate", "Tollgate meters, gates and bills AI products.") { new HelpOption(), new VersionOption() };
        foreach (var build in Groups)
        {
            root.Add(build());
        }

        var parsed = root.Parse(args.Length == 0 ? ["--help"] : args);
        try
        {
            // Signals are the commands' own business: `up` drains, the others end at once.
            var code = await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
            return parsed.Errors.Count > 0 ? ExitCode.Usage : code;
        }
        catch (StartRefusedException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return ExitCode.Refused;
        }
        catch (NpgsqlException e)
        {
            await Console.Error.WriteLineAsync($"The database went away or refused: {e.Message} Look at its log (postgres.log in the data folder), then start again.");
            return ExitCode.Refused;
        }
        catch (CliStopException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return e.ExitCode;
        }
    }
}

/// <summary>What the exit code of every command means.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The server refused, or the start was refused.</summary>
    public const int Refused = 1;

    /// <summary>The command line itself is wrong.</summary>
    public const int Usage = 2;

    /// <summary>No server answers.</summary>
    public const int Unreachable = 3;
}
