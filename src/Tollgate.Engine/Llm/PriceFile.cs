using System.Collections.Frozen;
using System.Globalization;
using Tollgate.Core.Catalog;
using Tollgate.Core.Llm;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Catalog;
using PriceTier = Tollgate.Core.Llm.PriceTier;

namespace Tollgate.Engine.Llm;

/// <summary>The result of reading a price file.</summary>
/// <param name="Prices">In the order of the file; empty if there are faults.</param>
/// <param name="Faults">All faults, with line, column and path: <c>[12].prices.input</c>.</param>
/// <param name="IsMalformed">True if the file is not JSON.</param>
public sealed record PriceReading(IReadOnlyList<ModelPrice> Prices, IReadOnlyList<CatalogFault> Faults, bool IsMalformed = false);

/// <summary>
/// Reads files such as <c>prices/models.json</c>: a JSON array of prices with the members of <c>POST /v1/model-prices</c>. It is strict: an
/// unknown member, a price that is not a decimal string and a duplicate price are faults.
/// </summary>
public static class PriceFile
{
    /// <summary>The most bytes. The whole list of 2026 has half of it.</summary>
    public const int LargestText = CatalogReader.LargestText;

    private static readonly string[] Moments = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'"];

    public static PriceReading Read(ReadOnlyMemory<byte> utf8) => Read(utf8, static (faults, root) => ReadList(faults, root, ""), []) switch
    {
        (var prices, { Count: 0 } none, _) => new(prices, none),
        (_, var faults, var isMalformed) => new([], faults, isMalformed),
    };

    /// <summary>Reads a JSON object of project code → prices of that project, such as <c>prices/seeds.json</c>.</summary>
    /// <returns>An empty dictionary if there are faults.</returns>
    public static (IReadOnlyDictionary<string, IReadOnlyList<ModelPrice>> Prices, IReadOnlyList<CatalogFault> Faults) ReadByProject(
        ReadOnlyMemory<byte> utf8)
    {
        var nothing = new Dictionary<string, IReadOnlyList<ModelPrice>>(StringComparer.Ordinal);
        var (prices, found, _) = Read(utf8, ReadProjects, nothing);
        return found.Count == 0 ? (prices, found) : (nothing, found);
    }

    private static (T Value, IReadOnlyList<CatalogFault> Faults, bool IsMalformed) Read<T>(
        ReadOnlyMemory<byte> utf8, Func<CatalogFaults, CatalogNode, T> read, T nothing)
    {
        try
        {
            var faults = new CatalogFaults();
            var value = read(faults, CatalogText.ParseJson(utf8));
            return (value, faults.All, false);
        }
        catch (CatalogTextException malformed)
        {
            return (nothing, [new("", malformed.Message) { Line = malformed.Line, Column = malformed.Column }], true);
        }
    }

    private static Dictionary<string, IReadOnlyList<ModelPrice>> ReadProjects(CatalogFaults faults, CatalogNode root)
    {
        var prices = new Dictionary<string, IReadOnlyList<ModelPrice>>(StringComparer.Ordinal);
        if (root is not MapNode map)
        {
            faults.Add("", "Expected an object of project codes and their prices.", root);
            return prices;
        }

        foreach (var entry in map.Entries)
        {
            if (!prices.TryAdd(entry.Key, ReadList(faults, entry.Value, entry.Key)))
            {
                faults.Add(entry.Key, $"The project '{entry.Key}' occurs twice.", entry);
            }
        }

        return prices;
    }

    private static List<ModelPrice> ReadList(CatalogFaults faults, CatalogNode node, string path)
    {
        if (node is not ListNode list)
        {
            faults.Add(path, "Expected an array of prices.", node);
            return [];
        }

        var prices = new List<ModelPrice>(list.Items.Count);
        var seen = new HashSet<(string Provider, string Model, Instant From)>();
        for (var i = 0; i < list.Items.Count; i++)
        {
            var fields = new CatalogFields(faults, list.Items[i], $"{path}[{i}]");
            var price = ReadPrice(fields);
            faults.AddFromRules(PriceRules.Validate(price)
                .Select(fault => new CatalogFault(fields.PathOf(fault.Field), $"'{fault.Field}' {fault.Detail}")));
            if (!seen.Add((price.Provider.ToUpperInvariant(), price.Model.ToUpperInvariant(), price.ValidFrom)))
            {
                fields.Fault("model", $"{price.Provider} {price.Model} has a price from {price.ValidFrom} on already.");
            }

            prices.Add(price);
        }

        return prices;
    }

