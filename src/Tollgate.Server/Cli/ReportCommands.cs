using System.CommandLine;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate reports list</c>.</summary>
internal static class ReportCommands
{
    public static Command Build() => ServerDoor.Group("reports", "Reports that Tollgate sends by mail.", List());

    private static Command List() => Lists.Command(
        "/v1/report-schedules", "id", "Lists the report schedules, oldest first.\n\nExample:\n  tollgate reports list --project shop",
        ["kind", "customer", "every", "format", "enabled", "next_at", "last_to", "id"]);
}
