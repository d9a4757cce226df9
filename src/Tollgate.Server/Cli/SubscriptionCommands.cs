using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate subscriptions list|show|create|change|cancel|uncancel|pause|resume</c>.</summary>
internal static class SubscriptionCommands
{
    private const string Path = "/v1/subscriptions";

    private static readonly string[] Columns = [
        "id", "customer", "plan", "period", "status", "amount", "quantity", "current_period_end", "cancel_at", "parked_reason"];

    public static Command Build() => ServerDoor.Group(
        "subscriptions", "Subscriptions of a project. With --preview, a command shows its result and its invoice, and changes nothing.",
        List(), Show(), Create(), Change(), Cancel(),
        Step("uncancel", "Takes back a cancellation at the end of the period."), Pause(), Step("resume", "Resumes a paused subscription."));

    private static Command List() => Lists.Command(
        Path, "id", "Lists subscriptions.\n\nExample:\n  tollgate subscriptions list --status past_due --project shop", Columns,
        Lists.CustomerOption(),
        new("--status")
        {
            HelpName = "status", Description = "incomplete, trialing, active, past_due, paused, canceled or expired. Default: all.",
        },
        new("--plan") { HelpName = "code", Description = "Only subscriptions to this plan." });

    private static Command Show() =>
        Lists.ShowCommand(
            "Shows a subscription.\n\nExample:\n  tollgate subscriptions show sub-acme --project shop", Id(), static id => $"{Path}/{id}");

    private static Command Create()
    {
        var customer = new Argument<string>("customer") { Description = "The customer's id. The command creates a missing customer." };
        var plan = new Argument<string>("plan") { Description = "The plan's code." };
        var (period, quantity) = (Period(), Quantity());
        var coupon = new Option<string>("--coupon") { HelpName = "code", Description = "A coupon's code." };
        var noTrial = new Option<bool>("--no-trial")
        {
            Description = "Begin the first paid period at once. Default: with the plan's trial if it is the customer's first subscription.",
        };
        var own = new Option<string>("--id")
        {
            HelpName = "id", Description = "Your own id; a repeat of the same order creates no second one.",
        };
        return Changing(
            new Command("create", "Subscribes a customer to a plan.\n\nExamples:\n  tollgate subscriptions create acme pro --project shop\n"
                + "  tollgate subscriptions create acme team --period yearly --quantity 5 --preview --project shop")
            {
                customer, plan, period, quantity, coupon, noTrial, own,
            },
            HttpMethod.Post,
            static _ => Path,
            parsed => new JsonObject
            {
                ["customer"] = parsed.GetRequiredValue(customer), ["plan"] = parsed.GetRequiredValue(plan),
                ["period"] = parsed.GetValue(period), ["quantity"] = parsed.GetValue(quantity),
                ["coupon"] = parsed.GetValue(coupon), ["trial"] = parsed.GetValue(noTrial) ? false : null, ["id"] = parsed.GetValue(own),
            });
    }

    private static Command Change()
    {
        var (id, period, quantity) = (Id(), Period(), Quantity());
        var plan = new Option<string>("--plan") { HelpName = "code", Description = "Another plan." };
        var when = new Option<string>("--when")
        {
            HelpName = "when", Description = "now or period_end. Default: now if it costs more a month than before, otherwise period_end.",
        };
        var command = new Command(
            "change",
            "Changes plan, period or quantity.\n\nExample:\n  tollgate subscriptions change sub-acme --plan team --preview --project shop")
            {
                id, plan, period, quantity, when,
            };
        command.Validators.Add(given =>
        {
            if (given.GetResult(plan) is null && given.GetResult(period) is null && given.GetResult(quantity) is null)
            {
                given.AddError("Nothing to change: give --plan, --period or --quantity.");
            }
        });
        return Changing(
            command,
            HttpMethod.Patch,
            parsed => Lists.Of(Path, parsed.GetRequiredValue(id)),
            parsed => new JsonObject
            {
                ["plan"] = parsed.GetValue(plan), ["period"] = parsed.GetValue(period), ["quantity"] = parsed.GetValue(quantity),
                ["when"] = parsed.GetValue(when),
            });
    }

