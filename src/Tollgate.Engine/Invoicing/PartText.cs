using System.Buffers;
using System.Text;
using System.Text.Json;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Invoicing;

/// <summary>
/// The format of <c>rated_usage.parts</c>: <c>from</c> and <c>to</c> in microseconds, <c>plan</c> the id of its version, <c>quota</c>,
/// <c>used</c>, <c>beyond</c>, and <c>price</c> in the format of <see cref="PriceText"/>. Without a price no plan sold the feature. An
/// instance serves one batch and formats each price once.
/// </summary>
internal sealed class PartText
{
    private readonly Dictionary<OveragePrice, string> _prices = new(ReferenceEqualityComparer.Instance);

    public string Write(RatedPeriod rated)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var part in rated.Due.Parts)
            {
                Write(json, part);
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Returns the last stretch that was sold, whose quota the column <c>quota</c> repeats. Null: none was.</summary>
    public static UsageSegment? LastSold(RatedPeriod rated) =>
        rated.Due.Parts.LastOrDefault(static part => part.Segment.IsSold)?.Segment;

    /// <param name="planOf">Finds a plan version by id; returns null if the caller does not need it.</param>
    public static IReadOnlyList<UsagePart> Read(string json, Currency currency, Func<int, PlanVersion?> planOf)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(part => new UsagePart(
            new(
                new(new(part.GetProperty("from").GetInt64()), new(part.GetProperty("to").GetInt64())),
                planOf(part.GetProperty("plan").GetInt32()),
                NumberOf(part, "quota"),
                part.TryGetProperty("price", out var price) ? PriceText.Read(price.GetRawText(), currency) : null),
            NumberOf(part, "used"),
            NumberOf(part, "beyond") ?? Quantity.Zero))];
    }

    private void Write(Utf8JsonWriter json, UsagePart part)
    {
        json.WriteStartObject();
        json.WriteNumber("from", part.Segment.Period.Start.UnixMicroseconds);
        json.WriteNumber("to", part.Segment.Period.End.UnixMicroseconds);
        json.WriteNumber("plan", part.Segment.Plan!.Id);
        WriteNumber(json, "quota", part.Segment.Quota);
        WriteNumber(json, "used", part.Used);
        WriteNumber(json, "beyond", part.Beyond);
        if (part.Segment.Price is { } price)
        {
            json.WritePropertyName("price");
            json.WriteRawValue(TextOf(price));
        }

        json.WriteEndObject();
    }

    private string TextOf(OveragePrice price) =>
        _prices.TryGetValue(price, out var written) ? written : _prices[price] = PriceText.Write(price);

    private static void WriteNumber(Utf8JsonWriter json, string name, Quantity? quantity)
    {
        if (quantity is { } known)
        {
            json.WriteNumber(name, known.Value);
        }
    }

    private static Quantity? NumberOf(JsonElement part, string name) =>
        part.TryGetProperty(name, out var number) ? Quantity.Of(number.GetDecimal()) : null;
}
