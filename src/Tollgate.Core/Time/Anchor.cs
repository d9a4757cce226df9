namespace Tollgate.Core.Time;

/// <summary>
/// What a billing month hangs on: the instant at which a subscription started (or its trial ended). Its local day of
/// month and time of day are kept for ever; days 29 to 31 clamp to a short month's last day and spring back.
/// </summary>
public readonly record struct Anchor(Instant StartedAt);