    private static Command Cancel()
    {
        var id = Id();
        var now = new Option<bool>("--now") { Description = "End it now. Default: at the end of the period." };
        var credit = new Option<bool>("--credit")
        {
            Description = "With --now: the unused time that was billed becomes the customer's credit.",
        };
        var reason = new Option<string>("--reason") { HelpName = "code", Description = "A short code of yours: too_expensive." };
        return Changing(
            new Command("cancel", "Cancels a subscription.\n\nExamples:\n  tollgate subscriptions cancel sub-acme --project shop\n"
                + "  tollgate subscriptions cancel sub-acme --now --credit --reason too_expensive --project shop")
            {
                id, now, credit, reason,
            },
            HttpMethod.Post,
            parsed => Lists.Of(Path, parsed.GetRequiredValue(id)) + "/cancel",
            parsed => new JsonObject
            {
                ["at"] = parsed.GetValue(now) ? "now" : "period_end", ["credit"] = parsed.GetValue(credit) ? true : null,
                ["reason"] = parsed.GetValue(reason),
            });
    }

    private static Command Pause()
    {
        var id = Id();
        var until = new Option<string>("--until")
        {
            HelpName = "time", Description = "Time at which it resumes automatically. Default: until you resume it.",
        };
        return Changing(
            new Command(
                "pause",
                "Pauses a subscription.\n\nExample:\n  tollgate subscriptions pause sub-acme --until 2027-01-01T00:00:00Z --project shop")
                {
                    id, until,
                },
            HttpMethod.Post,
            parsed => Lists.Of(Path, parsed.GetRequiredValue(id)) + "/pause",
            parsed => new JsonObject { ["until"] = parsed.GetValue(until) });
    }

    private static Command Step(string verb, string description)
    {
        var id = Id();
        return Changing(
            new Command(verb, $"{description}\n\nExample:\n  tollgate subscriptions {verb} sub-acme --project shop") { id },
            HttpMethod.Post,
            parsed => $"{Lists.Of(Path, parsed.GetRequiredValue(id))}/{verb}",
            static _ => []);
    }

    /// <summary>
    /// Completes a command that changes a subscription: it sends the request, and shows the subscription with its invoice.
    /// </summary>
    private static Command Changing(
        Command command, HttpMethod method, Func<ParseResult, string> pathOf, Func<ParseResult, JsonObject> orderOf)
    {
        var (preview, json) =
            (new Option<bool>("--preview") { Description = "Only show the result. Changes nothing." }, Lists.JsonOption());
        command.Add(preview);
        command.Add(json);
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            // Omits members without a value, since null has another meaning in some bodies.
            var body = new JsonObject(orderOf(parsed).Where(static member => member.Value is not null)
                .Select(static member => KeyValuePair.Create(member.Key, member.Value?.DeepClone())));
            if (parsed.GetValue(preview))
            {
                body["preview"] = true;
            }

            var answer = await door.SendAsync(method, pathOf(parsed), body, cancel);
            if (parsed.GetValue(json))
            {
                ServerDoor.Print(answer);
            }
            else
            {
                Print(answer);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static void Print(JsonElement answer)
    {
        Lists.Print(
            [answer.TryGetProperty("subscription", out var subscription) && subscription.ValueKind == JsonValueKind.Object
                ? subscription
                : answer], false, Columns);
        foreach (var (member, title) in (ReadOnlySpan<(string, string)>)[("invoice", "Invoice"), ("next_invoice", "Next invoice")])
        {
            if (answer.TryGetProperty(member, out var invoice) && invoice.ValueKind == JsonValueKind.Object)
            {
                Console.WriteLine($"\n{title}:");
                Lists.PrintOne(invoice, asJson: false);
            }
        }
    }

    private static Argument<string> Id() => new("id") { Description = "The subscription's id, from \"tollgate subscriptions list\"." };

    private static Option<string> Period() => new("--period") { HelpName = "period", Description = "weekly, monthly or yearly." };

    private static Option<long?> Quantity() =>
        new("--quantity") { HelpName = "number", Description = "Times the plan's price, for instance seats." };
}
