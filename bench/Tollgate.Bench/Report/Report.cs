using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tollgate.Bench.Hosting;
using Tollgate.Bench.Stats;

namespace Tollgate.Bench.Report;

/// <summary>The results of a run: printed as a table, and stored as Markdown and JSON.</summary>
internal sealed record Report(
    DateTimeOffset At, string Version, bool Quick, int Rounds, int RoundSeconds, Machine Machine, string LoadBefore, string LoadAfter,
    IReadOnlyList<Figure> Figures, IReadOnlyList<string> Notes)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public string Text()
    {
        var text = new StringBuilder();
        text.AppendLine($"# Bench of {At:yyyy-MM-dd HH:mm} UTC{(Quick ? " (quick)" : "")}").AppendLine();
        text.AppendLine(
            $"- Tollgate {Version}, {Rounds} alternations of {RoundSeconds} s per pair{(Quick ? "; quick runs are for a look, not for a claim" : "")}");
        text.AppendLine($"- {Machine.Processor}, {Machine.Processors} processors, {Machine.MemoryGib} GiB, {Machine.System}"
            + (Machine.FsyncsPerSecond is { } rate ? $", {rate:N0} fdatasync of 8 kB a second" : ""));
        text.AppendLine(
            $"- {Machine.Runtime}, PostgreSQL {Machine.Postgres}, Redis {Machine.Redis}, wrk {Machine.Wrk}; server, load generator, "
                + "PostgreSQL and peers share the processors");
        text.AppendLine($"- load average before {LoadBefore}, after {LoadAfter}").AppendLine();
        text.Append(Table.Of(Figures)).AppendLine();
        foreach (var note in Notes)
        {
            text.AppendLine("- " + note);
        }

        return text.ToString();
    }

    /// <summary>The file's name contains the time and the kind of machine, never its owner.</summary>
    public async Task<string> WriteAsync(string folder)
    {
        Directory.CreateDirectory(folder);
        var kind = new string([.. Machine.Processor.ToLowerInvariant().Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-')]);
        kind = string.Join(
            '-', kind.Split('-', StringSplitOptions.RemoveEmptyEntries).Where(word => word is not ("r" or "tm" or "cpu" or "processor")));
        var name = Path.Combine(folder, $"{At:yyyy-MM-dd-HHmm}-{Machine.Processors}x-{kind}{(Quick ? "-quick" : "")}");
        await File.WriteAllTextAsync(name + ".md", Text());
        await File.WriteAllTextAsync(name + ".json", JsonSerializer.Serialize(this, Json) + "\n");
        return name + ".md";
    }
}
