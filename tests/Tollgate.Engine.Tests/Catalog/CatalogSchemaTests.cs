using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tollgate.Engine.Catalog;
using Tollgate.Testing;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Tollgate.Engine.Tests.Catalog;

/// <summary>The schema catalogs/catalog.schema.json, which editors use, and the reader accept the same documents.</summary>
public sealed class CatalogSchemaTests
{
    private static readonly JsonElement Schema = JsonElement.Parse(
        File.ReadAllText(Path.Combine(ServerProcess.Root, "catalogs", "catalog.schema.json")));

    [Theory]
    [MemberData(nameof(CatalogFilesTests.Files), MemberType = typeof(CatalogFilesTests))]
    public void Shipped_catalogues_and_their_exports_satisfy_the_schema(string file)
    {
        Violations(CatalogFilesTests.Text(file)).ShouldBeEmpty();
        Violations(CatalogWriter.ToYaml(CatalogFilesTests.Read(file))).ShouldBeEmpty();
    }

    /// <summary>The place of each kind of map in a text whose other maps are as small as possible.</summary>
    [Theory]
    [InlineData("", "zz: 1\n")]
    [InlineData("feature", "features: [{ zz: 1 }]")]
    [InlineData("meter", "features: [{ meters: [{ zz: 1 }] }]")]
    [InlineData("filter", "features: [{ meters: [{ filters: [{ zz: 1 }] }] }]")]
    [InlineData("plan", "plans: [{ zz: 1 }]")]
    [InlineData("price", "plans: [{ prices: [{ zz: 1 }] }]")]
    [InlineData("entitlement", "plans: [{ entitlements: [{ zz: 1 }] }]")]
    [InlineData("overage_price", "plans: [{ entitlements: [{ overage_price: { zz: 1 } }] }]")]
    [InlineData("tier", "plans: [{ entitlements: [{ overage_price: { tiers: [{ zz: 1 }] } }] }]")]
    [InlineData("overage_price", "plans: [{ entitlements: [{ overage_price: [{ zz: 1 }] }] }]")]
    [InlineData("seats", "plans: [{ prices: [{ seats: { zz: 1 } }] }]")]
    [InlineData("tier", "plans: [{ entitlements: [{ overage_price: { mode: percentage, tiers: [{ zz: 1 }] } }] }]")]
    [InlineData("tier", "plans: [{ prices: [{ seats: { tiers: [{ zz: 1 }] } }] }]")]
    [InlineData("add_on", "add_ons: [{ zz: 1 }]")]
    [InlineData("add_on_price", "add_ons: [{ prices: [{ zz: 1 }] }]")]
    [InlineData("add_on_entitlement", "add_ons: [{ entitlements: [{ zz: 1 }] }]")]
    [InlineData("pack", "packs: [{ zz: 1 }]")]
    [InlineData("pack_price", "packs: [{ prices: [{ zz: 1 }] }]")]
    [InlineData("rollover", "plans: [{ entitlements: [{ rollover: { zz: 1 } }] }]")]
    [InlineData("rate_limit", "plans: [{ entitlements: [{ rate_limits: [{ zz: 1 }] }] }]")]
    [InlineData("pool", "plans: [{ entitlements: [{ pool: { zz: 1 } }] }]")]
    [InlineData("pricing_page", "pricing_page: { zz: 1 }")]
    [InlineData("question", "pricing_page: { faq: [{ zz: 1 }] }")]
    [InlineData("testimonial", "pricing_page: { testimonials: [{ zz: 1 }] }")]
    public void Schema_and_reader_know_the_same_keys(string kind, string text)
    {
        var known = CatalogReader.ReadYaml(text).Faults.Select(f => Regex.Match(f.Message, @"^'zz' is not a key here. Keys: (.*)\.\z"))
            .First(match => match.Success).Groups[1].Value.Split(", ");
        var described = (kind.Length == 0 ? Schema : Schema.GetProperty("$defs").GetProperty(kind)).GetProperty("properties");
        described.EnumerateObject().Select(p => p.Name).Order().ShouldBe(known.Order());
    }

