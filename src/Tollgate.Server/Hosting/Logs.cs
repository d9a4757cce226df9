using Microsoft.Extensions.Logging.Console;

namespace Tollgate.Server.Hosting;

/// <summary>Writes logs to stderr, one line each; stdout has only the output that the operator requested.</summary>
internal static class Logs
{
    public const string LevelVariable = "TOLLGATE_LOG_LEVEL";

    public static void Configure(ILoggingBuilder logging)
    {
        logging.ClearProviders();
        logging.AddConsole(console =>
        {
            console.FormatterName = LineFormatter.FormatterName;
            console.LogToStandardErrorThreshold = LogLevel.Trace;
        });
        logging.AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        logging.SetMinimumLevel(Level());

        // The framework's own request lines cost more than a decision; its warnings stay.
        logging.AddFilter("Microsoft", LogLevel.Warning);
        // It logs nothing at this level, but unless it is off, the host creates an activity and a log scope for every request.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        // It warns at every first start that its keys are stored unencrypted in the database, which is intended (Engine/Gateway/README.md).
        logging.AddFilter("System", LogLevel.Warning);
        logging.AddFilter("Npgsql", LogLevel.Warning);
    }

    private static LogLevel Level() => Environment.GetEnvironmentVariable(LevelVariable)?.ToUpperInvariant() switch
    {
        "TRACE" => LogLevel.Trace,
        "DEBUG" => LogLevel.Debug,
        "WARN" or "WARNING" => LogLevel.Warning,
        "ERROR" => LogLevel.Error,
        "NONE" => LogLevel.None,
        _ => LogLevel.Information,
    };
}
