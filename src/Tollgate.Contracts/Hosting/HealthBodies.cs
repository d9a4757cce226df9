namespace Tollgate.Contracts.Hosting;

public sealed record LiveAnswer(string Status);

public sealed record ReadyAnswer(string Status, ReadyChecks Checks);

public sealed record ReadyChecks(DatabaseHealth Database, MigrationsHealth Migrations, ClockHealth Clock);

public sealed record DatabaseHealth(string Status, decimal? LatencyMs);

public sealed record MigrationsHealth(string Status, int? Version, int Expected);

/// <param name="SkewMs">This machine's clock minus the database's.</param>
public sealed record ClockHealth(string Status, long? SkewMs);
