using System.Collections.Frozen;
using Tollgate.Core.Catalog;
using Tollgate.Core.Llm;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Metering;

/// <summary>The features that an event changes, and the amounts: one row per way of a meter to read.</summary>
public sealed class MeteringRulesTests
{
    /// <summary>The catalogue's meters, the event, and its effect: features with amounts; null: a value is missing or wrong.</summary>
    public static TheoryData<string, Meter[], MeteredEvent, string?> Events => new()
    {
        { "the usual meter adds the quantity", [], Event("f0", 3), "f0 3" },
        { "another type touches nothing", [], Event("other", 3), "" },
        { "count counts the event", [Meter(MeterAggregate.Count)], Event("load", 7), "f0 1" },
        { "sum adds the quantity", [Meter(MeterAggregate.Sum)], Event("load", 7), "f0 7" },
        { "sum adds a property", [Meter(MeterAggregate.Sum, "gb")], Event("load", 7, """{"gb":"2.5"}"""), "f0 2.5" },
        { "an exponent is a number", [Meter(MeterAggregate.Sum, "gb")], Event("load", 7, """{"gb":25e-1}"""), "f0 2.5" },
        { "max reads its value", [Meter(MeterAggregate.Max, "gb")], Event("load", 1, """{"gb":8}"""), "f0 8" },
        { "max reads the quantity", [Meter(MeterAggregate.Max)], Event("load", 4), "f0 4" },
        { "latest reads its value", [Meter(MeterAggregate.Latest, "gb")], Event("load", 1, """{"gb":8}"""), "f0 8" },
        { "weighted_sum reads its value", [Meter(MeterAggregate.WeightedSum, "gb")], Event("load", 1, """{"gb":8}"""), "f0 8" },
        { "latest reads the quantity, also zero", [Meter(MeterAggregate.Latest)], Event("load", 0), "f0 0" },
        { "unique counts one", [Meter(MeterAggregate.Unique, "gb")], Event("load", 7, """{"gb":"ann"}"""), "f0 1" },
        { "unique takes any scalar", [Meter(MeterAggregate.Unique, "gb")], Event("load", 7, """{"gb":true}"""), "f0 1" },
        { "a missing property", [Meter(MeterAggregate.Sum, "gb")], Event("load", 7), null },
        { "a text that is no number", [Meter(MeterAggregate.Max, "gb")], Event("load", 7, """{"gb":"much"}"""), null },
        { "a negative number", [Meter(MeterAggregate.Sum, "gb")], Event("load", 7, """{"gb":-1}"""), null },
        { "ten decimals", [Meter(MeterAggregate.Sum, "gb")], Event("load", 7, """{"gb":0.0000000001}"""), null },
        { "a list is no value", [Meter(MeterAggregate.Unique, "gb")], Event("load", 7, """{"gb":[1]}"""), null },
        { "a filter that matches", [Filtered("eu")], Event("load", 2, """{"zone":"eu"}"""), "f0 2" },
        { "a filter that does not", [Filtered("eu")], Event("load", 2, """{"zone":"us"}"""), "" },
        { "a filter on what is missing", [Filtered("eu")], Event("load", 2), "" },
        { "two features", [Meter(MeterAggregate.Sum), Meter(MeterAggregate.Count)], Event("load", 2), "f0 2, f1 1" },
        { "one broken value breaks the event", [Meter(MeterAggregate.Sum), Meter(MeterAggregate.Sum, "gb")], Event("load", 2), null },
        { "what the server computed wins", [Meter(MeterAggregate.Sum, "gb")],
            Event("load", 1, """{"gb":1}""") with { ComputedJson = """{"gb":2}""" }, "f0 2" },
        { "what the server does not know counts nothing", [Meter(MeterAggregate.Sum, "gb")],
            Event("load", 1, """{"gb":1}""") with { ComputedJson = """{"gb":null}""" }, "" },
        { "unless it assumes something", [Meter(MeterAggregate.Sum, "gb")],
            Event("load", 1) with { ComputedJson = """{"gb":null,"assumed_gb":3}""" }, "f0 3" },
        { "a call that used nothing", [Meter(MeterAggregate.Count)], Event("load", 1) with { MovesNothing = true }, "" },
        { "a feature that the event names", [Meter(MeterAggregate.Sum), Meter(MeterAggregate.Sum) with { EventType = "x" }],
            Event("load", 2) with { Feature = "f1" }, "f1 1, f0 2" },
        { "one that its meter reads already", [Meter(MeterAggregate.Sum)], Event("load", 2) with { Feature = "f0" }, "f0 2" },
        { "a level that the event names", [Meter(MeterAggregate.Sum), Meter(MeterAggregate.Max) with { EventType = "x" }],
            Event("load", 2) with { Feature = "f1" }, "f0 2" },
        { "an adjustment moves sums of the cost", [Cost(MeterAggregate.Sum), Cost(MeterAggregate.Max)], Adjustment("0.25"), "f0 0.25" },
        { "an adjustment of nothing", [Cost(MeterAggregate.Sum)], Adjustment("null"), "" },
    };

