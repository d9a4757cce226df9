using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate customers list|show|create|usage|set-login</c>.</summary>
internal static class CustomerCommands
{
    private const string Path = "/v1/customers";

    public static Command Build() => ServerDoor.Group(
        "customers", "Customers of a project.", List(), Show(), Create(), Usage(), SetLogin());

    private static Command List() => Lists.Command(
        Path, "id",
        "Lists customers.\n\nExamples:\n  tollgate customers list --project shop\n  tollgate customers list --search ac --all --json "
            + "--project shop",
        ["id", "name", "email", "plan", "member_of", "created_at"],
        new Option<string>("--search")
        {
            HelpName = "text", Description = "The beginning of an id (exact case) or of an e-mail address (any case).",
        });

    private static Command Show() =>
        Lists.ShowCommand(
            "Shows a customer with its plan.\n\nExample:\n  tollgate customers show acme --project shop", Id(),
            static id => $"{Path}/{id}");

    private static Command Create()
    {
        var (id, json) = (new Argument<string>("id") { Description = "Your own id of the customer." }, Lists.JsonOption());
        Option<string>[] members =
        [
            new("--name") { HelpName = "text", Description = "Name on invoices." },
            new("--email") { HelpName = "address", Description = "Address for mails." },
            new("--currency") { HelpName = "code", Description = "ISO 4217. Default: the project's." },
            new("--time-zone") { HelpName = "name", Description = "IANA name. Default: the project's." },
            new("--country") { HelpName = "code", Description = "ISO 3166-1, two capital letters." },
            new("--tax-id") { HelpName = "id", Description = "A VAT id." },
        ];
        var command = new Command(
            "create",
            "Creates a customer.\n\nExample:\n  tollgate customers create acme --name \"Acme Ltd\" --email billing@acme.example --country "
                + "DE --project shop")
            {
                id, json,
            };
        foreach (var member in members)
        {
            command.Add(member);
        }

        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var body = new JsonObject { ["id"] = parsed.GetRequiredValue(id) };
            foreach (var member in members)
            {
                body[member.Name.TrimStart('-').Replace('-', '_')] = parsed.GetValue(member);
            }

            Lists.PrintOne(await door.SendAsync(HttpMethod.Post, Path, body, cancel), parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command SetLogin()
    {
        var (id, json) = (Id(), Lists.JsonOption());
        var username = new Option<string>("--username") { HelpName = "text", Description = "Default: the customer's id." };
        var variable = new Option<string>("--password-variable")
        {
            HelpName = "name", Required = true,
            Description = "The environment variable with the password, so that it is in no process list. 8 to 256 characters.",
        };
        var command = new Command(
            "set-login",
            "Sets the user name and password with which the customer gets a token at POST /auth/login.\n\nExample:\n"
                + "  export PASSWORD=testpass123\n  tollgate customers set-login test@example.com --password-variable PASSWORD --project resume-ats")
            {
                id, username, variable, json,
            };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var name = parsed.GetRequiredValue(variable);
            var body = new JsonObject
            {
                ["username"] = parsed.GetValue(username),
                ["password"] = Environment.GetEnvironmentVariable(name)
                    ?? throw new CliStopException(ExitCode.Usage, $"The variable {name} is not set."),
            };
            var path = Lists.Of(Path, parsed.GetRequiredValue(id)) + "/login";
            Lists.PrintOne(await door.SendAsync(HttpMethod.Put, path, body, cancel), parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Usage()
    {
        var (id, json) = (Id(), Lists.JsonOption());
        var command = new Command(
            "usage",
            "Shows the used and remaining units of each feature of a customer.\n\nExample:\n  tollgate customers usage acme --project shop")
            {
                id, json,
            };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var usage = await door.GetAsync(Lists.Of(Path, parsed.GetRequiredValue(id)) + "/usage", cancel);
            if (parsed.GetValue(json))
            {
                ServerDoor.Print(usage);
                return ExitCode.Done;
            }

            Console.WriteLine(
                $"Plan {usage.GetProperty("plan").GetString()}, {usage.GetProperty("period_start").GetString()} to {usage.GetProperty("period_end").GetString()}");
            Lists.Print(
                [.. usage.GetProperty("features").EnumerateObject().Select(RowOf)], false, "feature", "limit", "used", "held", "remaining",
                "percent", "resets_at");
            return ExitCode.Done;
        });
        return command;
    }

    private static JsonElement RowOf(JsonProperty feature)
    {
        var row = JsonNode.Parse(feature.Value.GetRawText())!.AsObject();
        row["feature"] = feature.Name;
        if (feature.Value.GetProperty("unlimited").GetBoolean())
        {
            (row["limit"], row["remaining"]) = ("unlimited", "unlimited");
        }

        return JsonSerializer.SerializeToElement(row);
    }

    private static Argument<string> Id() => new("id") { Description = "The customer's id." };
}
