using System.CommandLine;
using System.Text.Json.Nodes;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate payments ls|charge|refund|provider|events|retry|disputes|invoices</c>.</summary>
internal static class PaymentCommands
{
    private const string Events = "/v1/provider-events";

    public static Command Build() =>
        ServerDoor.Group("payments", "Payments, who moves the money, and what they told.", PaymentMoves.List(), PaymentMoves.Charge(), PaymentMoves.Refund(), Provider(), ListEvents(), Retry(), Disputes(), Invoices());

    private static Command Provider()
    {
        var choose = new Option<string>("--set") { HelpName = "provider", Description = "Choose sandbox, manual, stripe or paymob. Default: show what is chosen." };
        var credential = new Option<string[]>("--credential")
        {
            HelpName = "name=variable", Description = "A key of it, taken from an environment variable so that it is in no shell history. May be repeated.",
            DefaultValueFactory = _ => [],
        };
        var drives = new Option<string>("--subscriptions") { HelpName = "who", Description = "Who renews and bills new subscriptions: tollgate, or the provider (stripe). With --set." };
        var command = new Command(
            "provider",
            "Shows or chooses who moves a project's money.\n\nExamples:\n  tollgate payments provider --project shop\n"
            + "  tollgate payments provider --set stripe --credential secret_key=STRIPE_SECRET_KEY --credential webhook_secret=STRIPE_WEBHOOK_SECRET --project shop")
        {
            choose, credential, drives,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            if (parsed.GetValue(choose) is not { } name)
            {
                ServerDoor.Print(await door.GetAsync("/v1/payment-settings", cancel));
                return ExitCode.Done;
            }

            var body = new JsonObject { ["provider"] = name };
            if (parsed.GetValue(credential) is { Length: > 0 } pairs)
            {
                body["credentials"] = ReadCredentials(pairs);
            }

            if (parsed.GetValue(drives) is { } who)
            {
                body["subscriptions"] = who;
            }

            ServerDoor.Print(await door.SendAsync(HttpMethod.Put, "/v1/payment-settings", body, cancel));
            return ExitCode.Done;
        });
        return command;
    }

    private static JsonObject ReadCredentials(IEnumerable<string> pairs)
    {
        var credentials = new JsonObject();
        foreach (var pair in pairs)
        {
            if (pair.Split('=', 2) is not [var name, var variable] || Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } value)
            {
                throw new CliStopException(ExitCode.Usage, $"--credential {pair}: name=VARIABLE is expected, and the environment variable must be set.");
            }

            credentials[name] = value;
        }

        return credentials;
    }

    private static Command ListEvents()
    {
        var json = ServerDoor.JsonOption();
        var state = new Option<string>("--state") { HelpName = "state", Description = "waiting, done, ignored or parked. Default: all." };
        var command = new Command(
            "events", "Lists the newest hundred events that providers told.\n\nExample:\n  tollgate payments events --state parked --project shop") { state, json };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var filter = parsed.GetValue(state) is { } wanted ? $"&state={Uri.EscapeDataString(wanted)}" : "";
            var page = await door.GetAsync($"{Events}?limit=100{filter}", cancel);
            Lists.Print([.. page.GetProperty("data").EnumerateArray()], parsed.GetValue(json), "id", "type", "object", "state", "attempts", "received_at", "reason");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Retry()
    {
        var id = new Argument<string?>("id") { Description = "Of an event, as `events` lists it. Left out: all that are parked.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command(
            "retry",
            "Reads an event of a provider again, or all that are parked.\n\nExamples:\n  tollgate payments retry stripe:evt_1QxDemo --project shop\n"
            + "  tollgate payments retry --project shop")
        {
            id,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            if (parsed.GetValue(id) is { } one)
            {
                await door.SendAsync(HttpMethod.Post, $"{Events}/{Uri.EscapeDataString(one)}/retry", (JsonNode?)null, cancel);
                Console.WriteLine($"{one} is read in a moment.");
                return ExitCode.Done;
            }

            var answer = await door.SendAsync(HttpMethod.Post, $"{Events}/retry-parked", (JsonNode?)null, cancel);
            Console.WriteLine($"{answer.GetProperty("events").GetInt32()} events are read again.");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Disputes()
    {
        var json = ServerDoor.JsonOption();
        var command = new Command("disputes", "Lists the newest hundred disputes.\n\nExample:\n  tollgate payments disputes --project shop") { json };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var page = await door.GetAsync("/v1/disputes?limit=100", cancel);
            Lists.Print([.. page.GetProperty("data").EnumerateArray()], parsed.GetValue(json), "id", "customer", "payment", "amount", "currency", "status", "reason", "opened_at");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Invoices()
    {
        var json = ServerDoor.JsonOption();
        var command = new Command(
            "invoices",
            "Lists the newest hundred invoices that the payment provider made for subscriptions that it drives.\n\nExample:\n  tollgate payments invoices --project shop") { json };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var page = await door.GetAsync("/v1/provider-invoices?limit=100", cancel);
            Lists.Print([.. page.GetProperty("data").EnumerateArray()], parsed.GetValue(json), "id", "customer", "subscription", "number", "status", "total", "amount_paid", "currency", "created_at");
            return ExitCode.Done;
        });
        return command;
    }
}
