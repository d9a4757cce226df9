using System.Globalization;

namespace Tollgate.Bench.Stats;

internal enum Better
{
    Higher,
    Lower,
}

internal enum Verdict
{
    /// <summary>Reaches the goal of QUALITY.md.</summary>
    Goal,

    /// <summary>Misses the goal, but reaches the floor of this release.</summary>
    Floor,

    /// <summary>Misses both.</summary>
    Missed,

    /// <summary>No goal: a figure for comparison.</summary>
    Context,

    /// <summary>Could not be measured; the note tells the reason.</summary>
    NotMeasured,
}

/// <summary>One line of the table.</summary>
/// <param name="Scenario">S1 …</param>
/// <param name="Name">The measured quantity, with its unit or "÷" for a ratio.</param>
/// <param name="Measured">Null if it could not be measured.</param>
/// <param name="Goal">The goal in QUALITY.md; null for context.</param>
/// <param name="Floor">The bound that must hold now, if it is less than the goal.</param>
/// <param name="Note">The absolute rates behind a ratio, a reason, a warning.</param>
internal sealed record Figure(
    string Scenario, string Name, Spread? Measured, double? Goal, double? Floor, Better Better, string Unit, string Note)
{
    /// <summary>An unrelated process used the processors in so many rounds that there were not enough quiet ones.</summary>
    public bool Disturbed { get; init; }

    public Verdict Verdict => this switch
    {
        { Measured: null } => Verdict.NotMeasured,
        { Goal: null, Floor: null } => Verdict.Context,
        { Goal: { } goal } when Holds(goal) => Verdict.Goal,
        { Floor: { } floor } when Holds(floor) => Verdict.Floor,
        _ => Verdict.Missed,
    };

    public static Figure Context(string scenario, string name, double value, string unit, string note = "") =>
        new(scenario, name, Spread.Of([value]), null, null, Better.Higher, unit, note);

    public static Figure NotMeasured(string scenario, string name, string reason) =>
        new(scenario, name, null, null, null, Better.Higher, "", reason);

    /// <summary>Three significant digits: 0.531, 13.6, 41,200.</summary>
    public static string Text(double value) => Math.Abs(value) switch
    {
        >= 100_000 => (Math.Round(value / 1000) * 1000).ToString("N0", CultureInfo.InvariantCulture),
        >= 10_000 => (Math.Round(value / 100) * 100).ToString("N0", CultureInfo.InvariantCulture),
        >= 1000 => (Math.Round(value / 10) * 10).ToString("N0", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("0.00", CultureInfo.InvariantCulture),
        _ => value.ToString("0.000", CultureInfo.InvariantCulture),
    };

    private bool Holds(double bound) => Better == Better.Higher ? Measured!.Median >= bound : Measured!.Median <= bound;
}
