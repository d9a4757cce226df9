using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Ledger;

/// <summary>The state of one rate window of a feature.</summary>
/// <param name="Slot">The position of the limit in the entitlement.</param>
/// <param name="Fingerprint">The fingerprint of the limit: another limit in the same slot starts with an empty window.</param>
/// <param name="Moment">Smooth window: the theoretical arrival time (GCRA). Fixed window: its start.</param>
/// <param name="Used">Fixed window: the units so far.</param>
public sealed record RateState(int FeatureKey, int Slot, int Fingerprint, Instant Moment, Quantity Used);

/// <summary>A threshold that a decision crossed, recorded in the same transaction.</summary>
public sealed record ThresholdCrossing(int FeatureKey, Instant PeriodStart, int Percent, Quantity Used, Quantity Granted);
