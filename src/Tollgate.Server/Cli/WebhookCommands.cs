using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate webhooks ls|add|rotate|deliveries|redeliver</c>.</summary>
internal static class WebhookCommands
{
    private const string Path = "/v1/webhook-endpoints";

    public static Command Build() =>
        ServerDoor.Group("webhooks", "Where events are sent, and what became of them.", List(), Add(), Rotate(), Deliveries(), Redeliver());

    private static Command List()
    {
        var json = ServerDoor.JsonOption();
        var command = new Command("ls", "Lists the endpoints and how they do.\n\nExample:\n  tollgate webhooks ls --project shop") { json };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            Lists.Print(await Lists.ReadAllAsync(door, Path, "id", cancel), parsed.GetValue(json), "id", "url", "status", "disabled_reason", "failures", "paused_until");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Add()
    {
        var url = new Argument<string>("url") { Description = "Where to: https, and in sandbox projects also http." };
        var events = new Option<string[]>("--event")
        {
            HelpName = "type", Description = "A type such as invoice.paid, or a group such as invoice.*. May be repeated. Default: all.", DefaultValueFactory = _ => ["*"],
        };
        var command = new Command(
            "add",
            "Makes an endpoint and prints its secret, which is shown this once.\n\nExample:\n"
            + "  tollgate webhooks add https://app.example.com/hooks/tollgate --event \"invoice.*\" --project shop")
        {
            url, events,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var body = new JsonObject { ["url"] = parsed.GetRequiredValue(url), ["events"] = new JsonArray([.. parsed.GetValue(events)!.Select(one => (JsonNode)one)]) };
            PrintSecret(await door.SendAsync(HttpMethod.Post, Path, body, cancel));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Rotate()
    {
        var id = Endpoint();
        var grace = new Option<int>("--grace-seconds") { HelpName = "number", Description = "How long both secrets sign.", DefaultValueFactory = _ => 86_400 };
        var command = new Command(
            "rotate", "Makes a new secret for an endpoint and prints it.\n\nExample:\n  tollgate webhooks rotate 019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10 --project shop") { id, grace };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var path = $"{Path}/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}/rotate-secret";
            PrintSecret(await door.SendAsync(HttpMethod.Post, path, new JsonObject { ["grace_seconds"] = parsed.GetValue(grace) }, cancel));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Deliveries()
    {
        var json = ServerDoor.JsonOption();
        var status = new Option<string>("--status") { HelpName = "status", Description = "waiting, delivered or failed. Default: all." };
        var endpoint = new Option<string>("--endpoint") { HelpName = "id", Description = "Only to this endpoint." };
        var command = new Command(
            "deliveries", "Lists the newest hundred deliveries.\n\nExample:\n  tollgate webhooks deliveries --status failed --project shop") { status, endpoint, json };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var filter = string.Concat(Part("status", parsed.GetValue(status)), Part("endpoint", parsed.GetValue(endpoint)));
            var page = await door.GetAsync("/v1/deliveries?limit=100" + filter, cancel);
            Lists.Print([.. page.GetProperty("data").EnumerateArray()], parsed.GetValue(json), "id", "type", "object", "sequence", "status", "attempts", "last_status", "last_error");
            return ExitCode.Done;
        });
        return command;

        static string Part(string name, string? value) => value is null ? "" : $"&{name}={Uri.EscapeDataString(value)}";
    }

    private static Command Redeliver()
    {
        var id = new Argument<string>("id") { Description = "Of a delivery; with --from of an endpoint." };
        var from = new Option<string>("--from") { HelpName = "time", Description = "Send an endpoint all that it missed since then." };
        var command = new Command(
            "redeliver",
            "Sends a delivery again, or an endpoint all that it missed.\n\nExamples:\n  tollgate webhooks redeliver 5f0c8a4b-7e10-4a52-9d31-019aa5a03c1e --project shop\n"
            + "  tollgate webhooks redeliver 019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10 --from 2026-11-20T00:00:00Z --project shop")
        {
            id, from,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var name = Uri.EscapeDataString(parsed.GetRequiredValue(id));
            if (parsed.GetValue(from) is { } since)
            {
                Console.WriteLine($"{await RangeAsync(door, name, since, cancel)} deliveries are on their way.");
                return ExitCode.Done;
            }

            var made = await door.SendAsync(HttpMethod.Post, $"/v1/deliveries/{name}/redeliver", (JsonNode?)null, cancel);
            Console.WriteLine($"Delivery {made.GetProperty("id").GetString()} is on its way.");
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>One call looks at a bounded number of events.</summary>
    private static async Task<int> RangeAsync(ServerDoor door, string endpoint, string since, CancellationToken cancel)
    {
        var (all, body) = (0, new JsonObject { ["from"] = since });
        while (true)
        {
            var made = await door.SendAsync(HttpMethod.Post, $"{Path}/{endpoint}/redeliver", body, cancel);
            all += made.GetProperty("deliveries").GetInt32();
            if (!made.GetProperty("has_more").GetBoolean())
            {
                return all;
            }

            body["after"] = made.GetProperty("last_event").GetString();
        }
    }

    private static void PrintSecret(JsonElement made)
    {
        Console.WriteLine($"Endpoint {made.GetProperty("id").GetString()}");
        Console.WriteLine($"Secret   {made.GetProperty("secret").GetString()}");
    }

    private static Argument<string> Endpoint() => new("id") { Description = "The endpoint's id." };
}
