using System.CommandLine;
using System.Text.Json.Nodes;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate webhooks list|show|create|rotate|redeliver</c> and <c>tollgate deliveries list|show|redeliver</c>.</summary>
internal static class WebhookCommands
{
    private const string Path = "/v1/webhook-endpoints", DeliveriesPath = "/v1/deliveries";

    public static Command Build() =>
        ServerDoor.Group("webhooks", "Endpoints to which Tollgate sends events.", List(), Show(), Create(), Rotate(), RedeliverSince());

    public static Command Deliveries() =>
        ServerDoor.Group(
            "deliveries", "Deliveries of events to endpoints, with their results.", ListDeliveries(), ShowDelivery(), Redeliver());

    private static Command List() => Lists.Command(
        Path, "id", "Lists the endpoints with their status and failures.\n\nExample:\n  tollgate webhooks list --project shop",
        ["id", "url", "status", "disabled_reason", "failures", "paused_until"]);

    private static Command Show() => Lists.ShowCommand(
        "Shows an endpoint, without its secret.\n\nExample:\n  tollgate webhooks show 019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10 --project shop",
        Endpoint(), static id => $"{Path}/{id}");

    private static Command Create()
    {
        var url = new Argument<string>("url") { Description = "The receiver's URL: https, and in sandbox projects also http." };
        var events = new Option<string[]>("--event")
        {
            HelpName = "type", Description = "A type such as invoice.paid, or a group such as invoice.*. May be repeated. Default: all.",
            DefaultValueFactory = _ => ["*"],
        };
        var json = Lists.JsonOption();
        var command = new Command(
            "create",
            "Creates an endpoint and prints its secret, once.\n\nExample:\n"
            + "  tollgate webhooks create https://app.example.com/hooks/tollgate --event \"invoice.*\" --project shop")
        {
            url, events, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var body =
                new JsonObject
                {
                    ["url"] = parsed.GetRequiredValue(url),
                    ["events"] = new JsonArray([.. parsed.GetValue(events)!.Select(one => (JsonNode)one)]),
                };
            Lists.PrintOne(await door.SendAsync(HttpMethod.Post, Path, body, cancel), parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Rotate()
    {
        var (id, json) = (Endpoint(), Lists.JsonOption());
        var grace = new Option<int>("--grace-seconds")
        {
            HelpName = "number", Description = "Seconds for which both secrets sign.", DefaultValueFactory = _ => 86_400,
        };
        var command = new Command(
            "rotate",
            "Creates a new secret for an endpoint and prints it.\n\nExample:\n  tollgate webhooks rotate "
                + "019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10 --project shop")
            {
                id, grace, json,
            };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var body = new JsonObject { ["grace_seconds"] = parsed.GetValue(grace) };
            Lists.PrintOne(
                await door.SendAsync(HttpMethod.Post, Lists.Of(Path, parsed.GetRequiredValue(id)) + "/rotate-secret", body, cancel),
                parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command RedeliverSince()
    {
        var (id, json) = (Endpoint(), Lists.JsonOption());
        var from = new Option<string>("--from") { HelpName = "time", Description = "Since when.", Required = true };
        var command = new Command(
            "redeliver",
            "Delivers to an endpoint the events since a time again.\n\nExample:\n"
            + "  tollgate webhooks redeliver 019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10 --from 2026-11-20T00:00:00Z --project shop")
        {
            id, from, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var made = await RangeAsync(door, Lists.Of(Path, parsed.GetRequiredValue(id)), parsed.GetRequiredValue(from), cancel);
            Lists.Say($"{made} deliveries are on their way.", new() { ["deliveries"] = made }, parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Redelivers a range in several calls, since one call considers a limited number of events.</summary>
    private static async Task<int> RangeAsync(ServerDoor door, string endpoint, string since, CancellationToken cancel)
    {
        var (all, body) = (0, new JsonObject { ["from"] = since });
        while (true)
        {
            var made = await door.SendAsync(HttpMethod.Post, endpoint + "/redeliver", body, cancel);
            all += made.GetProperty("deliveries").GetInt32();
            if (!made.GetProperty("has_more").GetBoolean())
            {
                return all;
            }

            body["after"] = made.GetProperty("last_event").GetString();
        }
    }

    private static Command ListDeliveries() => Lists.Command(
        DeliveriesPath, "id", "Lists deliveries, newest first.\n\nExample:\n  tollgate deliveries list --status failed --project shop",
        ["id", "type", "object", "sequence", "status", "attempts", "last_status", "last_error"],
        new Option<string>("--status") { HelpName = "status", Description = "waiting, delivered or failed. Default: all." },
        new Option<string>("--endpoint") { HelpName = "id", Description = "Only deliveries to this endpoint." });

    private static Command ShowDelivery() => Lists.ShowCommand(
        "Shows a delivery with its attempts.\n\nExample:\n  tollgate deliveries show 5f0c8a4b-7e10-4a52-9d31-019aa5a03c1e --project shop",
        Delivery(), static id => $"{DeliveriesPath}/{id}");

    private static Command Redeliver()
    {
        var (id, json) = (Delivery(), Lists.JsonOption());
        var command = new Command(
            "redeliver",
            "Sends a delivery again.\n\nExample:\n  tollgate deliveries redeliver 5f0c8a4b-7e10-4a52-9d31-019aa5a03c1e --project shop")
            {
                id, json,
            };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var made = await door.SendAsync(
                HttpMethod.Post, Lists.Of(DeliveriesPath, parsed.GetRequiredValue(id)) + "/redeliver", (JsonNode?)null, cancel);
            Lists.PrintOne(made, parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static Argument<string> Endpoint() => new("id") { Description = "The endpoint's id, from \"tollgate webhooks list\"." };

    private static Argument<string> Delivery() => new("id") { Description = "The delivery's id, from \"tollgate deliveries list\"." };
}
