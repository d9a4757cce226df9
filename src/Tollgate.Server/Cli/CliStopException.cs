namespace Tollgate.Server.Cli;

/// <summary>Ends a command: the sentence goes to stderr, the code to the shell.</summary>
internal sealed class CliStopException(int exitCode, string sentence) : Exception(sentence)
{
    public int ExitCode { get; } = exitCode;
}
