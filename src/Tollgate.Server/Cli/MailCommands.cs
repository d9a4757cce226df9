using System.CommandLine;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate mails ls|show</c>.</summary>
internal static class MailCommands
{
    public static Command Build() => ServerDoor.Group("mails", "What customers were written, and why not.", List(), Show());

    private static Command List()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var customer = new Option<string>("--customer") { HelpName = "id", Description = "Only to this customer." };
        var command = new Command("ls", "Lists the newest hundred.\n\nExample:\n  tollgate mails ls --customer acme --project shop") { customer, json };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var filter = parsed.GetValue(customer) is { } id ? $"&customer={Uri.EscapeDataString(id)}" : "";
            var page = await door.GetAsync("/v1/mails?limit=100" + filter, cancel);
            Lists.Print([.. page.GetProperty("data").EnumerateArray()], parsed.GetValue(json), "at", "customer", "type", "status", "reason", "to", "subject", "id");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Show()
    {
        var id = new Argument<string>("id") { Description = "Of a mail." };
        var html = new Option<bool>("--html") { Description = "Print the HTML instead of the text." };
        var command = new Command("show", "Prints what a mail says.\n\nExample:\n  tollgate mails show 5f0c8a4b-7e10-4a52-9d31-019aa5a03c1e --project shop") { id, html };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var mail = await door.GetAsync("/v1/mails/" + Uri.EscapeDataString(parsed.GetRequiredValue(id)), cancel);
            Console.WriteLine(mail.GetProperty(parsed.GetValue(html) ? "html" : "text").GetString());
            return ExitCode.Done;
        });
        return command;
    }
}
