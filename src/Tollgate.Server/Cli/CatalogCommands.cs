using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;
using Tollgate.Contracts.Catalog;
using Tollgate.Contracts.Http;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Engine.Catalog;

namespace Tollgate.Server.Cli;

/// <summary>
/// <c>tollgate catalog validate|diff|apply|export|seed</c>: the catalogue as code. The commands check files first, so that every fault has
/// the file's name, line and column; they show the difference before they change anything.
/// </summary>
internal static class CatalogCommands
{
    /// <summary>The exit code of <c>diff --exit-code</c> if there is a difference, for scripts.</summary>
    private const int Different = 2;

    private static readonly IAnsiConsole Screen = CliScreen.Open();

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public static Command Build() => ServerDoor.Group(
        "catalog",
        "Features, plans, prices and quotas of a project, as a file.",
        Validate(),
        Diff(),
        Apply(),
        Export(),
        SeedCommand.Build());

    private static Command Validate()
    {
        var files = new Argument<string[]>("file") { Description = "Catalogue files, YAML or JSON.", Arity = ArgumentArity.OneOrMore };
        var json = Lists.JsonOption();
        var command = new Command(
            "validate",
            "Checks files and prints every fault with its line. Needs no server.\n\nExample:\n  tollgate catalog validate catalog.yaml")
            {
                files, json,
            };
        command.SetAction(async (parsed, cancel) =>
        {
            var (found, asJson) = (new JsonArray(), parsed.GetValue(json));
            foreach (var file in parsed.GetRequiredValue(files))
            {
                var (_, faults) = await ReadTextAsync(file, cancel);
                foreach (var fault in faults)
                {
                    found.Add(ToJson(file, fault));
                    await (asJson ? Task.CompletedTask : Console.Error.WriteLineAsync(fault.Describe(file)));
                }
            }

            if (asJson || found.Count == 0)
            {
                Lists.Say("No faults.", new() { ["valid"] = found.Count == 0, ["faults"] = found }, asJson);
            }

            return found.Count == 0 ? ExitCode.Done : ExitCode.Refused;
        });
        return command;
    }