    private static ModelPrice ReadPrice(CatalogFields fields)
    {
        var price = new ModelPrice
        {
            Provider = fields.RequiredText("provider"),
            Model = fields.RequiredText("model"),
            Aliases = fields.Texts("aliases"),
            Currency = ReadCurrency(fields),
            ValidFrom = ReadMoment(fields, "valid_from", fields.RequiredText("valid_from")) ?? Instant.Epoch,
            ValidTo = ReadMoment(fields, "valid_to", fields.Text("valid_to")),
            Prices = ReadPrices(fields),
            Tiers = fields.Maps("tiers", static (tier, _) => ReadTier(tier)),
            ByServiceTier = ReadServiceTiers(fields),
            Hours = fields.Maps("hours", static (window, _) => ReadHours(window)),
            Source = fields.RequiredText("source"),
        };
        fields.RefuseOthers();
        return price;
    }

    private static PriceTier ReadTier(CatalogFields fields)
    {
        if (!fields.Has("above_tokens"))
        {
            fields.Fault("above_tokens", "'above_tokens' is missing.");
        }

        var tier = new PriceTier(fields.Whole("above_tokens") ?? 0, ReadPrices(fields));
        fields.RefuseOthers();
        return tier;
    }

    private static Dictionary<string, ServiceTierPrice> ReadServiceTiers(CatalogFields holder)
    {
        var tiers = new Dictionary<string, ServiceTierPrice>(StringComparer.Ordinal);
        if (holder.Map("service_tiers") is not { } fields)
        {
            return tiers;
        }

        foreach (var name in fields.Keys)
        {
            var tier = fields.Map(name);
            tiers[name] = tier is null
                ? new(FrozenDictionary<LlmUnit, UnitPrice>.Empty, [])
                : new(ReadPrices(tier), tier.Maps("tiers", static (one, _) => ReadTier(one)));
            tier?.RefuseOthers();
        }

        return tiers;
    }

    private static PriceHours ReadHours(CatalogFields fields)
    {
        var hours = new PriceHours(ReadHour(fields, "from"), ReadHour(fields, "to"), ReadPrices(fields));
        fields.RefuseOthers();
        return hours;
    }

    private static TimeOnly ReadHour(CatalogFields fields, string key)
    {
        var text = fields.RequiredText(key);
        if (!PriceText.TryParseHour(text, out var hour) && text.Length > 0)
        {
            fields.Fault(key, $"'{text}' is not a time of day in UTC, such as 16:30.");
        }

        return hour;
    }

    private static Dictionary<LlmUnit, UnitPrice> ReadPrices(CatalogFields holder)
    {
        var prices = new Dictionary<LlmUnit, UnitPrice>();
        if (holder.Map("prices") is not { } fields)
        {
            return prices;
        }

        foreach (var word in LlmWords.All)
        {
            if (fields.Text(word) is not { } text)
            {
                continue;
            }

            if (LlmWords.TryParse(word, out var unit) && ModelPrice.TryParse(text, out var price))
            {
                prices.Add(unit, price);
            }
            else
            {
                fields.Fault(
                    word, $"'{text}' is not a price: a decimal from 0 to {ModelPrice.LargestPrice} with at most {UnitPrice.Scale} "
                        + "decimals.");
            }
        }

        fields.RefuseOthers();
        return prices;
    }

    private static Currency ReadCurrency(CatalogFields fields)
    {
        var code = fields.Text("currency");
        if (code is null || Currency.TryFind(code, out var currency))
        {
            return code is null ? Currency.Usd : Currency.Of(code);
        }

        fields.Fault("currency", $"'{code}' is not an ISO 4217 currency code, such as USD.");
        return Currency.Usd;
    }

    private static Instant? ReadMoment(CatalogFields fields, string key, string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        const DateTimeStyles utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (DateTime.TryParseExact(text, Moments, CultureInfo.InvariantCulture, utc, out var moment))
        {
            return Instant.FromUtc(moment);
        }

        fields.Fault(key, $"'{text}' is not a day or a UTC time, such as 2026-08-01 or 2026-08-01T00:00:00Z.");
        return null;
    }
}
