using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Contracts.Http;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Llm;
using Tollgate.Engine.Catalog;
using Tollgate.Server.Catalog;
using Tollgate.Server.Hosting;

namespace Tollgate.Server.Cli;

/// <summary>
/// <c>tollgate catalog seed</c>: the career coach's <c>seed_pricing_data.py</c>, with its printed lines. It adds what a project lacks of a
/// built-in catalogue, and changes nothing that the project has.
/// </summary>
internal static class SeedCommand
{
    public static Command Build()
    {
        var name = new Argument<string>("catalog") { Description = "A built-in catalogue, such as career-coach." };
        var json = Lists.JsonOption();
        var command = new Command(
            "seed",
            "Adds the plans, prices, features and model prices of a built-in catalogue to a project, and lists them. Changes nothing that the "
                + "project has. Without --project, the admin key works on the project with the catalogue's name.\n\nExample:\n  "
                + "tollgate catalog seed career-coach")
            {
                name, json,
            };
        ServerDoor.SetAction(command, async (door, parsed, cancel) =>
        {
            var known = await BuiltInCatalogs.ReadAsync(cancel);
            var code = parsed.GetRequiredValue(name);
            var built = known.FirstOrDefault(one => one.Code == code) ?? throw new CliStopException(
                ExitCode.Usage, Spelling.Unknown("built-in catalogue", code, known.Select(static one => one.Code)));
            var prices = (await BuiltInPrices.OfProductsAsync(cancel)).GetValueOrDefault(code) ?? [];
            var isNew = await PublishAsync(door, built, cancel);
            var added = await AddPricesAsync(door, prices, cancel);
            var end = isNew || added > 0 ? "" : "\nThe project had all of it; nothing was changed.";
            Lists.Say(
                Lines(built, prices) + end, new() { ["catalog"] = code, ["published"] = isNew, ["model_prices_added"] = added },
                parsed.GetValue(json));
            return ExitCode.Done;
        }, parsed => parsed.GetValue(name));
        return command;
    }

    /// <summary>Publishes the catalogue if that only adds something. True: it did.</summary>
    /// <exception cref="CliStopException">The project has another catalogue.</exception>
    private static async Task<bool> PublishAsync(ServerDoor door, CatalogDocument built, CancellationToken cancel)
    {
        var (changes, seen) = await PutAsync(door, built, dryRun: true, ifMatch: null, cancel);
        if (changes.Count == 0)
        {
            return false;
        }

        if (changes.Any(static change => change.Kind is not "added") && !await IsEmptyAsync(door, cancel))
        {
            throw new CliStopException(
                ExitCode.Refused,
                "The project has a catalogue of its own, which this would change. \"tollgate catalog apply\" shows the changes and asks.");
        }

        await PutAsync(door, built, dryRun: false, seen, cancel);
        return true;
    }

    /// <summary>True if the project sells nothing: it was created without a catalogue.</summary>
    private static async Task<bool> IsEmptyAsync(ServerDoor door, CancellationToken cancel) =>
        (await door.GetAsync("/v1/features", cancel)).GetProperty("data").GetArrayLength() == 0;

    private static async Task<(IReadOnlyList<(string Kind, string Text)> Changes, EntityTagHeaderValue? Seen)> PutAsync(
        ServerDoor door, CatalogDocument built, bool dryRun, EntityTagHeaderValue? ifMatch, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, dryRun ? "/v1/catalog?dry_run=true" : "/v1/catalog")
        {
            Content = new StringContent(CatalogWriter.ToYaml(built), Encoding.UTF8, "application/yaml"),
        };
        if (ifMatch is not null)
        {
            request.Headers.IfMatch.Add(ifMatch);
        }

        using var answer = await door.SendAsync(request, cancel);
        var body = await JsonSerializer.DeserializeAsync(
            await answer.Content.ReadAsStreamAsync(cancel), WireJson.WithoutNulls.CatalogAnswer, cancel);
        return ([.. body!.Changes.Select(static change => (change.Kind, change.Text))], answer.Headers.ETag);
    }

    /// <summary>Returns the number of added prices.</summary>
    private static async Task<int> AddPricesAsync(ServerDoor door, IReadOnlyList<ModelPrice> prices, CancellationToken cancel)
    {
        var added = 0;
        foreach (var price in prices)
        {
            var query = $"/v1/model-prices?scope=project&provider={price.Provider}&model={Uri.EscapeDataString(price.Model)}";
            if ((await door.GetAsync(query, cancel)).GetProperty("data").GetArrayLength() > 0)
            {
                continue;
            }

            var units = price.Prices.Select(static one =>
                KeyValuePair.Create<string, JsonNode?>(CatalogWords.Of(one.Key), one.Value.Value.ToString(CultureInfo.InvariantCulture)));
            var body = new JsonObject
            {
                ["provider"] = price.Provider, ["model"] = price.Model,
                ["aliases"] = new JsonArray([.. price.Aliases.Select(static alias => (JsonNode?)alias)]),
                ["valid_from"] = price.ValidFrom.ToString(), ["prices"] = new JsonObject(units),
            };
            await door.SendAsync(HttpMethod.Post, "/v1/model-prices", body, cancel);
            added++;
        }

        return added;
    }

    /// <summary>The lines of the product's script.</summary>
    internal static string Lines(CatalogDocument built, IReadOnlyList<ModelPrice> models)
    {
        var (text, plans) = (new StringBuilder(), CatalogDisplay.Offered(built).ToList());
        text.AppendLine("🌱 PRICING DATA SEED SCRIPT").AppendLine(new string('=', 59));
        Section("Creating Pricing Plans...", plans.Select(static plan => $"Created plan: {plan.Name}"));
        Section("Creating Plan Prices...", plans.SelectMany(static plan => plan.Prices.Select(price =>
            $"Created price: {plan.Name} - {CatalogWords.Of(price.Interval)} = {CatalogDisplay.Price(price)}")));
        Section("Creating Plan Features...", CatalogViews.InOrder(built).SelectMany(feature => plans
            .Select(plan => (Plan: plan, Entitlement: plan.Entitlements.FirstOrDefault(one => one.Feature == feature.Code)))
            .Where(static one => one.Entitlement is not null)
            .Select(one => $"Created: {one.Plan.Name} - {feature.Code}: {CatalogDisplay.Entitlement(feature, one.Entitlement!)}")));
        Section("Creating Model Pricing...", models.Select(static price => $"Added pricing for {price.Model}"));
        return text.Append("✅ SEED COMPLETED SUCCESSFULLY!").ToString();

        void Section(string title, IEnumerable<string> lines)
        {
            text.AppendLine(title);
            foreach (var line in lines)
            {
                text.AppendLine("  ✅ " + line);
            }

            text.AppendLine();
        }
    }
}