    [Theory]
    [MemberData(nameof(Events))]
    public void An_event_has_these_effects(string title, Meter[] meters, MeteredEvent happened, string? effects)
    {
        var found = MeteringRules.EffectsOf(CatalogOf(meters), happened);
        (found is null ? null : string.Join(", ", found.Select(static one => $"{one.Feature.Code} {one.Amount}"))).ShouldBe(effects, title);
    }

    [Fact]
    public void A_consume_uses_its_own_feature_first_and_those_whose_meters_read_its_type()
    {
        var catalog = CatalogOf(Meter(MeterAggregate.Sum) with { EventType = "f0" }, Meter(MeterAggregate.Count) with { EventType = "f0" });
        MeteringRules.EffectsOfConsume(catalog, catalog.Features["f0"], Quantity.Of(5),
            null)!.Select(static one => (one.Feature.Code, one.Amount.Value))
            .ShouldBe([("f0", 5m), ("f1", 1m)]);
    }

    [Fact]
    public void Only_an_event_that_nothing_reads_is_unmatched()
    {
        var catalog = CatalogOf(Meter(MeterAggregate.Sum));
        MeteringRules.IsUnmatched(catalog, Event("load", 1)).ShouldBeFalse();
        MeteringRules.IsUnmatched(catalog, Event("laod", 1)).ShouldBeTrue();
        MeteringRules.IsUnmatched(catalog, Event("laod", 1) with { ComputedJson = "{}" }).ShouldBeFalse();
        MeteringRules.IsUnmatched(catalog, Event("laod", 1) with { MovesNothing = true }).ShouldBeFalse();
    }

    private static MeteredEvent Event(string type, decimal quantity, string? properties = null) =>
        new(type, Quantity.Of(quantity), properties);

    private static MeteredEvent Adjustment(string moved) =>
        new(LlmCall.AdjustmentType, Quantity.One, null, $$"""{"moved_usd":{{moved}}}""");

    private static Meter Meter(MeterAggregate aggregate, string? property = null) =>
        new("load", aggregate, property, [], LateEventPolicy.NextInvoice);

    private static Meter Filtered(string zone) => Meter(MeterAggregate.Sum) with { Filters = [new("zone", [zone])] };

    private static Meter Cost(MeterAggregate aggregate) => Meter(aggregate, "cost_usd") with { EventType = LlmCall.EventType };

    /// <summary>Features f0, f1 … with one meter each; f0 without any when there are none.</summary>
    private static PublishedCatalog CatalogOf(params Meter[] meters)
    {
        Feature[] features = meters.Length == 0
            ? [new() { Code = "f0", Name = "F" }]
            : [.. meters.Select(static (meter, i) => new Feature { Code = $"f{i}", Name = "F", Meters = [meter] })];
        var plan = new Plan { Code = "free", Name = "Free", SortOrder = 1 };
        var document = new CatalogDocument { Code = "c", Name = "C", DefaultPlan = "free", Features = features, Plans = [plan] };
        return CatalogIndex.Build(
            1, "e", document, [.. features.Select(static (feature, i) => new FeatureEntry(i + 1, feature))],
            [new(1, 1, plan, FrozenDictionary<int, Entitlement>.Empty)], [], [(Instant.Epoch, 1)]);
    }
}
