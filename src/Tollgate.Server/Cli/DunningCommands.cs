using System.CommandLine;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate dunning list</c>.</summary>
internal static class DunningCommands
{
    public static Command Build() => ServerDoor.Group(
        "dunning", "Invoices that could not be collected and are tried again.",
        Lists.Command(
            "/v1/dunning", "invoice", "Lists them with what is owed and when the next attempt is.\n\nExample:\n  tollgate dunning list --project shop",
            ["customer", "invoice_number", "amount_due", "attempts", "failure", "next_attempt_at", "stopped_at", "subscription_status"], Lists.CustomerOption()));
}
