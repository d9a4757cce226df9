using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate projects create|list|hosts</c>.</summary>
internal static class ProjectCommands
{
    public static Command Build() => ServerDoor.Group(
        "projects", "Projects: one for each product, with its own catalogue, customers and keys.", Create(), List(), Hosts());

    private static Command Create()
    {
        var code = new Argument<string>("code") { Description = "Lower-case letters, digits and hyphens; it never changes." };
        var name = new Option<string>("--name") { Description = "Name for people. Default: the code." };
        var sandbox = new Option<bool>("--sandbox") { Description = "A sandbox has a movable test clock and no real payments. Default: live." };
        var catalog = new Option<string>("--catalog") { Description = "Code of a built-in catalogue, or a YAML file. Default: a plan \"free\" that grants nothing." };
        var zone = new Option<string>("--time-zone") { Description = "IANA zone for billing days. Default: the catalogue's." };
        var currency = new Option<string>("--currency") { Description = "ISO 4217. Default: the catalogue's." };
        var command = new Command("create", "Creates a project and prints its first keys, this once.") { code, name, sandbox, catalog, zone, currency };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var body = new JsonObject
            {
                ["code"] = parsed.GetRequiredValue(code),
                ["name"] = parsed.GetValue(name) ?? parsed.GetRequiredValue(code),
                ["mode"] = parsed.GetValue(sandbox) ? "sandbox" : "live",
                ["catalog"] = await CatalogAsync(parsed.GetValue(catalog), cancel),
                ["time_zone"] = parsed.GetValue(zone),
                ["currency"] = parsed.GetValue(currency),
            };
            ServerDoor.Print(await door.SendAsync(HttpMethod.Post, "/v1/projects", body, cancel));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command List()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("list", "Lists the projects in the order of their creation.") { json };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var projects = await Lists.ReadAllAsync(door, "/v1/projects", "code", cancel);
            Lists.Print(
                projects, parsed.GetValue(json), "code", "name", "mode", "time_zone", "currency", "catalog_revision", "hosts", "created_at");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Hosts()
    {
        var code = new Argument<string>("code") { Description = "The project's code." };
        var hosts = new Argument<string[]>("hosts")
        {
            Description = "All of its host names, without ports. None: it has no host of its own.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command("hosts", "Sets the host names under which public reads without a key show this project.") { code, hosts };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var body = new JsonObject { ["hosts"] = new JsonArray([.. (parsed.GetValue(hosts) ?? []).Select(host => JsonValue.Create(host))]) };
            var path = $"/v1/projects/{Uri.EscapeDataString(parsed.GetRequiredValue(code))}/hosts";
            ServerDoor.Print(await door.SendAsync(HttpMethod.Put, path, body, cancel));
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>A path to an existing file stands for its text; anything else goes to the server as it is.</summary>
    private static async Task<string?> CatalogAsync(string? value, CancellationToken cancel) =>
        value is not null && File.Exists(value) ? await File.ReadAllTextAsync(value, cancel) : value;
}

/// <summary>Lists of the API, read to their end and shown as a table or as JSON.</summary>
internal static class Lists
{
    public static async Task<IReadOnlyList<JsonElement>> ReadAllAsync(ServerDoor door, string path, string id, CancellationToken cancel, string filters = "")
    {
        List<JsonElement> rows = [];
        for (var more = true; more;)
        {
            var after = rows.Count == 0 ? "" : "&starting_after=" + Uri.EscapeDataString(rows[^1].GetProperty(id).GetString()!);
            var page = await door.GetAsync($"{path}?limit=100{filters}{after}", cancel);
            rows.AddRange(page.GetProperty("data").EnumerateArray());
            more = page.GetProperty("has_more").GetBoolean();
        }

        return rows;
    }

    public static void Print(IReadOnlyList<JsonElement> rows, bool asJson, params string[] columns)
    {
        if (asJson)
        {
            ServerDoor.Print(JsonSerializer.SerializeToElement(rows));
            return;
        }

        // Whole lines, however wide: they are copied, searched and piped. A terminal wraps them if it must.
        string[][] lines = [columns, .. rows.Select(row => columns.Select(column => Cell(row.GetProperty(column))).ToArray())];
        var widths = columns.Select((_, i) => lines.Max(line => line[i].Length)).ToArray();
        foreach (var line in lines)
        {
            Console.WriteLine(string.Join("  ", line.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
        }
    }

    private static string Cell(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "-",
        JsonValueKind.Array when value.GetArrayLength() == 0 => "-",
        JsonValueKind.Array => string.Join(" ", value.EnumerateArray().Select(item => item.ToString())),
        _ => value.ToString(),
    };
}
