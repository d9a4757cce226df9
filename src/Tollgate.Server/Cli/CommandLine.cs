using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
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
        TokenCommands.Build,
        SessionCommands.Build,
        CatalogCommands.Build,
        PriceCommands.Build,
        BillingCommands.Build,
        InvoiceCommands.Build,
        CreditCommands.Build,
        PaymentCommands.Build,
        StripeCommands.Build,
        CheckoutCommands.Build,
        DunningCommands.Build,
        NoticeCommands.Build,
        MailCommands.Build,
        WebhookCommands.Build,
        ClockCommands.Build,
        ParkedCommands.Build,
        VerifyCommand.Build,
        SbomCommand.Build,
        BackupCommands.Backup,
        BackupCommands.Restore,
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
        if (parsed.Action is ParseErrorAction)
        {
            await Console.Error.WriteLineAsync(Explain(parsed));
            return ExitCode.Usage;
        }

        try
        {
            // Signals are the commands' own business: `up` drains, the others end at once.
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
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

    /// <summary>What is wrong, and where help is: the whole help would push the fault off the screen.</summary>
    private static string Explain(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var name = NameOf(command);
        var faults = parsed.UnmatchedTokens.Count > 0
            ? parsed.UnmatchedTokens.Select(token => $"\"{token}\" is no {(token.StartsWith('-') ? "option" : command.Subcommands.Count > 0 ? "command" : "argument")} of \"{name}\".")
            : command.Subcommands.Count > 0
                ? [$"\"{name}\" needs a command."]
                : parsed.Errors.Select(error => error.Message).Distinct();
        var commands = command.Subcommands.Count > 0 ? $" Its commands: {string.Join(", ", command.Subcommands.Select(sub => sub.Name))}." : "";
        return $"{string.Join('\n', faults)}{commands} \"{name} --help\" explains.";
    }

    /// <summary>As it is typed: <c>tollgate keys create</c>.</summary>
    private static string NameOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{NameOf(parent)} {command.Name}" : command.Name;
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
