using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Npgsql;
using Tollgate.Core;
using Tollgate.Engine.Postgres;

namespace Tollgate.Server.Cli;

/// <summary>
/// The command line: it lists the groups of commands, each of which has its own file. Commands reach the server through
/// <see cref="ServerDoor"/>.
/// </summary>
internal static class CommandLine
{
    /// <summary>Every group, in the order of --help.</summary>
    private static readonly Func<Command>[] Groups =
    [
        UpCommand.Build,
        ProjectCommands.Build,
        KeyCommands.Build,
        TokenCommands.Build,
        SessionCommands.Build,
        CatalogCommands.Build,
        PriceCommands.Build,
        CustomerCommands.Build,
        SubscriptionCommands.Build,
        BillingCommands.Build,
        InvoiceCommands.Build,
        CreditCommands.Build,
        PaymentCommands.Build,
        PaymentCommands.Disputes,
        ProviderCommands.Settings,
        ProviderCommands.Events,
        ProviderCommands.Invoices,
        StripeCommands.Build,
        CheckoutCommands.Build,
        DunningCommands.Build,
        NoticeCommands.Build,
        MailCommands.Build,
        ReportCommands.Build,
        WebhookCommands.Build,
        WebhookCommands.Deliveries,
        ClockCommands.Build,
        ParkedCommands.Build,
        ImportCommand.Build,
        DoctorCommand.Build,
        VerifyCommand.Build,
        SbomCommand.Build,
        BackupCommands.Backup,
        BackupCommands.Restore,
    ];

    /// <summary>All commands.</summary>
    public static Command Root()
    {
        // Not RootCommand, because it takes its name, which the help shows, from the program's file.
        var root = new Command("tollgate", "Tollgate meters, gates and bills AI products.") { new HelpOption(), new VersionOption() };
        foreach (var build in Groups)
        {
            root.Add(build());
        }

        return root;
    }

    public static async Task<int> RunAsync(string[] args)
    {
        // "help customers", as in git and other programs.
        args = args switch { [] => ["--help"], ["help", .. var words] => [.. words, "--help"], _ => args };
        var (parsed, asJson) = (Root().Parse(args), args.Contains("--json"));

        // --help and --version would ignore an unknown word.
        if (parsed.Action is ParseErrorAction || parsed.UnmatchedTokens.Count > 0)
        {
            return await StopAsync(asJson, new(ExitCode.Usage, Explain(parsed)));
        }

        try
        {
            // Commands handle signals themselves: `up` drains, the others end at once.
            return await parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (StartRefusedException e)
        {
            return await StopAsync(asJson, new(ExitCode.Refused, e.Message));
        }
        catch (NpgsqlException e)
        {
            return await StopAsync(
                asJson, new(
                    ExitCode.Refused,
                    $"The database is unavailable or refused the connection: {e.Message} Read its log (postgres.log in the data folder), "
                        + "then start again."));
        }
        catch (CliStopException e)
        {
            return await StopAsync(asJson, e);
        }
    }

    private static async Task<int> StopAsync(bool asJson, CliStopException why)
    {
        await Console.Error.WriteLineAsync(asJson ? why.Describe() : why.Message);
        return why.ExitCode;
    }

    /// <summary>Explains the fault and the next action in one line; the whole help would scroll the fault off the screen.</summary>
    private static string Explain(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var name = NameOf(command);
        var fault = parsed.UnmatchedTokens.Count > 0 ? ExplainUnknown(parsed.UnmatchedTokens, command, name)
            : command.Subcommands.Count > 0 ? $"\"{name}\" needs a command. {CommandsOf(command)}"
            : string.Join(' ', parsed.Errors.Select(static error => error.Message).Distinct());
        return $"{fault} \"{name} --help\" explains.";
    }

    private static string ExplainUnknown(IReadOnlyList<string> tokens, Command command, string name)
    {
        // The tokens after the first unknown one belong to it: options of an unknown command, or the value of an unknown option.
        var token = tokens[0];
        if (token.StartsWith('-'))
        {
            // Does not repeat a value, which may be a secret.
            token = token.Split('=')[0];
            return $"Unknown option '{token}' of \"{name}\".{Spelling.DidYouMean(token, OptionsOf(command))}";
        }

        if (command.Subcommands.Count == 0)
        {
            return $"Unexpected argument '{token}' of \"{name}\".";
        }

        var unknown = command.Parents.Any() ? $"Unknown command '{token}' of \"{name}\"." : $"Unknown command '{token}'.";
        return NearestCommand(command, token) is { } nearest ? $"{unknown} Did you mean '{nearest}'?" : $"{unknown} {CommandsOf(command)}";
    }

    /// <summary>Returns a similar name, or the only group with a command of this name: for <c>import</c>, <c>prices import</c>.</summary>
    private static string? NearestCommand(Command command, string word) =>
        Spelling.Nearest(word, command.Subcommands.Select(static sub => sub.Name))
        ?? (command.Subcommands.Where(group => group.Subcommands.Any(sub => sub.Name == word)).ToList() is [var only]
            ? $"{only.Name} {word}"
            : null);

    private static IEnumerable<string> OptionsOf(Command command) =>
        command.Options.Concat(Ancestors(command).SelectMany(static parent => parent.Options).Where(static option => option.Recursive))
            .Select(static option => option.Name);

    private static IEnumerable<Command> Ancestors(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? Ancestors(parent).Prepend(parent) : [];

    private static string CommandsOf(Command command) =>
        $"Its commands: {string.Join(", ", command.Subcommands.Select(static sub => sub.Name))}.";

    /// <summary>The name as typed: <c>tollgate keys create</c>.</summary>
    private static string NameOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{NameOf(parent)} {command.Name}" : command.Name;
}

/// <summary>The exit codes of all commands.</summary>
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
