using System.CommandLine;
using System.Text.Json.Nodes;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate tokens list|revoke</c>: the tokens of one customer, without their text.</summary>
internal static class TokenCommands
{
    public static Command Build() =>
        ServerDoor.Group("tokens", "Customer tokens, with which customers' browsers call Tollgate.", List(), Revoke());

    private static Command List()
    {
        var (customer, json) = (Customer(), Lists.JsonOption());
        var command = new Command(
            "list", "Lists a customer's tokens, newest first.\n\nExample:\n  tollgate tokens list acme --project shop") { customer, json };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            Lists.Print(
                await Lists.ReadAllAsync(door, PathOf(parsed.GetRequiredValue(customer)), "id", cancel), parsed.GetValue(json),
                "id", "status", "issued_by", "created_at", "expires_at", "revoked_at");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Revoke()
    {
        var (customer, id, json) =
            (Customer(), new Argument<string>("id") { Description = "The token's id, from \"tollgate tokens list\"." }, Lists.JsonOption());
        var command = new Command(
            "revoke",
            "Ends a token, and the portal sessions and checkouts that were opened with it.\n\nExample:\n"
            + "  tollgate tokens revoke acme 019aa5a0-3c1e-7a52-9d31-5f0c8a4b7e10 --project shop") { customer, id, json };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var path = Lists.Of(PathOf(parsed.GetRequiredValue(customer)), parsed.GetRequiredValue(id));
            await door.SendAsync(HttpMethod.Delete, path, (JsonNode?)null, cancel);
            Lists.Say("Revoked.", new() { ["id"] = parsed.GetValue(id), ["revoked"] = true }, parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static Argument<string> Customer() => new("customer") { Description = "The customer's id." };

    private static string PathOf(string customer) => Lists.Of("/v1/customers", customer) + "/tokens";
}
