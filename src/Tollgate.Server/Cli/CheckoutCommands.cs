using System.CommandLine;
using System.Text.Json.Nodes;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate checkouts create|list|show|expire</c>.</summary>
internal static class CheckoutCommands
{
    private const string Path = "/v1/checkouts";

    public static Command Build() => ServerDoor.Group("checkouts", "Pages on which customers pay.", Create(), List(), Show(), Expire());

    private static Command Create()
    {
        var (customer, plan) =
            (new Argument<string>("customer") { Description = "The customer's id." },
                new Argument<string>("plan") { Description = "The plan's code." });
        var period = new Option<string>("--period") { HelpName = "period", Description = "weekly, monthly (default) or yearly." };
        var coupon = new Option<string>("--coupon") { HelpName = "code", Description = "Taken off." };
        var back = new Option<string>("--back")
        {
            HelpName = "url", Description = "The URL to which the page redirects after payment or cancellation.", Required = true,
        };
        var json = Lists.JsonOption();
        var command = new Command(
            "create",
            "Creates a page on which a customer buys a plan, and prints its URL.\n\nExample:\n  tollgate checkouts create acme pro --back "
                + "https://app.example.com/ --project shop")
        {
            customer, plan, period, coupon, back, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var body = new JsonObject
            {
                ["customer"] = parsed.GetRequiredValue(customer), ["plan"] = parsed.GetRequiredValue(plan),
                ["period"] = parsed.GetValue(period) ?? "monthly",
                ["coupon"] = parsed.GetValue(coupon), ["success_url"] = parsed.GetRequiredValue(back),
                ["cancel_url"] = parsed.GetRequiredValue(back),
            };
            var made = await door.SendAsync(HttpMethod.Post, Path, body, cancel);
            if (parsed.GetValue(json))
            {
                ServerDoor.Print(made);
            }
            else
            {
                Console.WriteLine(made.GetProperty("url").GetString());
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static Command List() => Lists.Command(
        Path, "id", "Lists checkouts, newest first.\n\nExample:\n  tollgate checkouts list --status open --project shop",
        ["id", "customer", "kind", "status", "created_at", "expires_at"],
        Lists.CustomerOption(),
        new("--status") { HelpName = "status", Description = "open, completed, expired or credited. Default: all." });

    private static Command Show() => Lists.ShowCommand(
        "Shows a checkout.\n\nExample:\n  tollgate checkouts show 01936f5e-7c20-7f55-9166-52917f6e5e44 --project shop", Id(),
        static id => $"{Path}/{id}");

    private static Command Expire()
    {
        var (id, json) = (Id(), Lists.JsonOption());
        var command = new Command(
            "expire",
            "Expires a checkout that nobody has finished.\n\nExample:\n  tollgate checkouts expire 01936f5e-7c20-7f55-9166-52917f6e5e44 "
                + "--project shop")
            {
                id, json,
            };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var expired = await door.SendAsync(
                HttpMethod.Post, Lists.Of(Path, parsed.GetRequiredValue(id)) + "/expire", (JsonNode?)null, cancel);
            Lists.PrintOne(expired, parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static Argument<string> Id() => new("id") { Description = "The checkout's id." };
}
