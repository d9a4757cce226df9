using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Llm;
using Tollgate.Core;
using Tollgate.Core.Llm;
using Tollgate.Engine.Llm;

namespace Tollgate.Server.Cli;

/// <summary>
/// <c>tollgate prices list|set|diff|import|markup|rerate</c>: the price book of models. With --project (or a project's key) the commands
/// change the project's own prices; with only the admin key, the shared ones.
/// </summary>
internal static class PriceCommands
{
    /// <summary>The exit code of <c>diff --exit-code</c> if there is a difference, for scripts.</summary>
    private const int Different = 2;

    /// <summary>The most changes that the command lists one by one; a new list has thousands.</summary>
    private const int MostShown = 100;

    private static readonly IAnsiConsole Screen = CliScreen.Open();

    public static Command Build() => ServerDoor.Group(
        "prices", "Model prices: a project's own prices, or, with the admin key alone, the shared ones.", List(), Set(), Diff(), Import(),
        SetMarkup(), Rerate());

    private static Command List()
    {
        var provider = new Option<string>("--provider")
        {
            HelpName = "name", Description = "Only prices of this provider, such as openai.",
        };
        var model = new Option<string>("--model")
        {
            HelpName = "name", Description = "Only prices of this model, by its exact name or an alias.",
        };
        var scope = new Option<string>("--scope") { HelpName = "scope", Description = "project or shared. Default: both." };
        var at = new Option<string>("--at")
        {
            HelpName = "instant", Description = "Only prices in force at this time, such as 2026-11-01T00:00:00Z. Default: now.",
        };
        var all = new Option<bool>("--all") { Description = "Every price, past and future ones included." };
        var json = Lists.JsonOption();
        var command = new Command(
            "list", "Lists prices with their start and their source.\n\nExample:\n  tollgate prices list --provider openai --project shop")
        { provider, model, scope, at, all, json };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var time = parsed.GetValue(all) ? null : parsed.GetValue(at) ?? "now";
            var filters = new[]
            {
                ("provider", parsed.GetValue(provider)), ("model", parsed.GetValue(model)), ("scope", parsed.GetValue(scope)),
                ("effective_at", time),
            };
            var rows = await Lists.ReadAllAsync(door, "/v1/model-prices", "id", cancel, Lists.FiltersOf(filters));
            if (rows.Count == 0 && parsed.GetValue(provider) is { } unknown)
            {
                await NameProvidersAsync(door, unknown, cancel);
            }

            if (parsed.GetValue(json))
            {
                ServerDoor.Print(JsonSerializer.SerializeToElement(rows));
            }
            else
            {
                Lists.Print([.. rows.Select(RowOf).OrderBy(row => row.GetProperty("provider").GetString(), StringComparer.Ordinal)
                    .ThenBy(row => row.GetProperty("model").GetString(), StringComparer.Ordinal)], false, "provider", "model", "prices",
                    "from", "to", "scope", "source");
            }

            return ExitCode.Done;
        });
        return command;
    }

    /// <exception cref="CliStopException">The price book does not have the provider.</exception>
    private static async Task NameProvidersAsync(ServerDoor door, string unknown, CancellationToken cancel)
    {
        var known = (await Lists.ReadAllAsync(door, "/v1/model-prices", "id", cancel)).Select(static row => row.GetProperty("provider")
            .GetString()!).Distinct().Order(StringComparer.Ordinal).ToArray();
        if (!known.Contains(unknown))
        {
            throw new CliStopException(ExitCode.Refused, Spelling.Unknown("provider", unknown, known) + Spelling.Known("providers", known));
        }
    }

    private static JsonElement RowOf(JsonElement price) => JsonSerializer.SerializeToElement(new JsonObject
    {
        ["provider"] = price.GetProperty("provider").GetString(),
        ["model"] = price.GetProperty("model").GetString(),
        ["prices"] = PricesOf(price) + TiersOf(price)
            + (price.GetProperty("service_tiers") is { ValueKind: JsonValueKind.Object } tiers
                ? string.Concat(tiers.EnumerateObject()
                    .Select(static tier => $" ({tier.Name}: {PricesOf(tier.Value)}{TiersOf(tier.Value)})")) : "")
            + (price.GetProperty("hours") is { ValueKind: JsonValueKind.Array } hours
                ? string.Concat(hours.EnumerateArray()
                    .Select(static window => $" ({window.GetProperty("from")}-{window.GetProperty("to")} UTC: {PricesOf(window)})")) : ""),
        ["from"] = price.GetProperty("valid_from").GetString()![..10],
        ["to"] = price.GetProperty("valid_to").ValueKind == JsonValueKind.String ? price.GetProperty("valid_to").GetString()![..10] : null,
        ["scope"] = price.GetProperty("scope").GetString(),
        ["source"] = price.GetProperty("source").GetString(),
    });

    private static string PricesOf(JsonElement holder) =>
        string.Join(" ", holder.GetProperty("prices").EnumerateObject().Select(static each => $"{each.Name}={each.Value.GetString()}"));

    private static string TiersOf(JsonElement holder) =>
        string.Concat(holder.GetProperty("tiers").EnumerateArray()
            .Select(static tier => $" (>{tier.GetProperty("above_tokens")}: {PricesOf(tier)})"));

    private static Command Set()
    {
        var provider = new Argument<string>("provider") { Description = "Such as openai." };
        var model = new Argument<string>("model") { Description = "As the provider writes it, or a pattern with *." };
        var prices = new Argument<string[]>("unit=price")
        {
            Description =
                "Dollars per million tokens (input=2.5 cached_input=1.25 output=10 …) or each (request, image, page, search, second).",
            Arity = ArgumentArity.OneOrMore,
        };
        var from = new Option<string>("--from")
        {
            HelpName = "instant", Description = "Start of the price, such as 2026-12-01T00:00:00Z. Default: now.",
        };
        var to = new Option<string>("--to") { HelpName = "instant", Description = "End of the price. Default: the start of a newer one." };
        var alias = new Option<string[]>("--alias")
        {
            HelpName = "name", Description = "Another name of the model; may be given several times.",
        };
        var source = new Option<string>("--source") { HelpName = "text", Description = "Source of the price. Default: the command line." };
        var json = Lists.JsonOption();
        var command = new Command(
            "set",
            "Adds a price of the project's own. Recorded calls keep their cost.\n\nExample:\n  tollgate prices set openai gpt-4o input=2.4 "
                + "output=10 --project shop")
        {
            provider, model, prices, from, to, alias, source, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var body = new JsonObject
            {
                ["provider"] = parsed.GetRequiredValue(provider),
                ["model"] = parsed.GetRequiredValue(model),
                ["prices"] = PricesOf(parsed.GetRequiredValue(prices)),
                ["aliases"] = new JsonArray([.. (parsed.GetValue(alias) ?? []).Select(name => JsonValue.Create(name))]),
                ["source"] = parsed.GetValue(source) ?? "command line",
            };
            AddIf(body, "valid_from", parsed.GetValue(from));
            AddIf(body, "valid_to", parsed.GetValue(to));
            Lists.PrintOne(await door.SendAsync(HttpMethod.Post, "/v1/model-prices", body, cancel), parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static void AddIf(JsonObject body, string name, string? value)
    {
        if (value is not null)
        {
            body[name] = value;
        }
    }

    private static JsonObject PricesOf(IEnumerable<string> pairs)
    {
        var prices = new JsonObject();
        foreach (var pair in pairs)
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0 || !LlmWords.TryParse(pair[..at], out _))
            {
                throw new CliStopException(
                    ExitCode.Usage,
                    $"\"{pair}\" is not a price: unit=dollars is expected, with one of the units {string.Join(", ", LlmWords.All)}.");
            }

            prices[pair[..at]] = pair[(at + 1)..];
        }

        return prices;
    }

    private static Command Diff()
    {
        var file = new Argument<string>("file") { Description = "A list such as prices/models.json." };
        var exitCode = new Option<bool>("--exit-code") { Description = "Exit with 2 when there is a difference." };
        var json = Lists.JsonOption();
        var command = new Command(
            "diff",
            "Shows the changes that importing a list would make. Changes nothing.\n\nExample:\n  tollgate prices diff prices/models.json "
                + "--project shop")
            {
                file, exitCode, json,
            };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            if (await ReadAsync(parsed.GetRequiredValue(file), cancel) is not { } list)
            {
                return ExitCode.Refused;
            }

            var planned = await PostAsync(door, list, dryRun: true, cancel);
            Show(planned, parsed.GetValue(json));
            return planned.New + planned.Changed > 0 && parsed.GetValue(exitCode) ? Different : ExitCode.Done;
        });
        return command;
    }

    private static Command Import()
    {
        var file = new Argument<string>("file") { Description = "A list such as prices/models.json." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        var json = Lists.JsonOption();
        var command = new Command(
            "import",
            "Shows the changes that a list makes, asks, and adds its prices. Recorded calls keep their cost.\n\nExample:\n  tollgate "
                + "prices import prices/models.json --project shop")
            {
                file, yes, json,
            };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var asJson = CliScreen.IsJson(parsed, json, yes);
            if (await ReadAsync(parsed.GetRequiredValue(file), cancel) is not { } list)
            {
                return ExitCode.Refused;
            }

            var planned = await PostAsync(door, list, dryRun: true, cancel);
            var changes = planned.New + planned.Changed;
            if (changes == 0 || !asJson)
            {
                Show(planned, asJson);
            }

            if (changes == 0)
            {
                return ExitCode.Done;
            }

            if (!parsed.GetValue(yes) && !CliScreen.Confirm(Screen, $"Add these to the {planned.Scope} prices?"))
            {
                Screen.MarkupLine("[yellow]Nothing was changed.[/]");
                return ExitCode.Refused;
            }

            var done = await PostAsync(door, list, dryRun: false, cancel);
            if (asJson)
            {
                Show(done, asJson);
            }
            else
            {
                Screen.MarkupLineInterpolated(
                    CultureInfo.InvariantCulture, $"[green]{done.New + done.Changed} prices were added to the {done.Scope} ones.[/]");
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static Command SetMarkup()
    {
        var percent = new Argument<decimal?>("percent")
        {
            Description = "Percent on top, such as 20; negative for a discount. Without it: show the markup.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var json = Lists.JsonOption();
        var command = new Command(
            "markup",
            "Shows or sets the markup on the prices of a project's calls. Recorded calls keep their cost.\n\nExample:\n  tollgate prices "
                + "markup 20 --project shop")
            {
                percent, json,
            };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var answer = parsed.GetValue(percent) is { } wanted
                ? await door.SendAsync(
                    HttpMethod.Put, "/v1/model-prices/markup", new JsonObject { ["basis_points"] = BasisPointsOf(wanted) }, cancel)
                : await door.GetAsync("/v1/model-prices/markup", cancel);
            if (parsed.GetValue(json))
            {
                ServerDoor.Print(answer);
            }
            else
            {
                Screen.MarkupLineInterpolated(
                    CultureInfo.InvariantCulture, $"{answer.GetProperty("basis_points").GetDecimal() / 100m:+0.##;-0.##;0} %");
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static long BasisPointsOf(decimal percent) => Math.Abs(percent) < 1_000_000 && percent * 100 == decimal.Truncate(percent * 100)
        ? (long)(percent * 100)
        : throw new CliStopException(
            ExitCode.Usage,
            $"{percent.ToString(CultureInfo.InvariantCulture)} % is not a markup: a percentage with at most two decimals is expected.");

    private static Command Rerate()
    {
        var provider = new Option<string>("--provider") { HelpName = "name", Description = "Only calls to this provider." };
        var model = new Option<string>("--model") { HelpName = "name", Description = "Only calls to this model, by its recorded name." };
        var all = new Option<bool>("--all") { Description = "All calls. Default: only those whose cost is unknown." };
        var from = new Option<string>("--from")
        {
            HelpName = "instant", Description = "Calls from this time on. Default: 35 days ago; older costs never change.",
        };
        var to = new Option<string>("--to") { HelpName = "instant", Description = "Calls before this time. Default: now." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        var json = Lists.JsonOption();
        var command = new Command(
            "rerate",
            "Rerates recorded calls by today's prices: shows the difference, asks, and adds adjustments. "
                + "A repeat adds nothing twice.\n\nExample:\n  tollgate prices rerate --provider openai --project shop")
        {
            provider, model, all, from, to, yes, json,
        };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var asJson = CliScreen.IsJson(parsed, json, yes);
            var body = new JsonObject { ["all"] = parsed.GetValue(all) };
            AddIf(body, "provider", parsed.GetValue(provider));
            AddIf(body, "model", parsed.GetValue(model));
            AddIf(body, "from", parsed.GetValue(from));
            AddIf(body, "to", parsed.GetValue(to));
            var planned = await RerateAsync(door, body, null, cancel);
            if (planned.Changed == 0 || !asJson)
            {
                Show(planned, isPlan: true, asJson);
            }

            if (planned.Changed == 0)
            {
                return ExitCode.Done;
            }

            if (!parsed.GetValue(yes) && !CliScreen.Confirm(Screen, "Add these adjustments?"))
            {
                Screen.MarkupLine("[yellow]Nothing was changed.[/]");
                return ExitCode.Refused;
            }

            Show(await RerateAsync(door, body, planned, cancel), isPlan: false, asJson);
            return ExitCode.Done;
        });
        return command;
    }

    private sealed record Rerated(long Seen, long Changed, long Unknown, long TooOld, decimal Delta);

    /// <summary>Rerates all pages, with a progress bar.</summary>
    /// <param name="planned">Null: a preview, for which the number of calls is not known yet.</param>
    private static Task<Rerated> RerateAsync(ServerDoor door, JsonObject body, Rerated? planned, CancellationToken cancel) =>
        CliScreen.WithBarAsync("reading calls", async progress =>
    {
        var sum = new Rerated(0, 0, 0, 0, 0);
        for (string? next = null; ;)
        {
            body["starting_after"] = next;
            var page = await door.SendAsync(
                HttpMethod.Post, planned is null ? "/v1/model-prices/rerate?dry_run=true" : "/v1/model-prices/rerate", body, cancel);
            sum = new(
                sum.Seen + page.GetProperty("seen").GetInt64(), sum.Changed + page.GetProperty("changed").GetInt64(),
                sum.Unknown + page.GetProperty("unknown").GetInt64(),
                sum.TooOld + page.GetProperty("too_old").GetInt64(),
                sum.Delta + decimal.Parse(page.GetProperty("delta_usd").GetString()!, CultureInfo.InvariantCulture));
            next = page.GetProperty("next").GetString();
            if (next is null)
            {
                return sum;
            }

            progress(new(string.Create(CultureInfo.InvariantCulture, $"{sum.Seen} calls"), sum.Seen, planned?.Seen ?? 0));
        }
    });

    private static void Show(Rerated sum, bool isPlan, bool asJson)
    {
        if (asJson)
        {
            ServerDoor.Print(JsonSerializer.SerializeToElement(new JsonObject
            {
                ["dry_run"] = isPlan, ["seen"] = sum.Seen, ["changed"] = sum.Changed, ["unknown"] = sum.Unknown, ["too_old"] = sum.TooOld,
                ["delta_usd"] = sum.Delta.ToString(CultureInfo.InvariantCulture),
            }));
            return;
        }

        Screen.MarkupLineInterpolated(
            CultureInfo.InvariantCulture,
            $"{sum.Seen} calls: {sum.Changed} {(isPlan ? "would change" : "were corrected")}, {sum.Unknown} have no price, {sum.TooOld} are too old. {(isPlan ? "Difference" : "Corrected")}: {sum.Delta} USD.");
    }

    /// <summary>Null: the file has faults, which it has written to stderr.</summary>
    private static async Task<byte[]?> ReadAsync(string path, CancellationToken cancel)
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

        var reading = PriceFile.Read(bytes);
        foreach (var fault in reading.Faults)
        {
            await Console.Error.WriteLineAsync(fault.Describe(path));
        }

        return reading.Faults.Count == 0 ? bytes : null;
    }

    private static async Task<PricesImported> PostAsync(ServerDoor door, byte[] list, bool dryRun, CancellationToken cancel)
    {
        using var content = new ByteArrayContent(list);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var path = dryRun ? "/v1/model-prices/import?dry_run=true" : "/v1/model-prices/import";
        var text = await CliScreen.WaitAsync(door.TextAsync(HttpMethod.Post, path, content, cancel), dryRun ? "comparing" : "importing");
        return JsonSerializer.Deserialize(text, WireJson.Default.PricesImported)!;
    }

    private static void Show(PricesImported planned, bool asJson)
    {
        if (asJson)
        {
            ServerDoor.Print(JsonSerializer.SerializeToElement(planned, WireJson.Default.PricesImported));
            return;
        }

        foreach (var change in planned.Changes.Take(MostShown))
        {
            var (sign, colour) = change.Kind switch { "new" => ("+", "green"), "changed" => ("~", "blue"), _ => ("=", "yellow") };
            var name = $"{change.Provider} {change.Model} from {change.ValidFrom:yyyy-MM-dd}";
            Screen.MarkupLine($"[{colour}]{sign}[/] {Markup.Escape(name)}: {Markup.Escape(TextOf(change))}");
        }

        if (planned.Changes.Count > MostShown)
        {
            Screen.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"… and {planned.Changes.Count - MostShown} more.");
        }

        Screen.MarkupLineInterpolated(
            CultureInfo.InvariantCulture,
            $"{planned.New} new, {planned.Changed} changed, {planned.Unchanged} unchanged ({planned.Scope} prices).");
        if (planned.Left > 0)
        {
            Screen.MarkupLineInterpolated(
                CultureInfo.InvariantCulture, $"{planned.Left} past prices differ and stay: recorded calls keep their cost.");
        }
    }

    private static string TextOf(PriceChangeView change) => change.Units.Count == 0
        ? "its names, tiers, hours or end"
        : string.Join(", ", change.Units.Select(unit =>
            $"{unit.Unit} {unit.Before ?? "none"} → {unit.Now ?? "none"}"
            + (unit.Percent is { } percent ? string.Create(CultureInfo.InvariantCulture, $" ({percent:+0.#;-0.#;0} %)") : "")));
}
