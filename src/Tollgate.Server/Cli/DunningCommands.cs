using System.CommandLine;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate dunning ls</c>.</summary>
internal static class DunningCommands
{
    public static Command Build() => ServerDoor.Group("dunning", "Invoices that could not be collected and are tried again.", List());

    private static Command List()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("ls", "Lists them with what is owed and when the next attempt is.\n\nExample:\n  tollgate dunning ls --project shop") { json };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            Lists.Print(
                await Lists.ReadAllAsync(door, "/v1/dunning", "invoice", cancel), parsed.GetValue(json),
                "customer", "invoice_number", "amount_due", "currency", "attempts", "failure", "next_attempt_at", "stopped_at", "subscription_status");
            return ExitCode.Done;
        });
        return command;
    }
}
