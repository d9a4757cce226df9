using Tollgate.Core.Metering;
using Tollgate.Core.Quotas;

namespace Tollgate.Engine.Ledger;

/// <summary>A report of a time-weighted level: one that an event made, or one that a void takes back.</summary>
internal readonly record struct ReportChange(AccountState Account, int FeatureKey, LevelReport Report, bool IsMade);
