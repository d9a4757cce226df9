namespace Tollgate.Core.Time;

/// <summary>
/// The start of the count of billing months: the instant at which a subscription started (or its trial ended). All periods keep its local
/// day of month and time of day; days 29 to 31 become the last day of a shorter month, and return afterwards.
/// </summary>
/// <param name="Day">
/// The day of the month, if it is not the instant's own: a subscription of the 31st that changes its interval on 28 February continues on
/// the 31st. Null: the instant's own.
/// </param>
public readonly record struct Anchor(Instant StartedAt, int? Day = null)
{
    public int DayIn(TimeZoneInfo zone) => Day ?? LocalTime.At(StartedAt, zone).Day;
}
