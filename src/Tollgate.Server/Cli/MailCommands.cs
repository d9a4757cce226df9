using System.CommandLine;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate mails list|show</c>.</summary>
internal static class MailCommands
{
    private const string Path = "/v1/mails";

    public static Command Build() => ServerDoor.Group("mails", "Mails to customers, sent and suppressed.", List(), Show());

    private static Command List() => Lists.Command(
        Path, "id", "Lists mails, newest first.\n\nExample:\n  tollgate mails list --customer acme --project shop",
        ["at", "customer", "type", "status", "reason", "to", "subject", "id"], Lists.CustomerOption());

    private static Command Show()
    {
        var id = new Argument<string>("id") { Description = "The mail's id, from \"tollgate mails list\"." };
        var html = new Option<bool>("--html") { Description = "Print the HTML instead of the text." };
        var json = Lists.JsonOption();
        var command = new Command(
            "show", "Prints the text of a mail.\n\nExample:\n  tollgate mails show 5f0c8a4b-7e10-4a52-9d31-019aa5a03c1e --project shop")
            {
                id, html, json,
            };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var mail = await door.GetAsync(Lists.Of(Path, parsed.GetRequiredValue(id)), cancel);
            if (parsed.GetValue(json))
            {
                ServerDoor.Print(mail);
            }
            else
            {
                Console.WriteLine(mail.GetProperty(parsed.GetValue(html) ? "html" : "text").GetString());
            }

            return ExitCode.Done;
        });
        return command;
    }
}
