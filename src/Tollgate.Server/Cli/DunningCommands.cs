using System.CommandLine;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate dunning list</c>.</summary>
internal static class DunningCommands
{
    public static Command Build() => ServerDoor.Group(
        "dunning", "Invoices that Tollgate could not collect and retries.",
        Lists.Command(
            "/v1/dunning", "invoice",
            "Lists the invoices with the amount due and the time of the next attempt.\n\nExample:\n  tollgate dunning list --project shop",
            ["customer", "invoice_number", "amount_due", "attempts", "failure", "next_attempt_at", "stopped_at", "subscription_status"],
            Lists.CustomerOption()));
}
