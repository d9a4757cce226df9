namespace Tollgate.Core.Time;

/// <summary>
/// What billing months hang on: the instant at which a subscription started (or its trial ended). Its local day of month and time
/// of day are kept for ever; days 29 to 31 clamp to a short month's last day and spring back.
/// </summary>
/// <param name="Day">
/// Day of the month, where it is not the instant's own: a subscription of the 31st that changes its interval on the 28th of February
/// goes on on the 31st. Null: the instant's own.
/// </param>
public readonly record struct Anchor(Instant StartedAt, int? Day = null)
{
    public int DayIn(TimeZoneInfo zone) => Day ?? LocalTime.At(StartedAt, zone).Day;
}
