using System.CommandLine;
using System.Text.Json.Nodes;

namespace Tollgate.Server.Cli;

/// <summary><c>tollgate projects create|list|show|set-hosts</c>.</summary>
internal static class ProjectCommands
{
    private const string Path = "/v1/projects";

    public static Command Build() => ServerDoor.Group(
        "projects", "Projects: one for each product, with its own catalogue, customers and keys.", Create(), List(), Show(), SetHosts());

    private static Command Create()
    {
        var code = new Argument<string>("code") { Description = "Lower-case letters, digits and hyphens; it never changes." };
        var name = new Option<string>("--name") { Description = "Display name. Default: the code." };
        var sandbox = new Option<bool>("--sandbox")
        {
            Description = "A sandbox has a movable test clock and no real payments. Default: live.",
        };
        var catalog = new Option<string>("--catalog")
        {
            Description = "Code of a built-in catalogue, or a YAML file. Default: a plan \"free\" that grants nothing.",
        };
        var zone = new Option<string>("--time-zone") { Description = "IANA zone for billing days. Default: the catalogue's." };
        var currency = new Option<string>("--currency") { Description = "ISO 4217. Default: the catalogue's." };
        var json = Lists.JsonOption();
        var command = new Command(
            "create",
            "Creates a project and prints its first keys, this once.\n\nExample:\n  tollgate projects create shop --sandbox --catalog "
                + "trendit")
        {
            code, name, sandbox, catalog, zone, currency, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var body = new JsonObject
            {
                ["code"] = parsed.GetRequiredValue(code),
                ["name"] = parsed.GetValue(name) ?? parsed.GetRequiredValue(code),
                ["mode"] = parsed.GetValue(sandbox) ? "sandbox" : "live",
                ["catalog"] = await CatalogAsync(parsed.GetValue(catalog), cancel),
                ["time_zone"] = parsed.GetValue(zone),
                ["currency"] = parsed.GetValue(currency),
            };
            Lists.PrintOne(await door.SendAsync(HttpMethod.Post, Path, body, cancel), parsed.GetValue(json));
            if (body["catalog"] is null && !parsed.GetValue(json))
            {
                Console.WriteLine($"\nThe project has no features yet. Next: tollgate catalog apply catalog.yaml --project {body["code"]}");
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static Command List() => Lists.Command(
        Path, "code", "Lists the projects in the order of their creation.\n\nExample:\n  tollgate projects list",
        ["code", "name", "mode", "time_zone", "currency", "catalog_revision", "hosts", "created_at"]);

    private static Command Show() =>
        Lists.ShowCommand("Shows a project.\n\nExample:\n  tollgate projects show shop", Code(), static code => $"{Path}/{code}");

    private static Argument<string> Code() => new("code") { Description = "The project's code." };

    private static Command SetHosts()
    {
        var code = Code();
        var hosts = new Argument<string[]>("hosts")
        {
            Description = "All host names of the project, without ports. None: the project has no host name.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var json = Lists.JsonOption();
        var command = new Command(
            "set-hosts",
            "Sets the host names under which public reads without a key show this project.\n\nExample:\n  tollgate projects set-hosts shop "
                + "pricing.example.com")
        {
            code, hosts, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var body =
                new JsonObject { ["hosts"] = new JsonArray([.. (parsed.GetValue(hosts) ?? []).Select(host => JsonValue.Create(host))]) };
            Lists.PrintOne(
                await door.SendAsync(HttpMethod.Put, Lists.Of(Path, parsed.GetRequiredValue(code)) + "/hosts", body, cancel),
                parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Returns the text of an existing file; passes anything else to the server unchanged.</summary>
    /// <exception cref="CliStopException">It looks like a missing file.</exception>
    private static async Task<string?> CatalogAsync(string? value, CancellationToken cancel) => value switch
    {
        null => null,
        _ when File.Exists(value) => await File.ReadAllTextAsync(value, cancel),
        _ when !value.Contains(':', StringComparison.Ordinal) && (value.AsSpan().IndexOfAny("/\\.") >= 0) =>
            throw new CliStopException(
                ExitCode.Usage,
                $"The file {value} does not exist (in {Directory.GetCurrentDirectory()}). --catalog is a YAML file or the code of a "
                    + "built-in catalogue."),
        _ => value,
    };
}
