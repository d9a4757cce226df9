using Tollgate.Core.Catalog;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Metering;

/// <summary>Each question about an aggregate, answered for each of them: a new aggregate needs a new column.</summary>
public sealed class AggregateTableTests
{
    private static readonly FeatureEntry Feature = new(1, new() { Code = "unit", Name = "Unit" });

    [Fact]
    public void The_catalogue_knows_of_each_aggregate() => Table(static aggregate =>
        $"{(aggregate.IsLevel() ? "level" : "sum")}, {CatalogWords.Of(aggregate.Value())}, {(aggregate.MayReadTwice() ? "twice" : "once")}")
        .ShouldBe(
        """
        count: sum, none, twice
        sum: sum, property_or_quantity, twice
        max: level, property_or_quantity, twice
        unique: sum, property, twice
        latest: level, property_or_quantity, once
        weighted_sum: level, property_or_quantity, once
        """);

    [Fact]
    public void The_aggregates_that_may_share_a_feature_or_an_event() => Table(static one =>
        string.Join(
            " ", Enum.GetValues<MeterAggregate>()
                .Select(other => one.CombinesOnOneEvent(other) && one.Combines(other) ? "event" : one.Combines(other) ? "feature" : "no")))
                .ShouldBe(
        """
        count: event event no feature no no
        sum: event event no feature no no
        max: no no event no no no
        unique: feature feature no event no no
        latest: no no no no event no
        weighted_sum: no no no no no event
        """);

    [Fact]
    public void The_stored_reading_of_an_event_and_the_hold_for_an_expected_one() => Table(static aggregate =>
    {
        var effect = new Effect(Feature, Quantity.Of(3), aggregate, new Guid(7, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]));
        var reading = AggregateRules.ReadingOf(effect, new LatestReport(At(1), 4));
        AggregateRules.KeepsReading(aggregate).ShouldBe(reading is not null);
        return $"{(reading is { } kept ? $"{kept.Kind} {kept.Value} {kept.Order}" : "nothing")}, "
            + $"{AggregateRules.HeldFor(effect, grows: false)?.Amount.ToString() ?? "-"}, "
            + $"{AggregateRules.HeldFor(effect, grows: true)?.Amount.ToString() ?? "-"}, "
            + $"{(AggregateRules.AddsQuantity(aggregate) ? "adds" : "-")}, {(AggregateRules.CountsValueOnce(aggregate) ? "once" : "-")}";
    }).ShouldBe(
        """
        count: nothing, 3, -, -, -
        sum: nothing, 3, 3, adds, -
        max: Highest 3 0, -, -, -, -
        unique: Seen 0 0, -, -, -, once
        latest: Latest 3 4, -, -, -, -
        weighted_sum: Timed 3 4, -, -, -, -
        """);

    /// <summary>
    /// The usage before, the counted report and the number of reports, the event's time and value; the change, the report after, and
    /// whether a cap may refuse it.
    /// </summary>
    [Theory]
    [InlineData(MeterAggregate.Sum, 5, null, 0, 9, 3, 3, null, 0, true)]
    [InlineData(MeterAggregate.Count, 5, null, 0, 9, 1, 1, null, 0, true)]
    [InlineData(MeterAggregate.Unique, 5, null, 0, 9, 0, 0, null, 0, true)]
    [InlineData(MeterAggregate.Max, 5, null, 0, 9, 8, 3, null, 0, true)]
    [InlineData(MeterAggregate.Max, 5, null, 0, 9, 5, 0, null, 0, false)]
    [InlineData(MeterAggregate.Max, 5, null, 0, 9, 3, 0, null, 0, false)]
    [InlineData(MeterAggregate.Latest, 0, null, 0, 9, 8, 8, 9, 1, true)]
    [InlineData(MeterAggregate.Latest, 5, 3, 1, 9, 8, 3, 9, 2, true)]
    [InlineData(MeterAggregate.Latest, 5, 3, 1, 9, 2, -3, 9, 2, false)]
    [InlineData(MeterAggregate.Latest, 5, 3, 1, 9, 5, 0, 9, 2, false)]
    [InlineData(MeterAggregate.Latest, 5, 3, 1, 3, 2, -3, 3, 2, false)]
    [InlineData(MeterAggregate.Latest, 5, 3, 1, 2, 9, 0, 3, 2, false)]
    [InlineData(MeterAggregate.Latest, 0, null, 4, 2, 9, 9, 2, 5, true)]
    [InlineData(MeterAggregate.WeightedSum, 5, null, 0, 9, 8, 0, null, 0, false)]
    public void The_effect_of_an_event(
        MeterAggregate aggregate, int used, int? reportAt, int reports, int at, int value, int change, int? reportAfter, int reportsAfter,
        bool mayBeRefused)
    {
        var effect = new Effect(Feature, Quantity.Of(value), aggregate, default);
        var before = reports == 0 ? null : new LatestReport(reportAt is { } then ? At(then) : null, reports);
        var changed = AggregateRules.ChangeOf(effect, Quantity.Of(used), before, At(at));
        changed.Value.ShouldBe(change);
        AggregateRules.ReportsAfter(effect, before, At(at))
            .ShouldBe(reportsAfter == 0 ? null : new LatestReport(At(reportAfter!.Value), reportsAfter));
        AggregateRules.MayBeRefused(effect, changed).ShouldBe(mayBeRefused);
    }

    private static Instant At(int second) => new(second * 1_000_000L);

    private static string Table(Func<MeterAggregate, string> row) =>
        string.Join('\n', Enum.GetValues<MeterAggregate>().Select(aggregate => $"{CatalogWords.Of(aggregate)}: {row(aggregate)}"));
}
