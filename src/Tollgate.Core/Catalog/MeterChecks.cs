namespace Tollgate.Core.Catalog;

/// <summary>The checks of a feature's meters, alone, together, and against the feature's earlier meters.</summary>
internal static class MeterChecks
{
    public static void Check(Feature feature, string path, List<CatalogFault> faults)
    {
        if (feature.Meters.Count > 0 && feature.Kind != FeatureKind.Metered)
        {
            faults.Add(
                new($"{path}.meters",
                    $"'{feature.Code}' is a {CatalogWords.Of(feature.Kind)} feature; only metered features have meters."));
        }

        CatalogRules.CheckCount(feature.Meters.Count, CatalogLimits.Meters, $"{path}.meters", faults);
        for (var i = 0; i < feature.Meters.Count; i++)
        {
            var meter = feature.Meters[i];
            CheckOne(meter, $"{path}.meters[{i}]", faults);
            if (feature.Meters.Take(i).Select(earlier => Clash(earlier, meter))
                .FirstOrDefault(static clash => clash is not null) is { } fault)
            {
                faults.Add(new($"{path}.meters[{i}]", fault));
            }
        }
    }

    /// <summary>
    /// Returns a fault for each feature that becomes a level, becomes another kind of level, or ceases to be one: balances of running
    /// periods, grants and earlier plan versions would change their meaning.
    /// </summary>
    /// <param name="known">The earlier features of the project that have the document's codes, of any time.</param>
    public static IEnumerable<CatalogFault> Changed(IReadOnlyDictionary<string, Feature> known, CatalogDocument document)
    {
        for (var i = 0; i < document.Features.Count; i++)
        {
            if (known.TryGetValue(document.Features[i].Code, out var before) && before.Level != document.Features[i].Level)
            {
                yield return new(
                    $"features[{i}].meters",
                    $"'{before.Code}' {(before.Level is { } level ? $"is metered by {CatalogWords.Of(level)}" : "adds up units")}, "
                        + "and cannot be changed to "
                    + $"{(document.Features[i].Level is { } next ? CatalogWords.Of(next) : "a sum")}: "
                    + "recorded usage would change its meaning. Use a new code for the new feature.");
            }
        }
    }

    /// <summary>Returns null if both meters may feed one feature.</summary>
    private static string? Clash(Meter a, Meter b)
    {
        var (one, other) = (CatalogWords.Of(a.Aggregate), CatalogWords.Of(b.Aggregate));
        return !a.Aggregate.Combines(b.Aggregate)
            ? $"A {(a.Aggregate.IsLevel() ? one : other)} meter cannot share a feature with a {(a.Aggregate.IsLevel() ? other : one)} "
                + "meter, because a level cannot be added to other units. Use a separate feature."
            : CountsTheSame(a, b) ? "An earlier meter of the feature reads the same events with the same filters: each event would count "
                + "twice."
            : a.EventType != b.EventType ? null
            : !a.Aggregate.CombinesOnOneEvent(b.Aggregate)
            ? $"A {one} and a {other} meter of one feature cannot read the same type of events: a void could not tell what each of them "
                + "counted. Use a separate feature."
            : !a.Aggregate.MayReadTwice()
            ? $"Two {one} meters of a feature read events of different types: if they read the same event, neither of its values would be "
                + "the latest."
            : null;
    }

    private static bool CountsTheSame(Meter a, Meter b) =>
        a.EventType == b.EventType
        && a.Filters.Count == b.Filters.Count
        && a.Filters.All(f => b.Filters.Any(other => other.Property == f.Property && other.AnyOf.ToHashSet().SetEquals(f.AnyOf)));

    private static void CheckOne(Meter meter, string path, List<CatalogFault> faults)
    {
        if (!CatalogRules.IsEventType(meter.EventType))
        {
            faults.Add(
                new($"{path}.event_type",
                    $"'{meter.EventType}' is not an event type: letters, digits and _ . : / -, at most 127 characters."));
        }

        var fault = (meter.Aggregate.Value(), meter.ValueProperty) switch
        {
            (MeterValue.Property, null) =>
                $"A {CatalogWords.Of(meter.Aggregate)} meter counts the different values of a property; 'value_property' names it.",
            (MeterValue.None, not null) =>
                $"A {CatalogWords.Of(meter.Aggregate)} meter counts events and reads no value; use sum, or leave 'value_property' out.",
            _ => null,
        };
        if (fault is not null)
        {
            faults.Add(new($"{path}.value_property", fault));
        }

        CatalogRules.CheckOptionalText(meter.ValueProperty, $"{path}.value_property", CatalogLimits.ShortText, faults);
        CatalogRules.CheckCount(meter.Filters.Count, CatalogLimits.Filters, $"{path}.filters", faults);
        for (var i = 0; i < meter.Filters.Count; i++)
        {
            CatalogRules.CheckText(meter.Filters[i].Property, $"{path}.filters[{i}].property", CatalogLimits.ShortText, faults);
            CatalogRules.CheckCount(meter.Filters[i].AnyOf.Count, CatalogLimits.FilterValues, $"{path}.filters[{i}].any_of", faults);
            if (meter.Filters[i].AnyOf.Count == 0)
            {
                faults.Add(new($"{path}.filters[{i}].any_of", "A filter without values matches nothing; name at least one."));
            }
        }
    }
}
