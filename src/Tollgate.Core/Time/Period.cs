namespace Tollgate.Core.Time;

/// <summary>A stretch of time that includes its start and excludes its end: <c>[start, end)</c>.</summary>
public readonly record struct Period(Instant Start, Instant End)
{
    public bool Contains(Instant instant) => Start <= instant && instant < End;

    public override string ToString() => $"[{Start}, {End})";
}
