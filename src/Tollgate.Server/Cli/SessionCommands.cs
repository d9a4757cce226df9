using System.CommandLine;
using System.Text.Json.Nodes;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate sessions list|revoke</c>: portal sessions, without their URLs.</summary>
internal static class SessionCommands
{
    private const string Path = "/v1/portal-sessions";

    public static Command Build() =>
        ServerDoor.Group("sessions", "Portal sessions: pages on which customers see their plan, invoices and cards.", List(), Revoke());

    private static Command List() => Lists.Command(
        Path, "id", "Lists portal sessions, newest first.\n\nExample:\n  tollgate sessions list --customer acme --project shop",
        ["id", "customer", "status", "issued_by", "token", "created_at", "expires_at", "revoked_at"], Lists.CustomerOption());

    private static Command Revoke()
    {
        var id = new Argument<string>("id") { Description = "The session's id, from \"tollgate sessions list\"." };
        var json = Lists.JsonOption();
        var command = new Command(
            "revoke",
            "Ends a portal session, and the checkouts that were opened on its page.\n\nExample:\n"
            + "  tollgate sessions revoke 01936f5e-7c20-7f55-9166-52917f6e5e44 --project shop") { id, json };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            await door.SendAsync(HttpMethod.Delete, Lists.Of(Path, parsed.GetRequiredValue(id)), (JsonNode?)null, cancel);
            Lists.Say("Revoked.", new() { ["id"] = parsed.GetValue(id), ["revoked"] = true }, parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }
}
