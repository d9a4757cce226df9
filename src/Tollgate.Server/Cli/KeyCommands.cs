using System.CommandLine;
using System.Text.Json.Nodes;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Secrets;

namespace Tollgate.Server.Cli;

/// <summary>
/// <c>tollgate keys create|list|revoke|rotate</c>, for the keys of <c>--project</c>, or without it for those of the server (admin keys).
/// </summary>
internal static class KeyCommands
{
    private const string Path = "/v1/api-keys";

    public static Command Build() => ServerDoor.Group(
        "keys", "Keys of a project (--project), or without it the server's admin keys.", Create(), List(), Revoke(), Rotate(),
        RotateMaster());

    private static Command Create()
    {
        var kind = new Option<string>("--kind")
        {
            Description = "secret, public or restricted; admin without --project. Default: secret, or restricted with --scope.",
        };
        var name = new Option<string>("--name") { Description = "The purpose of the key." };
        var scopes = new Option<string[]>("--scope")
        {
            Description = $"Scope of a restricted key, repeatable: {string.Join(", ", Scopes.Names)}.",
        };
        var networks = new Option<string[]>("--network")
        {
            Description = "Address or network from which it works, repeatable. Default: as the key that creates it.",
        };
        var expires = new Option<string>("--expires-at")
        {
            Description = "ISO 8601 with Z or an offset. Default: as the key that creates it.",
        };
        var json = Lists.JsonOption();
        var command = new Command(
            "create",
            "Creates a key and prints it, this once.\n\nExample:\n  tollgate keys create --name importer --scope gate:write --project shop")
        {
            kind, name, scopes, networks, expires, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var given = parsed.GetValue(scopes) ?? [];
            var body = new JsonObject
            {
                ["kind"] = parsed.GetValue(kind) ?? (given.Length > 0 ? "restricted" : door.HasProject ? "secret" : "admin"),
                ["name"] = parsed.GetValue(name),
                ["scopes"] = Array(given),
                ["networks"] = Array(parsed.GetValue(networks) ?? []),
                ["expires_at"] = parsed.GetValue(expires),
            };
            Lists.PrintOne(await door.SendAsync(HttpMethod.Post, Path, body, cancel), parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command List() => Lists.Command(
        Path, "id", "Lists keys, newest first, by the beginning of their text.\n\nExample:\n  tollgate keys list --project shop",
        ["id", "kind", "prefix", "name", "scopes", "networks", "created_at", "expires_at", "revoked_at", "last_used_at", "issued_by"]);

    private static Command Revoke()
    {
        var (id, json) = (Id(), Lists.JsonOption());
        var command = new Command(
            "revoke",
            "Ends a key and everything that it issued: keys, customer tokens, portal sessions, checkouts, "
                + "and keys of projects that it created. To keep them, rotate the key.\n\nExample:\n"
            + "  tollgate keys revoke 019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10 --project shop")
        { id, json };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            await door.SendAsync(HttpMethod.Delete, Lists.Of(Path, parsed.GetRequiredValue(id)), (JsonNode?)null, cancel);
            Lists.Say("Revoked.", new() { ["id"] = parsed.GetValue(id), ["revoked"] = true }, parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Rotate()
    {
        var (id, json) = (Id(), Lists.JsonOption());
        var grace = new Option<long>("--grace-seconds")
        {
            Description = "Seconds for which the old key stays valid, up to a week. Default 0.",
        };
        var command = new Command(
            "rotate",
            "Replaces a key by a new one with the same scopes, networks and expiry, which takes over what the old one issued, "
                + "and prints it, this once.\n\nExample:\n"
            + "  tollgate keys rotate 019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10 --grace-seconds 3600 --project shop")
        {
            id, grace, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var body = new JsonObject { ["grace_seconds"] = parsed.GetValue(grace) };
            Lists.PrintOne(
                await door.SendAsync(HttpMethod.Post, Lists.Of(Path, parsed.GetRequiredValue(id)) + "/rotate", body, cancel),
                parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command RotateMaster()
    {
        var database = new Option<string>("--database")
        {
            HelpName = "url", Description = "Your own PostgreSQL instead of the private one. [TOLLGATE_DATABASE]",
        };
        var wait = new Option<int>("--wait-seconds")
        {
            Description =
                "Seconds for running servers to read the new key, and again to change over. Default: 40, "
                    + "since servers check every 4 seconds and a statement may take 30.",
            DefaultValueFactory = static _ => 40,
        };
        wait.Validators.Add(static given =>
        {
            if (given.GetValueOrDefault<int>() is < 0 or > 3_600)
            {
                given.AddError("--wait-seconds must be 0 to 3600.");
            }
        });
        var command = new Command(
            "rotate-master",
            "Replaces the master key that encrypts secrets in the database, while servers work. If it is interrupted, run it again.")
            {
                database, wait,
            };
        command.SetAction((parsed, _) =>
            DatabaseDoor.UntilInterruptedAsync("Interrupted. Run the command again; it continues.", async (log, cancel) =>
        {
            await using var door = await DatabaseDoor.OpenAsync(parsed.GetValue(ServerDoor.Data), parsed.GetValue(database), log, cancel);
            var rotation = new RotateMasterKey(door.ConnectionString, door.MasterKey, TimeSpan.FromSeconds(parsed.GetValue(wait)), log);
            var done = await CliScreen.WithStepsAsync(progress => rotation.RunAsync(progress, cancel));
            Console.WriteLine($"Master key {done.To} replaces {done.From}: {done.Rewritten} secrets were encrypted again.");
            if (done.Unreadable > 0)
            {
                Console.WriteLine($"{done.Unreadable} secrets were unreadable before, and stay as they are. Set them again.");
            }

            Console.WriteLine(door.MasterKey.IsFile
                ? $"Replace your copy of {door.MasterKey.File}, here and on every other server. Backups made before need the old one."
                : $"Take the old key out of {door.MasterKey.Name} on every server. Backups made before need it.");
            return ExitCode.Done;
        }));
        return command;
    }

    private static Argument<string> Id() => new("id") { Description = "The key's id, from \"tollgate keys list\"." };

    private static JsonArray? Array(string[] texts) => texts.Length == 0 ? null : [.. texts.Select(text => (JsonNode)text)];
}
