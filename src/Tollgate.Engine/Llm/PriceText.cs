using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Tollgate.Core.Llm;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Llm;

/// <summary>A price as the database keeps it: an object with the members of a line of <c>prices/models.json</c>.</summary>
internal static class PriceText
{
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
            json.WriteStartArray("tiers");
            foreach (var tier in price.Tiers)
            {
                json.WriteStartObject();
                json.WriteNumber("above_tokens", tier.AboveTokens);
                Write(json, tier.Prices);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("source", price.Source);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads what <see cref="Write(ModelPrice)"/> wrote.</summary>
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
            Tiers = [.. root.GetProperty("tiers").EnumerateArray().Select(tier => new PriceTier(tier.GetProperty("above_tokens").GetInt64(), Prices(tier)))],
            Source = root.GetProperty("source").GetString()!,
        };
    }

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
            member => LlmWords.TryParse(member.Name, out var unit) ? unit : throw new InvalidOperationException($"The database prices {member.Name}, which this server does not know."),
            member => UnitPrice.Of(decimal.Parse(member.Value.GetString()!, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture)));

    private static Instant At(JsonElement value) => Instant.From(value.GetDateTimeOffset());
}
