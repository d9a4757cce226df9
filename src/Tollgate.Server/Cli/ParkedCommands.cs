using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate parked list|retry</c>: lists and retries background work that failed.</summary>
internal static class ParkedCommands
{
    private const string Path = "/v1/parked";

    public static Command Build() => ServerDoor.Group(
        "parked", "Background work that failed and waits: an invoice, a mail, an event. Without --project: of all projects.", List(),
        Retry());

    private static Command List()
    {
        var json = Lists.JsonOption();
        var work = new Option<string>("--work")
        {
            HelpName = "work", Description = "Only this kind: collections, mails, inbox, … Default: all.",
        };
        var command = new Command(
            "list",
            "Lists failed background work, newest first, with the error and the time of the next attempt. "
                + "Entries without next_attempt_at need an operator.\n\n"
            + "Examples:\n  tollgate parked list\n  tollgate parked list --work collections --project shop --json")
        {
            work, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var rows = await AllAsync(door, parsed.GetValue(work), cancel);
            if (rows.Count == 0 && !parsed.GetValue(json))
            {
                Console.WriteLine("Nothing is parked.");
                return ExitCode.Done;
            }

            Lists.Print(
                parsed.GetValue(json) ? rows : [.. rows.Select(Flat)], parsed.GetValue(json), "id", "work", "project", "subject",
                "attempts", "next_attempt_at", "error");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Retry()
    {
        var json = Lists.JsonOption();
        var id = new Argument<string?>("id")
        {
            Description = "The id of an entry, as `list` shows it. Default: all entries.", Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command(
            "retry",
            "Retries parked work now, one entry or all. An entry that fails again returns to the list.\n\n"
            + "Examples:\n  tollgate parked retry 01936f5e-7c1b-7aa0-8c11-0d4c2b1a9f88\n  tollgate parked retry --project shop")
        {
            id, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            string[] ids = parsed.GetValue(id) is { } one
                ? [one]
                : [.. (await AllAsync(door, null, cancel)).Select(static row => row.GetProperty("id").GetString()!)];
            foreach (var each in ids)
            {
                await door.SendAsync(HttpMethod.Post, Lists.Of(Path, each) + "/retry", (JsonNode?)null, cancel);
            }

            Lists.Say(
                ids.Length == 1
                    ? "Tollgate retries 1 entry within a few seconds."
                    : $"Tollgate retries {ids.Length} entries within a few seconds.", new() { ["entries"] = ids.Length },
                parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static Task<IReadOnlyList<JsonElement>> AllAsync(ServerDoor door, string? work, CancellationToken cancel) =>
        Lists.ReadAllAsync(door, Path, "id", cancel, work is null ? "" : $"&work={Uri.EscapeDataString(work)}");

    /// <summary>Puts the error on one line, for a table.</summary>
    private static JsonElement Flat(JsonElement row)
    {
        var flat = JsonNode.Parse(row.GetRawText())!.AsObject();
        var error = row.GetProperty("error");
        flat["error"] = $"{error.GetProperty("type").GetString()}: {error.GetProperty("message").GetString()}";
        return JsonSerializer.SerializeToElement(flat);
    }
}
