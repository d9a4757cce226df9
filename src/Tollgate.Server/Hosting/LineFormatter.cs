using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Tollgate.Core;
using Tollgate.Server.Http;

namespace Tollgate.Server.Hosting;

/// <summary>
/// One line for each log entry: JSON for machines, plain text for a terminal. Messages contain no secrets, because callers put none in.
/// Exceptions appear with type and message, and in JSON also with the stack trace.
/// </summary>
public sealed class LineFormatter : ConsoleFormatter
{
    public const string FormatterName = "tollgate";

    /// <summary>
    /// The longest line, in bytes for JSON and in characters for plain text. Messages may repeat input of callers; log collectors accept at
    /// least 16 KiB.
    /// </summary>
    public const int LongestLine = 16 * 1024;

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
            var (trace, most) = (logEntry.Exception?.ToString(), LongestLine / 2);
            string line;
            while (System.Text.Encoding.UTF8.GetByteCount(
                line = JsonLine(
                    at, logEntry.LogLevel, logEntry.Category, Cut(message, most), trace is null ? null : Cut(trace, most))) >= LongestLine)
            {
                // An escape can need six bytes per character.
                most /= 2;
            }

            textWriter.WriteLine(line);
            return;
        }

        var error = logEntry.Exception is { } e ? $" ({e.GetType().Name}: {e.Message})" : "";
        textWriter.WriteLine(
            $"{at[11..^1]} {NameOf(logEntry.LogLevel),-5} {Cut((message + error).ReplaceLineEndings(" | "), LongestLine / 2)}");
    }

    private static string Cut(string text, int most) => text.Length <= most
        ? text
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{text.AsSpan(0, char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)}… (cut: {text.Length} characters)");

    private static string JsonLine(string at, LogLevel level, string category, string message, string? error)
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
            if (error is not null)
            {
                json.WriteString("error", error);
            }

            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Writes only ids: paths and bodies contain names of customers, and some paths contain secrets.</summary>
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
