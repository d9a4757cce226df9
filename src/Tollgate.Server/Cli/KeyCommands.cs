using System.CommandLine;
using System.Text.Json.Nodes;
using Tollgate.Engine.Projects;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate keys create|list|revoke|rotate</c>, of <c>--project</c>, or without it of the server (admin keys).</summary>
internal static class KeyCommands
{
    private const string Path = "/v1/api-keys";

    public static Command Build() => ServerDoor.Group(
        "keys", "Keys of a project (--project), or without it the server's admin keys.", Create(), List(), Revoke(), Rotate());

    private static Command Create()
    {
        var kind = new Option<string>("--kind") { Description = "secret, public or restricted; admin without --project. Default: secret, or restricted with --scope." };
        var name = new Option<string>("--name") { Description = "What it is for." };
        var scopes = new Option<string[]>("--scope") { Description = $"Of a restricted key, repeatable: {string.Join(", ", Scopes.Names)}." };
        var networks = new Option<string[]>("--network") { Description = "Address or network from which it works, repeatable. Default: everywhere." };
        var expires = new Option<string>("--expires-at") { Description = "ISO 8601 with Z or an offset. Default: never." };
        var command = new Command("create", "Creates a key and prints it, this once.") { kind, name, scopes, networks, expires };
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
            ServerDoor.Print(await door.SendAsync(HttpMethod.Post, Path, body, cancel));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command List()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("list", "Lists keys, newest first, by the beginning of their text.") { json };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var keys = await Lists.ReadAllAsync(door, Path, "id", cancel);
            Lists.Print(
                keys, parsed.GetValue(json),
                "id", "kind", "prefix", "name", "scopes", "networks", "created_at", "expires_at", "revoked_at", "last_used_at");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Revoke()
    {
        var id = Id();
        var command = new Command("revoke", "Ends a key at once.") { id };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            await door.SendAsync(HttpMethod.Delete, Of(parsed.GetRequiredValue(id)), (JsonNode?)null, cancel);
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Rotate()
    {
        var id = Id();
        var grace = new Option<long>("--grace-seconds") { Description = "Seconds for which the old key stays valid, up to a week. Default 0." };
        var command = new Command("rotate", "Replaces a key by a new one with the same rights, and prints it, this once.") { id, grace };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var body = new JsonObject { ["grace_seconds"] = parsed.GetValue(grace) };
            ServerDoor.Print(await door.SendAsync(HttpMethod.Post, Of(parsed.GetRequiredValue(id)) + "/rotate", body, cancel));
            return ExitCode.Done;
        });
        return command;
    }

    private static Argument<string> Id() => new("id") { Description = "The key's id, from \"tollgate keys list\"." };

    private static string Of(string id) => $"{Path}/{Uri.EscapeDataString(id)}";

    private static JsonArray? Array(string[] texts) => texts.Length == 0 ? null : [.. texts.Select(text => (JsonNode)text)];
}
