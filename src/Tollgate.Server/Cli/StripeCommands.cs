using System.CommandLine;
using System.Text.Json.Nodes;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate stripe sync</c> and <c>reconcile</c>.</summary>
internal static class StripeCommands
{
    public static Command Build() =>
        ServerDoor.Group("stripe", "Products and prices at Stripe, and reconciliation with Stripe.", Sync(), Reconcile());

    private static Command Reconcile()
    {
        var json = Lists.JsonOption();
        var since = new Option<int>("--since")
        {
            HelpName = "days", Description = "Compare payments, invoices and refunds of this many days. Default 30.",
            DefaultValueFactory = static _ => 30,
        };
        var repair = new Option<bool>("--repair") { Description = "Copy Stripe's state where Stripe is authoritative." };
        var command = new Command(
            "reconcile",
            "Lists the differences between Tollgate and Stripe. Exit code 0: no difference is left, and everything was compared; "
                + "otherwise 1.\n\nExample:\n  tollgate stripe reconcile --since 7 --project shop")
        {
            since, repair, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var asked = new JsonObject { ["since_days"] = parsed.GetValue(since), ["repair"] = parsed.GetValue(repair) };
            var report = await door.SendAsync(HttpMethod.Post, "/v1/stripe/reconcile", asked, cancel);
            if (parsed.GetValue(json))
            {
                ServerDoor.Print(report);
            }
            else
            {
                Lists.Print(
                    [.. report.GetProperty("drifts").EnumerateArray()], false, "object", "id", "reference", "field", "ours", "theirs",
                    "repaired", "advice");
            }

            var isComplete = report.GetProperty("complete").GetBoolean();
            if (!isComplete)
            {
                await Console.Error.WriteLineAsync("There was more data than one call reads. Use a smaller --since.");
            }

            return isComplete && report.GetProperty("remaining").GetInt32() == 0 ? ExitCode.Done : ExitCode.Refused;
        });
        return command;
    }

    private static Command Sync()
    {
        var json = Lists.JsonOption();
        var dryRun = new Option<bool>("--dry-run") { Description = "Only show the changes. Changes nothing." };
        var command = new Command(
            "sync",
            "Creates or verifies products and prices at Stripe for the plans of a project's catalogue.\n\nExample:\n  tollgate stripe sync "
                + "--dry-run --project shop")
        {
            dryRun, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var report = await door.SendAsync(
                HttpMethod.Post, "/v1/stripe/sync", new JsonObject { ["dry_run"] = parsed.GetValue(dryRun) }, cancel);
            if (parsed.GetValue(json))
            {
                ServerDoor.Print(report);
            }
            else
            {
                Lists.Print([.. report.GetProperty("lines").EnumerateArray()], false, "kind", "name", "id", "outcome", "detail");
            }

            return ExitCode.Done;
        });
        return command;
    }
}
