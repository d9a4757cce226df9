namespace Tollgate.Core.Alerts;

/// <summary>
/// The pause between two reads of a figure, which follows from its cost. A server reads a cheap figure again within seconds, so that its
/// alert fires within five seconds of the fact. All figures of all projects together take a tenth of one connection's time (more only
/// where <see cref="Most"/> ends a pause). Each has an equal share: an expensive figure of one project delays no cheap one of another.
/// </summary>
public static class FigurePace
{
    /// <summary>With a look every two seconds, a cheap figure is read every four.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromSeconds(3);

    public static readonly TimeSpan Most = TimeSpan.FromMinutes(10);

    private const int Tenth = 10;

    /// <summary>Returns the pause after a read.</summary>
    /// <param name="took">The time that the read took.</param>
    /// <param name="figures">The number of figures with a rule, of all projects.</param>
    public static TimeSpan After(TimeSpan took, int figures)
    {
        var pause = (Int128)took.Ticks * figures * Tenth;
        return pause > Most.Ticks ? Most : pause < Least.Ticks ? Least : new((long)pause);
    }
}
