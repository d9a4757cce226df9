using System.CommandLine;
using System.Text.Json.Nodes;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate stripe sync</c>.</summary>
internal static class StripeCommands
{
    public static Command Build() => ServerDoor.Group("stripe", "What the catalogue sells, at Stripe.", Sync());

    private static Command Sync()
    {
        var json = ServerDoor.JsonOption();
        var dryRun = new Option<bool>("--dry-run") { Description = "Only say what would be done." };
        var command = new Command(
            "sync",
            "Makes or verifies products and prices at Stripe for the plans of a project's catalogue.\n\nExample:\n  tollgate stripe sync --dry-run --project shop")
        {
            dryRun, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var report = await door.SendAsync(HttpMethod.Post, "/v1/stripe/sync", new JsonObject { ["dry_run"] = parsed.GetValue(dryRun) }, cancel);
            Lists.Print([.. report.GetProperty("lines").EnumerateArray()], parsed.GetValue(json), "kind", "name", "id", "outcome", "detail");
            return ExitCode.Done;
        });
        return command;
    }
}