    [Theory]
    [InlineData("code: Shop")]
    [InlineData("colour: red")]
    [InlineData("currency: usd")]
    [InlineData("name: 5")]
    [InlineData("upgrade_url: javascript:alert(1)")]
    [InlineData("plans: []")]
    [InlineData("plans: [{ code: free }]")]
    [InlineData("plans: [{ code: free, name: Free, prices: [{ interval: daily, amount: 1 }] }]")]
    [InlineData("plans: [{ code: free, name: Free, prices: [{ interval: monthly, amount: 9.99 }] }]")]
    [InlineData("plans: [{ code: free, name: Free, prices: [{ interval: monthly, amount: 1, trial_days: -1 }] }]")]
    [InlineData("plans: [{ code: free, name: Free, entitlements: [{ feature: scan, quota: -1 }] }]")]
    [InlineData("plans: [{ code: free, name: Free, entitlements: [{ feature: scan, quota: many }] }]")]
    [InlineData("plans: [{ code: free, name: Free, entitlements: [{ feature: scan, quota: 1, period: fortnight }] }]")]
    [InlineData("plans: [{ code: free, name: Free, entitlements: [{ feature: scan, quota: 1, hard_cap: yes }] }]")]
    [InlineData("plans: [{ code: free, name: Free, entitlements: [{ feature: scan, quota: 1, thresholds: [0] }] }]")]
    [InlineData("plans: [{ code: free, name: Free, entitlements: [{ feature: scan, quota: 1, pool: { feature: scan } }] }]")]
    [InlineData("plans: [{ code: free, name: Free, entitlements: [{ feature: scan, quota: 1, rollover: { periods: 0 } }] }]")]
    [InlineData("plans: [{ code: free, name: Free, entitlements: [{ feature: scan, quota: 1, rate_limits: [{ limit: 1 }] }] }]")]
    [InlineData("plans: [{ code: free, name: Free, prices: [{ interval: monthly, amount: 1, seats: { included: 3 } }] }]")]
    [InlineData(
        "plans: [{ code: free, name: Free, prices: [{ interval: monthly, amount: 1, seats: { price: 12, tiers: [{ unit_price: "
            + "12 }] } }] }]")]
    [InlineData("plans: [{ code: free, name: Free, prices: [{ interval: monthly, amount: 1, seats: { included: -1, price: 12 } }] }]")]
    [InlineData(
        "plans: [{ code: free, name: Free, prices: [{ interval: monthly, amount: 1, seats: { mode: package, tiers: [{ unit_price: "
            + "12 }] } }] }]")]
    [InlineData("plans: [{ code: free, name: Free, prices: [{ interval: monthly, amount: 1, minimum: 0 }] }]")]
    [InlineData(
        "plans: [{ code: free, name: Free, entitlements: [{ feature: scan, quota: 1, hard_cap: false, overage_price: [{ tiers: "
            + "[] }] }] }]")]
    [InlineData("plans: [{ code: free, name: Free, entitlements: [{ feature: scan, quota: 1, hard_cap: false, overage_price: 5 }] }]")]
    [InlineData(
        "plans: [{ code: free, name: Free, entitlements: [{ feature: scan, quota: 1, hard_cap: false, overage_price: { first_flat_fee: "
            + "never, tiers: [{ unit_price: 1 }] } }] }]")]
    [InlineData(
        "plans: [{ code: free, name: Free, entitlements: [{ feature: scan, quota: 1, hard_cap: false, overage_price: { tiers: "
            + "[{ unit_price: 1, percent: 1 }] } }] }]")]
    [InlineData(
        "plans: [{ code: free, name: Free, entitlements: [{ feature: scan, quota: 1, hard_cap: false, overage_price: { mode: percentage, "
            + "tiers: [{ flat_fee: 1 }] } }] }]")]
    [InlineData(
        "plans: [{ code: free, name: Free, prices: [{ interval: monthly, amount: 1, seats: { price: 12, discount: { amount: 1 } } }] }]")]
    [InlineData(
        "plans: [{ code: free, name: Free, entitlements: [{ feature: scan, quota: 1, hard_cap: false, overage_price: { tiers: "
            + "[{ unit_price: 1 }], discount: { percent: 101 } } }] }]")]
    [InlineData("add_ons: [{ code: a, name: A, prices: [{ interval: monthly, amount: 1, discount: { percent: 101 } }] }]")]
    [InlineData("packs: [{ code: p, name: P, feature: scan, quantity: 1, prices: [{ amount: 1, discount: {} }] }]")]
    [InlineData("add_ons: [{ code: a, name: A, prices: [] }]")]
    [InlineData("add_ons: [{ code: a, name: A, prices: [{ interval: monthly, amount: 1 }], plans: [] }]")]
    [InlineData("add_ons: [{ code: a, name: A, prices: [{ interval: monthly, amount: 1 }], max_quantity: 0 }]")]
    [InlineData("add_ons: [{ code: a, name: A, prices: [{ amount: 1 }] }]")]
    [InlineData("add_ons: [{ code: a, name: A, prices: [{ interval: monthly, amount: 1, trial_days: 7 }] }]")]
    [InlineData(
        "add_ons: [{ code: a, name: A, prices: [{ interval: monthly, amount: 1 }], entitlements: [{ feature: scan, quota: many }] }]")]
    [InlineData("packs: [{ code: p, name: P, feature: scan, prices: [{ amount: 1 }] }]")]
    [InlineData("packs: [{ code: p, name: P, feature: scan, quantity: 1, prices: [{ amount: 0 }] }]")]
    [InlineData("packs: [{ code: p, name: P, feature: scan, quantity: 1, prices: [{ amount: 1 }], expires_after_days: 0 }]")]
    [InlineData("packs: [{ code: p, name: P, feature: scan, quantity: 1, prices: [{ amount: 1 }], priority: 1001 }]")]
    [InlineData("pricing_page: { signup_url: 'javascript:alert(1)' }")]
    [InlineData("pricing_page: { signup_url: '/signup' }")]
    [InlineData("pricing_page: { headline: '' }")]
    [InlineData("pricing_page: { faq: [{ question: Why? }] }")]
    [InlineData("pricing_page: { testimonials: [{ quote: Good. }] }")]
    [InlineData("features: [{ code: scan, name: Scan, kind: counted }]")]
    [InlineData("features: [{ code: scan, name: Scan, meters: [{ aggregate: count }] }]")]
    public void The_reader_refuses_everything_that_the_schema_refuses(string line)
    {
        var key = line[..line.IndexOf(':', StringComparison.Ordinal)];
        string[] whole =
        [
            "code: shop", "name: Shop", "default_plan: free", "features: [{ code: scan, name: Scan }]",
            "plans: [{ code: free, name: Free, entitlements: [{ feature: scan, quota: 1 }] }]",
        ];
        Violations(string.Join('\n', whole)).ShouldBeEmpty();
        var text = string.Join('\n', [.. whole.Where(other => !other.StartsWith(key + ":", StringComparison.Ordinal)), line]);

        Violations(text).ShouldNotBeEmpty();
        CatalogReader.ReadYaml(text).Faults.ShouldNotBeEmpty();
    }