    private static Command Diff()
    {
        var file = new Argument<string>("file") { Description = "The catalogue to compare with the one in force." };
        var exitCode = new Option<bool>("--exit-code") { Description = "Exit with 2 when there is a difference." };
        var json = Lists.JsonOption();
        var command = new Command(
            "diff",
            "Shows the changes that a file would make, and the affected customers. Changes nothing.\n\nExample:\n  tollgate catalog diff "
                + "catalog.yaml --project shop")
            {
                file, exitCode, json,
            };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var catalog = await ReadAsync(parsed.GetRequiredValue(file), cancel);
            var (planned, _) = await PutAsync(door, catalog, dryRun: true, ifMatch: null, cancel);
            Show(planned, parsed.GetValue(json));
            return planned.Changes.Count > 0 && parsed.GetValue(exitCode) ? Different : ExitCode.Done;
        });
        return command;
    }

    private static Command Apply()
    {
        var file = new Argument<string>("file") { Description = "The catalogue to put into force." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask for confirmation." };
        var json = Lists.JsonOption();
        var command = new Command(
            "apply",
            "Shows the changes that a file makes, asks, and puts it into force.\n\nExample:\n  tollgate catalog apply catalog.yaml "
                + "--project shop")
            {
                file, yes, json,
            };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var asJson = CliScreen.IsJson(parsed, json, yes);
            var catalog = await ReadAsync(parsed.GetRequiredValue(file), cancel);
            var (planned, seen) = await PutAsync(door, catalog, dryRun: true, ifMatch: null, cancel);
            if (planned.Changes.Count == 0 || !asJson)
            {
                Show(planned, asJson);
            }

            if (planned.Changes.Count == 0)
            {
                return ExitCode.Done;
            }

            if (!parsed.GetValue(yes) && !CliScreen.Confirm(Screen, "Put this into force?"))
            {
                Screen.MarkupLine("[yellow]Nothing was changed.[/]");
                return ExitCode.Refused;
            }

            // Replaces only the catalogue that the difference was computed against.
            var (done, _) = await PutAsync(door, catalog, dryRun: false, seen, cancel);
            if (asJson)
            {
                Show(done, asJson);
            }
            else
            {
                Screen.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[green]In force as revision {done.Revision}.[/]");
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static Command Export()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON instead of YAML." };
        var output = new Option<string?>("--out") { HelpName = "file", Description = "Write to this file instead of the standard output." };
        var command = new Command(
            "export",
            "Prints the catalogue in force. Applying the export changes nothing.\n\nExample:\n  tollgate catalog export --out catalog.yaml "
                + "--project shop")
            {
                json, output,
            };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/catalog");
            request.Headers.Accept.Add(new(parsed.GetValue(json) ? "application/json" : "application/yaml"));
            using var answer = await door.SendAsync(request, cancel);
            var text = await answer.Content.ReadAsStringAsync(cancel);
            if (parsed.GetValue(output) is { } path)
            {
                await File.WriteAllTextAsync(path, text, Utf8, cancel);
            }
            else
            {
                Console.Write(text);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private sealed record CatalogFile(string Text, string ContentType);

    /// <exception cref="CliStopException">The file has faults; the message has all of them with their places.</exception>
    private static async Task<CatalogFile> ReadAsync(string path, CancellationToken cancel)
    {
        var (catalog, faults) = await ReadTextAsync(path, cancel);
        var problem =
            new JsonObject
            {
                ["title"] = ErrorCode.CatalogInvalid.Title, ["code"] = ErrorCode.CatalogInvalid.Code, ["detail"] = $"{path} has faults.",
                ["errors"] = new JsonArray([.. faults.Select(fault => ToJson(path, fault))]),
            };
        return faults.Count == 0
            ? catalog
            : throw new CliStopException(
                ExitCode.Refused, string.Join('\n', faults.Select(fault => fault.Describe(path))),
                problem.ToJsonString(PlainJson.Indented));
    }

    private static async Task<(CatalogFile Catalog, IReadOnlyList<CatalogFault> Faults)> ReadTextAsync(string path,
        CancellationToken cancel)
    {
        byte[] bytes;
        try
        {
            bytes = await File.ReadAllBytesAsync(path, cancel);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliStopException(ExitCode.Refused, $"{path} cannot be read: {e.Message}");
        }

        var isJson = path.EndsWith(".json", StringComparison.OrdinalIgnoreCase);
        var text = Utf8.GetString(bytes);
        var reading = isJson ? CatalogReader.ReadJson(bytes) : CatalogReader.ReadYaml(text);
        return (new(text, isJson ? "application/json" : "application/yaml"), reading.Faults);
    }

    private static JsonNode ToJson(string file, CatalogFault fault) => new JsonObject
    {
        ["file"] = file, ["line"] = fault.Line, ["column"] = fault.Column, ["param"] = fault.Path, ["detail"] = fault.Message,
    };

    private static async Task<(CatalogAnswer Answer, EntityTagHeaderValue? Seen)> PutAsync(
        ServerDoor door, CatalogFile catalog, bool dryRun, EntityTagHeaderValue? ifMatch, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, dryRun ? "/v1/catalog?dry_run=true" : "/v1/catalog")
        {
            Content = new StringContent(catalog.Text, Utf8, catalog.ContentType),
        };
        if (ifMatch is not null)
        {
            request.Headers.IfMatch.Add(ifMatch);
        }

        using var answer = await door.SendAsync(request, cancel);
        var body = await JsonSerializer.DeserializeAsync(
            await answer.Content.ReadAsStreamAsync(cancel), WireJson.WithoutNulls.CatalogAnswer, cancel);
        return (body!, answer.Headers.ETag);
    }

    private static void Show(CatalogAnswer planned, bool asJson)
    {
        if (asJson)
        {
            ServerDoor.Print(JsonSerializer.SerializeToElement(planned, WireJson.WithoutNulls.CatalogAnswer));
            return;
        }

        if (planned.Changes.Count == 0)
        {
            Screen.MarkupLine("[green]No difference.[/]");
            return;
        }

        foreach (var change in planned.Changes)
        {
            var (sign, colour) = change.Kind switch
            {
                "added" => ("+", "green"),
                "removed" => ("-", "red"),
                "retired" => ("-", "yellow"),
                _ => ("~", "blue"),
            };
            Screen.MarkupLine($"[{colour}]{sign}[/] {Markup.Escape(change.Text)}");
        }

        if (planned.ChangedPlans.Count > 0)
        {
            Screen.MarkupLine($"\nNew versions: {Markup.Escape(string.Join(", ", planned.ChangedPlans))}");
        }

        Screen.MarkupLineInterpolated(
            CultureInfo.InvariantCulture,
            $"Affected at once: {planned.AffectedCustomers} {(planned.AffectedCustomers == 1 ? "customer" : "customers")}. Keep their version: {planned.PinnedCustomers}.");
        if (planned.AffectedSubscriptions > 0)
        {
            var one = planned.AffectedSubscriptions == 1;
            Screen.MarkupLineInterpolated(
                CultureInfo.InvariantCulture,
                $"{planned.AffectedSubscriptions} {(one ? "subscription keeps its version until it is" : "subscriptions keep their versions until they are")} migrated.{RevenueOf(planned)}");
        }
    }

    /// <summary><c> MRR after a migration of all: 348.00 USD → 468.00 USD (+120.00 USD).</c></summary>
    private static string RevenueOf(CatalogAnswer planned)
    {
        var changes = planned.MrrChange.Select(static one =>
        {
            var (before, after, change) = (Text(one.Before, one), Text(one.After, one), Text(one.Change, one));
            return $"{before} → {after} ({(one.Change < 0 ? "" : "+")}{change})";
        });
        return planned.MrrChange.Count == 0 ? "" : $" MRR after a migration of all: {string.Join(", ", changes)}.";

        static string Text(long minor, MrrChangeView of) => new MoneyAmount(minor, Currency.Of(of.Currency)).ToString();
    }
}
