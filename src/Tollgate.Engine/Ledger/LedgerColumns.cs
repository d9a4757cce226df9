namespace Tollgate.Engine.Ledger;

// The positions of the columns that the ledger's readers read. A batch reads up to 100,000 values, so its readers look no names up.
// LedgerColumnTests has PostgreSQL describe each statement, and compares the name of each constant with the column at its position.

/// <summary>The columns of <see cref="LedgerSql.LoadCustomers"/>.</summary>
internal static class CustomerColumn
{
    public const int Partition = 0, Account = 1, ProjectId = 2, Id = 3, Version = 4, CreatedAt = 5, Cycles = 6, Owner = 7, Terms = 8;
    public const int PlanAssignedAt = 9;
}

/// <summary>The columns of the statements that load balances.</summary>
internal static class BalanceColumn
{
    public const int Partition = 0, Account = 1, Feature = 2, PeriodStart = 3, PeriodEnd = 4, Version = 5, Used = 6, Held = 7, Drawn = 8;
    public const int Carried = 9, Quota = 10, Denied = 11, Fired = 12, OpenHolds = 13, ReportAt = 14, Reports = 15;
    public const int Level = 16, LevelTime = 17, LevelWhole = 18;
}

/// <summary>The columns of the statements that load grants.</summary>
internal static class GrantColumn
{
    public const int Partition = 0, Account = 1, Feature = 2, Id = 3, Source = 4, Priority = 5, Amount = 6, Used = 7, Forfeited = 8;
    public const int EffectiveAt = 9, ExpiresAt = 10, CreatedAt = 11, Reference = 12, Withdrawn = 13;
}

/// <summary>The columns of the statements that load holds.</summary>
internal static class HoldColumn
{
    public const int Partition = 0, Account = 1, Id = 2, State = 3, Features = 4, Amounts = 5, HeldFeatures = 6, HeldPeriods = 7;
    public const int HeldAmounts = 8, CreatedAt = 9, ExpiresAt = 10, Reference = 11, ClosedAt = 12, Member = 13;
}

/// <summary>The columns of <see cref="LedgerSql.LoadRates"/>.</summary>
internal static class RateColumn
{
    public const int Partition = 0, Account = 1, Feature = 2, Slot = 3, Fingerprint = 4, Moment = 5, Used = 6;
}

/// <summary>The columns of <see cref="LedgerSql.EventColumns"/>. Lists of events add the customer's id.</summary>
internal static class EventColumn
{
    public const int Partition = 0, Account = 1, Id = 2, Feature = 3, Quantity = 4, UsedAfter = 5, OccurredAt = 6, PeriodStart = 7;
    public const int Data = 8, Month = 9, CustomerId = 10;
}
