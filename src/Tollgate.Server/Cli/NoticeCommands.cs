using System.CommandLine;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate notices ls</c>.</summary>
internal static class NoticeCommands
{
    public static Command Build() => ServerDoor.Group("notices", "What a customer is to be told now.", List());

    private static Command List()
    {
        var customer = new Argument<string>("customer") { Description = "Its id." };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("ls", "Lists them, what matters most first.\n\nExample:\n  tollgate notices ls acme --project shop") { customer, json };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var page = await door.GetAsync($"/v1/customers/{Uri.EscapeDataString(parsed.GetRequiredValue(customer))}/notices", cancel);
            Lists.Print([.. page.GetProperty("data").EnumerateArray()], parsed.GetValue(json), "severity", "code", "since", "title", "text");
            return ExitCode.Done;
        });
        return command;
    }
}