    private static List<string> Violations(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        var found = new List<string>();
        Check(stream.Documents[0].RootNode, Schema, "", found);
        return found;
    }

    /// <summary>The part of JSON Schema that the schema uses; an unknown keyword fails, so that none is silently ignored.</summary>
    private static void Check(YamlNode node, JsonElement schema, string path, List<string> found)
    {
        foreach (var keyword in schema.EnumerateObject())
        {
            var good = keyword.Name switch
            {
                "$schema" or "$defs" or "title" or "description" or "default" => true,
                "$ref" =>
                    Into(() =>
                        Check(node, Schema.GetProperty("$defs").GetProperty(keyword.Value.GetString()!["#/$defs/".Length..]), path, found)),
                "type" => keyword.Value.ValueKind == JsonValueKind.Array
                    ? keyword.Value.EnumerateArray().Any(type => Is(node, type.GetString()!))
                    : Is(node, keyword.Value.GetString()!),
                "enum" => keyword.Value.EnumerateArray()
                    .Any(value => value.ValueKind == JsonValueKind.Null ? Is(node, "null") : Text(node) == value.GetString()),
                "oneOf" => keyword.Value.EnumerateArray().Count(option => Passes(node, option, path)) == 1,
                "pattern" => node is not YamlScalarNode || Regex.IsMatch(Text(node), keyword.Value.GetString()!),
                "minLength" => Text(node).Length >= keyword.Value.GetInt32(),
                "maxLength" => Text(node).Length <= keyword.Value.GetInt32(),
                "minimum" => !Is(node, "number") || Number(node) >= keyword.Value.GetDecimal(),
                "maximum" => !Is(node, "number") || Number(node) <= keyword.Value.GetDecimal(),
                "minItems" => Items(node).Count() >= keyword.Value.GetInt32(),
                "maxItems" => Items(node).Count() <= keyword.Value.GetInt32(),
                "items" => Into(() => CheckItems(node, keyword.Value, path, found)),
                "required" => keyword.Value.EnumerateArray().All(name => Members(node).ContainsKey(name.GetString()!)),
                "additionalProperties" => Members(node).Keys.All(name => schema.GetProperty("properties").TryGetProperty(name, out _)),
                "properties" => Into(() => CheckProperties(node, keyword.Value, path, found)),
                _ => throw new InvalidOperationException($"The test does not know the keyword {keyword.Name}."),
            };
            if (!good)
            {
                found.Add($"{path}: {keyword.Name} {keyword.Value}");
            }
        }
    }

