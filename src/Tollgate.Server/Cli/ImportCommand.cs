using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Core;
using Tollgate.Core.Imports.Dumps;

namespace Tollgate.Server.Cli;

/// <summary>
/// <c>tollgate import</c>: brings the tables of another product into a project as history, and reconciles both sides: 1. reads the rows;
/// 2. sends them as records while it reads; 3. waits until the server has booked them; 4. prints the counts and sums of both.
/// </summary>
internal static class ImportCommand
{
    private const string Help =
        """
        Imports history from the tables of a product: an SQL dump of PostgreSQL (pg_dump, with COPY or INSERT), or a folder of CSV files that are
        named after the tables. Imported records are closed history: no quota, invoice, webhook or mail follows from them. Repeating an import
        counts nothing twice. Without --project, the admin key imports into the project with the product's name. Exit code 1: the server
        rejected a record, the sums differ, or the product's tables have no rows.

        Examples:
          tollgate import career-coach dump.sql --dry-run
          tollgate import career-coach dump.sql --project coach
        """;

    public static Command Build()
    {
        var product = new Argument<string>("product")
        {
            Description = $"Whose tables: {string.Join(", ", SeedTables.All.Select(static one => one.Product))}.",
        };
        var path = new Argument<string>("path") { Description = "The dump, or the folder of CSV files." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Book nothing, and report what would be booked." };
        var zone = new Option<string>("--time-zone")
        {
            HelpName = "zone", Description = "Zone of times without an offset, such as Africa/Cairo. Default: UTC.",
        };
        var json = Lists.JsonOption();
        var command = ServerDoor.Talking(new Command("import", Help) { product, path, dryRun, zone, json });
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var tables = TablesOf(parsed.GetRequiredValue(product));
            var source = new SeedSource(parsed.GetRequiredValue(path), new(tables, ZoneOf(parsed.GetValue(zone))), tables);
            var import = await CliScreen.WithBarAsync(
                "reading the lookup tables", progress => RunAsync(door, source, parsed.GetValue(dryRun), progress, cancel));
            var report = new ImportReport(source, import);
            Console.Write(parsed.GetValue(json) ? report.ToJson() : report.ToText());
            return report.IsWhole ? ExitCode.Done : ExitCode.Refused;
        }, parsed => parsed.GetValue(product));
        return command;
    }

    private static SeedTables TablesOf(string product)
    {
        var known = SeedTables.All.Select(static one => one.Product).ToArray();
        return SeedTables.All.FirstOrDefault(one => one.Product == product)
            ?? throw new CliStopException(
                ExitCode.Usage, Spelling.Unknown("product", product, known) + Spelling.Known("products", known));
    }

    private static TimeZoneInfo ZoneOf(string? name) => name is null ? TimeZoneInfo.Utc
        : TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone
        : throw new CliStopException(ExitCode.Usage, $"\"{name}\" is not a time zone, such as Africa/Cairo.");

    /// <exception cref="CliStopException">The file is faulty. Nothing is booked: the body did not arrive completely.</exception>
    private static async Task<JsonElement> StartAsync(ServerDoor door, RecordStream body, bool dryRun, CancellationToken cancel)
    {
        try
        {
            return JsonElement.Parse(
                await door.TextAsync(HttpMethod.Post, "/v1/imports" + (dryRun ? "?dry_run=true" : ""), body, cancel));
        }
        catch (Exception e) when (body.Fault is { } fault && e is not OperationCanceledException)
        {
            throw StopOf(fault);
        }
    }

    private static CliStopException StopOf(Exception fault) =>
        fault as CliStopException ?? new CliStopException(ExitCode.Refused, $"{fault.Message} Nothing was imported.");

    private static async Task<JsonElement> RunAsync(
        ServerDoor door, SeedSource source, bool dryRun, Action<BarPart> progress, CancellationToken cancel)
    {
        try
        {
            source.ReadLookups();
        }
        catch (Exception e) when (RecordStream.IsFault(e))
        {
            throw StopOf(e);
        }

        var shown = -1;
        using var body = new RecordStream(source, (done, all) => Show("sending", done, all));
        var started = await StartAsync(door, body, dryRun, cancel);
        var path = "/v1/imports/" + started.GetProperty("id").GetString();
        while (true)
        {
            var import = await door.GetAsync(path, cancel);
            if (import.GetProperty("status").GetString() is "finished" or "failed")
            {
                return import;
            }

            Show(dryRun ? "checking" : "booking", import.GetProperty("progress").GetInt32(), 100);
            await Task.Delay(300, cancel);
        }

        // Without a terminal each part is a line: a tenth at a time.
        void Show(string doing, long done, long all)
        {
            const int Tenths = 10;
            var tenth = all == 0 ? 0 : (int)(done * Tenths / all);
            if (tenth + (doing[0] << 8) != shown)
            {
                shown = tenth + (doing[0] << 8);
                progress(new(string.Create(CultureInfo.InvariantCulture, $"{doing} {tenth * Tenths} %"), done, Math.Max(1, all)));
            }
        }
    }
}
