using System.CommandLine;
using System.Text.Json.Nodes;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate checkouts create|ls|expire</c>.</summary>
internal static class CheckoutCommands
{
    public static Command Build() => ServerDoor.Group("checkouts", "Pages on which customers pay.", Create(), List(), Expire());

    private static Command Create()
    {
        var (customer, plan) = (new Argument<string>("customer") { Description = "The customer's id." }, new Argument<string>("plan") { Description = "The plan's code." });
        var period = new Option<string>("--period") { HelpName = "period", Description = "weekly, monthly (default) or yearly." };
        var coupon = new Option<string>("--coupon") { HelpName = "code", Description = "Taken off." };
        var back = new Option<string>("--back") { HelpName = "url", Description = "Where the page leads when it is done or canceled.", Required = true };
        var command = new Command(
            "create", "Makes a page on which a customer buys a plan, and prints its address.\n\nExample:\n  tollgate checkouts create acme pro --back https://app.example.com/ --project shop")
        {
            customer, plan, period, coupon, back,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var body = new JsonObject
            {
                ["customer"] = parsed.GetRequiredValue(customer), ["plan"] = parsed.GetRequiredValue(plan), ["period"] = parsed.GetValue(period) ?? "monthly",
                ["coupon"] = parsed.GetValue(coupon), ["success_url"] = parsed.GetRequiredValue(back), ["cancel_url"] = parsed.GetRequiredValue(back),
            };
            var made = await door.SendAsync(HttpMethod.Post, "/v1/checkouts", body, cancel);
            Console.WriteLine(made.GetProperty("url").GetString());
            return ExitCode.Done;
        });
        return command;
    }

    private static Command List()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("ls", "Lists checkouts, newest first.\n\nExample:\n  tollgate checkouts ls --project shop") { json };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            Lists.Print(
                await Lists.ReadAllAsync(door, "/v1/checkouts", "id", cancel), parsed.GetValue(json), "id", "customer", "kind", "status", "created_at", "expires_at");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Expire()
    {
        var id = new Argument<string>("id") { Description = "The checkout's id." };
        var command = new Command("expire", "Ends one that nobody has finished.\n\nExample:\n  tollgate checkouts expire 01936f5e-7c20-7f55-9166-52917f6e5e44 --project shop") { id };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            await door.SendAsync(HttpMethod.Post, $"/v1/checkouts/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}/expire", (JsonNode?)null, cancel);
            Console.WriteLine("Expired.");
            return ExitCode.Done;
        });
        return command;
    }
}