    private static bool Into(Action check)
    {
        check();
        return true;
    }

    private static bool Passes(YamlNode node, JsonElement schema, string path)
    {
        var found = new List<string>();
        Check(node, schema, path, found);
        return found.Count == 0;
    }

    private static void CheckItems(YamlNode node, JsonElement schema, string path, List<string> found)
    {
        foreach (var (item, index) in Items(node).Select(static (item, index) => (item, index)))
        {
            Check(item, schema, $"{path}[{index}]", found);
        }
    }

    private static void CheckProperties(YamlNode node, JsonElement schema, string path, List<string> found)
    {
        foreach (var (name, value) in Members(node))
        {
            if (schema.TryGetProperty(name, out var member))
            {
                Check(value, member, $"{path}.{name}", found);
            }
        }
    }

    private static bool Is(YamlNode node, string type) => type switch
    {
        "object" => node is YamlMappingNode,
        "array" => node is YamlSequenceNode,
        "null" => node is YamlScalarNode { Style: ScalarStyle.Plain, Value: "" or "~" or "null" },
        "boolean" => node is YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" or "false" },
        "number" => node is YamlScalarNode { Style: ScalarStyle.Plain } plain && Regex.IsMatch(plain.Value!, @"^-?[0-9]+(\.[0-9]+)?\z"),
        "integer" => Is(node, "number") && decimal.Truncate(Number(node)) == Number(node),
        "string" => node is YamlScalarNode && !Is(node, "null") && !Is(node, "boolean") && !Is(node, "number"),
        _ => throw new InvalidOperationException($"The test does not know the type {type}."),
    };

    private static string Text(YamlNode node) => (node as YamlScalarNode)?.Value ?? "";

    private static decimal Number(YamlNode node) => decimal.Parse(Text(node), CultureInfo.InvariantCulture);

    private static IEnumerable<YamlNode> Items(YamlNode node) => (node as YamlSequenceNode)?.Children ?? [];

    private static Dictionary<string, YamlNode> Members(YamlNode node) =>
        (node as YamlMappingNode)?.Children.ToDictionary(static c => Text(c.Key), static c => c.Value) ?? [];
}
