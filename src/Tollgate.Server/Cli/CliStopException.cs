using System.Text.Json.Nodes;

namespace Tollgate.Server.Cli;

/// <summary>Ends a command: the sentence goes to stderr, the code to the shell.</summary>
/// <param name="problem">The problem document of the server, unchanged; null: the command found the fault.</param>
internal sealed class CliStopException(int exitCode, string sentence, string? problem = null) : Exception(sentence)
{
    public int ExitCode { get; } = exitCode;

    /// <summary>
    /// Returns a refusal as a problem document. With <c>--json</c> it goes to stderr, and the standard output has only data.
    /// </summary>
    public static string Describe(int exitCode, string sentence, string? problem = null) => problem ?? new JsonObject
    {
        ["title"] =
            exitCode switch { Cli.ExitCode.Usage => "The command line is wrong", Cli.ExitCode.Unreachable => "No server answers",
                _ => "Refused" },
        ["code"] = exitCode switch { Cli.ExitCode.Usage => "usage", Cli.ExitCode.Unreachable => "unreachable", _ => "refused" },
        ["detail"] = sentence,
    }.ToJsonString(Core.PlainJson.Indented);

    public string Describe() => Describe(ExitCode, Message, problem);
}
