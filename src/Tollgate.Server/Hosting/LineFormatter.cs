using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Tollgate.Core;
using Tollgate.Server.Http;

namespace Tollgate.Server.Hosting;

/// <summary>
/// One line for each log entry: JSON for machines, plain text for a terminal. Messages carry no secrets, because callers put none
/// in; exceptions are shown by type and message, with the stack trace in JSON only.
/// </summary>
public sealed class LineFormatter : ConsoleFormatter
{
    public const string FormatterName = "tollgate";

    private readonly bool _json = Environment.GetEnvironmentVariable("TOLLGATE_LOG_FORMAT") switch
    {
        "json" => true,
        "text" => false,
        _ => Console.IsErrorRedirected,
    };

    public LineFormatter()
        : base(FormatterName)
    {
    }

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        var at = TimeProvider.System.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        if (_json)
        {
            textWriter.WriteLine(JsonLine(at, logEntry.LogLevel, logEntry.Category, message, logEntry.Exception));
            return;
        }

        var error = logEntry.Exception is { } e ? $" ({e.GetType().Name}: {e.Message})" : "";
        textWriter.WriteLine($"{at[11..^1]} {NameOf(logEntry.LogLevel),-5} {(message + error).ReplaceLineEndings(" | ")}");
    }

    private static string JsonLine(string at, LogLevel level, string category, string message, Exception? exception)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, PlainJson.Writer))
        {
            json.WriteStartObject();
            json.WriteString("at", at);
            json.WriteString("level", NameOf(level));
            json.WriteString("from", category);
            json.WriteString("message", message);
            WriteRequest(json);
            if (exception is not null)
            {
                json.WriteString("error", exception.ToString());
            }

            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Ids only: paths and bodies hold names of customers, and some paths hold secrets.</summary>
    private static void WriteRequest(Utf8JsonWriter json)
    {
        if (RequestScope.Current is not { } request)
        {
            return;
        }

        foreach (var (name, value) in (ReadOnlySpan<(string, string?)>)
            [("request_id", request.RequestId), ("project", request.Project), ("trace_id", request.TraceId)])
        {
            if (value is not null)
            {
                json.WriteString(name, value);
            }
        }
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "fatal",
    };
}
