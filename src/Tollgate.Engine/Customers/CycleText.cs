using System.Text.Json;
using System.Text.Json.Serialization;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Customers;

/// <summary>The format of <c>customers.cycles</c>: <c>[{"from": µs, "anchor": µs, "day": 31, "interval": "monthly"}]</c>.</summary>
internal static class CycleText
{
    /// <summary>The text for a customer that never had a subscription.</summary>
    private const string None = "[]";

    public static IReadOnlyList<BillingCycle> Read(string json) =>
        json == None
            ? []
            : [.. JsonSerializer.Deserialize(json, CycleJson.Stored.IReadOnlyListStoredCycle)!.Select(static stored => stored.Read())];

    public static string Write(IReadOnlyList<BillingCycle> cycles) =>
        JsonSerializer.Serialize(cycles.Select(StoredCycle.Of).ToArray(), CycleJson.Stored.IReadOnlyListStoredCycle);
}

/// <summary>Times in microseconds since 1970.</summary>
internal sealed record StoredCycle(long From, long? Anchor, int? Day, string? Interval)
{
    public static StoredCycle Of(BillingCycle cycle) => new(
        cycle.From.UnixMicroseconds,
        cycle.Anchor?.StartedAt.UnixMicroseconds,
        cycle.Anchor?.Day,
        cycle.Interval is { } interval ? CatalogWords.Of(interval) : null);

    public BillingCycle Read() => new(
        new(From),
        Anchor is { } at ? new Anchor(new(at), Day) : null,
        Interval is null ? null : CatalogWords.Read<PriceInterval>(Interval));
}

[JsonSerializable(typeof(IReadOnlyList<StoredCycle>))]
internal sealed partial class CycleJson : JsonSerializerContext
{
    public static CycleJson Stored { get; } = new(PlainJson.Stored());
}
