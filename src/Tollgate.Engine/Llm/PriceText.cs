using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Tollgate.Core.Llm;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Llm;

/// <summary>The format of a price in the database: an object with the members of a line of <c>prices/models.json</c>.</summary>
public static class PriceText
{
    private const string HourFormat = "HH:mm";

    public static string Write(ModelPrice price)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("provider", price.Provider);
            json.WriteString("model", price.Model);
            json.WriteStartArray("aliases");
            foreach (var alias in price.Aliases)
            {
                json.WriteStringValue(alias);
            }

            json.WriteEndArray();
            json.WriteString("currency", price.Currency.Code);
            json.WriteString("valid_from", price.ValidFrom.ToString());
            if (price.ValidTo is { } end)
            {
                json.WriteString("valid_to", end.ToString());
            }

            Write(json, price.Prices);
            Write(json, price.Tiers);
            WriteServiceTiers(json, price);
            WriteHours(json, price);
            json.WriteString("source", price.Source);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads the text of <see cref="Write(ModelPrice)"/>.</summary>
    public static ModelPrice Read(string text)
    {
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        return new()
        {
            Provider = root.GetProperty("provider").GetString()!,
            Model = root.GetProperty("model").GetString()!,
            Aliases = [.. root.GetProperty("aliases").EnumerateArray().Select(alias => alias.GetString()!)],
            Currency = Currency.Of(root.GetProperty("currency").GetString()!),
            ValidFrom = At(root.GetProperty("valid_from")),
            ValidTo = root.TryGetProperty("valid_to", out var end) ? At(end) : null,
            Prices = Prices(root),
            Tiers = Tiers(root),
            ByServiceTier = root.TryGetProperty("service_tiers", out var services)
                ? services.EnumerateObject()
                    .ToFrozenDictionary(
                        static tier => tier.Name, static tier => new ServiceTierPrice(Prices(tier.Value), Tiers(tier.Value)))
                : FrozenDictionary<string, ServiceTierPrice>.Empty,
            Hours = root.TryGetProperty("hours", out var hours)
                ? [.. hours.EnumerateArray()
                    .Select(static window => new PriceHours(Hour(window, "from"), Hour(window, "to"), Prices(window)))]
                : [],
            Source = root.GetProperty("source").GetString()!,
        };
    }

    private static void Write(Utf8JsonWriter json, IReadOnlyList<PriceTier> tiers)
    {
        json.WriteStartArray("tiers");
        foreach (var tier in tiers)
        {
            json.WriteStartObject();
            json.WriteNumber("above_tokens", tier.AboveTokens);
            Write(json, tier.Prices);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteServiceTiers(Utf8JsonWriter json, ModelPrice price)
    {
        if (price.ByServiceTier.Count == 0)
        {
            return;
        }

        json.WriteStartObject("service_tiers");
        foreach (var (name, tier) in price.ByServiceTier.OrderBy(static tier => tier.Key, StringComparer.Ordinal))
        {
            json.WriteStartObject(name);
            Write(json, tier.Prices);
            Write(json, tier.Tiers);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteHours(Utf8JsonWriter json, ModelPrice price)
    {
        if (price.Hours.Count == 0)
        {
            return;
        }

        json.WriteStartArray("hours");
        foreach (var window in price.Hours)
        {
            json.WriteStartObject();
            json.WriteString("from", TextOf(window.From));
            json.WriteString("to", TextOf(window.To));
            Write(json, window.Prices);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes a time of day: <c>16:30</c>.</summary>
    public static string TextOf(TimeOnly time) => time.ToString(HourFormat, CultureInfo.InvariantCulture);

    public static bool TryParseHour(string? text, out TimeOnly time) =>
        TimeOnly.TryParseExact(text, HourFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out time);

    private static TimeOnly Hour(JsonElement window, string name) =>
        TimeOnly.ParseExact(window.GetProperty(name).GetString()!, HourFormat, CultureInfo.InvariantCulture);

    private static PriceTier[] Tiers(JsonElement holder) =>
        [.. holder.GetProperty("tiers").EnumerateArray()
            .Select(static tier => new PriceTier(tier.GetProperty("above_tokens").GetInt64(), Prices(tier)))];

    private static void Write(Utf8JsonWriter json, IReadOnlyDictionary<LlmUnit, UnitPrice> prices)
    {
        json.WriteStartObject("prices");
        foreach (var (unit, price) in prices.OrderBy(pair => pair.Key))
        {
            json.WriteString(LlmWords.Of(unit), price.ToString());
        }

        json.WriteEndObject();
    }

    private static FrozenDictionary<LlmUnit, UnitPrice> Prices(JsonElement holder) =>
        holder.GetProperty("prices").EnumerateObject().ToFrozenDictionary(
            member => LlmWords.TryParse(member.Name, out var unit)
                ? unit
                : throw new InvalidOperationException($"The database prices {member.Name}, which this server does not know."),
            member => UnitPrice.Of(decimal.Parse(member.Value.GetString()!, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture)));

    private static Instant At(JsonElement value) => Instant.From(value.GetDateTimeOffset());
}
