using System.CommandLine;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate notices list</c>.</summary>
internal static class NoticeCommands
{
    public static Command Build() => ServerDoor.Group("notices", "Notices to show to a customer now.", List());

    private static Command List()
    {
        var customer = new Argument<string>("customer") { Description = "The customer's id." };
        var json = Lists.JsonOption();
        var command = new Command(
            "list", "Lists the notices, the most urgent first.\n\nExample:\n  tollgate notices list acme --project shop")
            {
                customer, json,
            };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var (rows, _) = await Lists.ReadPageAsync(door, Lists.Of("/v1/customers", parsed.GetRequiredValue(customer)) + "/notices",
                cancel);
            Lists.Print(rows, parsed.GetValue(json), "severity", "code", "since", "title", "text");
            return ExitCode.Done;
        });
        return command;
    }
}
