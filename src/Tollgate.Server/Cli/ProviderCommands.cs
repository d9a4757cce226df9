using System.CommandLine;
using System.Text.Json.Nodes;

namespace Tollgate.Server.Cli;

/// <summary>
/// <c>tollgate payment-settings</c>, <c>provider-events</c> and <c>provider-invoices</c>: a project's payment provider, and the events and
/// invoices that it sent.
/// </summary>
internal static class ProviderCommands
{
    private const string SettingsPath = "/v1/payment-settings", EventsPath = "/v1/provider-events";

    public static Command Settings() =>
        ServerDoor.Group("payment-settings", "The payment provider of a project.", ShowSettings(), SetProvider());

    public static Command Events() =>
        ServerDoor.Group("provider-events", "Events that payment providers sent, and their state.", ListEvents(), ShowEvent(), Retry());

    public static Command Invoices() => ServerDoor.Group(
        "provider-invoices", "Invoices that the payment provider issued for provider-managed subscriptions.",
        Lists.Command(
            "/v1/provider-invoices", "id",
            "Lists provider invoices, newest first.\n\nExample:\n  tollgate provider-invoices list --project shop",
            ["id", "customer", "subscription", "number", "status", "total", "amount_paid", "created_at"],
            Lists.CustomerOption(), new("--subscription") { HelpName = "id", Description = "Only invoices of this subscription." },
            new("--status") { HelpName = "status", Description = "Only invoices in this status." }));

    private static Command ShowSettings()
    {
        var json = Lists.JsonOption();
        var command = new Command(
            "show",
            "Shows a project's payment provider and its capabilities.\n\nExample:\n  tollgate payment-settings show --project shop")
            {
                json,
            };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            Lists.PrintOne(await door.GetAsync(SettingsPath, cancel), parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command SetProvider()
    {
        var provider = new Argument<string>("provider") { Description = "sandbox, manual, stripe or paymob." };
        var credential = new Option<string[]>("--credential")
        {
            HelpName = "name=variable",
            Description = "A key of the provider, read from an environment variable to keep it out of the shell history. May be repeated.",
            DefaultValueFactory = _ => [],
        };
        var manages = new Option<string>("--subscriptions")
        {
            HelpName = "who", Description = "The party that renews and bills new subscriptions: tollgate, or the provider (stripe).",
        };
        var json = Lists.JsonOption();
        var command = new Command(
            "set",
            "Chooses a project's payment provider.\n\nExamples:\n  tollgate payment-settings set manual --project shop\n"
            + "  tollgate payment-settings set stripe --credential secret_key=STRIPE_SECRET_KEY --credential "
            + "webhook_secret=STRIPE_WEBHOOK_SECRET --project shop")
        {
            provider, credential, manages, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var body = new JsonObject { ["provider"] = parsed.GetRequiredValue(provider) };
            if (parsed.GetValue(credential) is { Length: > 0 } pairs)
            {
                body["credentials"] = ReadCredentials(pairs);
            }

            if (parsed.GetValue(manages) is { } who)
            {
                body["subscriptions"] = who;
            }

            Lists.PrintOne(await door.SendAsync(HttpMethod.Put, SettingsPath, body, cancel), parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static JsonObject ReadCredentials(IEnumerable<string> pairs)
    {
        var credentials = new JsonObject();
        foreach (var pair in pairs)
        {
            if (pair.Split('=', 2) is not [var name, var variable]
                || Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } value)
            {
                throw new CliStopException(
                    ExitCode.Usage, $"--credential {pair}: name=VARIABLE is expected, and the environment variable must be set.");
            }

            credentials[name] = value;
        }

        return credentials;
    }

    private static Command ListEvents() => Lists.Command(
        EventsPath, "id",
        "Lists events of payment providers, newest first.\n\nExample:\n  tollgate provider-events list --state parked --project shop",
        ["id", "type", "object", "state", "attempts", "received_at", "reason"],
        new Option<string>("--state") { HelpName = "state", Description = "waiting, done, ignored or parked. Default: all." });

    private static Command ShowEvent() => Lists.ShowCommand(
        "Shows an event as the provider sent it.\n\nExample:\n  tollgate provider-events show stripe:evt_1QxDemo --project shop",
        new("id") { Description = "The event's id, from \"tollgate provider-events list\"." }, static id => $"{EventsPath}/{id}");

    private static Command Retry()
    {
        var json = Lists.JsonOption();
        var id = new Argument<string?>("id")
        {
            Description = "The event's id. Default: all parked events.", Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command(
            "retry",
            "Retries a provider event, or all parked ones.\n\nExamples:\n  tollgate provider-events retry stripe:evt_1QxDemo --project "
                + "shop\n"
            + "  tollgate provider-events retry --project shop")
        {
            id, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            if (parsed.GetValue(id) is { } one)
            {
                await door.SendAsync(HttpMethod.Post, Lists.Of(EventsPath, one) + "/retry", (JsonNode?)null, cancel);
                Lists.Say($"Tollgate processes {one} in a moment.", new() { ["events"] = 1 }, parsed.GetValue(json));
                return ExitCode.Done;
            }

            var answer = await door.SendAsync(HttpMethod.Post, $"{EventsPath}/retry-parked", (JsonNode?)null, cancel);
            var events = answer.GetProperty("events").GetInt32();
            Lists.Say($"Tollgate processes {events} events again.", new() { ["events"] = events }, parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }
}
