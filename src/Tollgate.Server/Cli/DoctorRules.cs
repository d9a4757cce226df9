using System.Globalization;
using System.Text.RegularExpressions;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Secrets;
using Tollgate.Server.Hosting;
using Tollgate.Server.Limits;

namespace Tollgate.Server.Cli;

internal enum Health
{
    Ok,

    /// <summary>It works, but an operator should check it.</summary>
    Warn,

    Fail,

    /// <summary>The check could not run.</summary>
    Skip,
}

/// <summary>One line of <c>tollgate doctor</c>.</summary>
/// <param name="Advice">The action to take; null: none.</param>
internal sealed record DoctorLine(string Check, Health Health, string Found, string? Advice = null);

/// <summary>One measured value of <c>/metrics</c>.</summary>
internal readonly record struct Sample(string Name, string Labels, decimal Value);

/// <summary>The rules of <c>tollgate doctor</c>, which turn facts into lines.</summary>
internal static partial class DoctorRules
{
    /// <summary>Checks that need a running server.</summary>
    public static readonly IReadOnlyList<string> Inside = ["queue", "loops", "webhooks", "clients", "parked"];

    private const long Giga = 1024L * 1024 * 1024;

    /// <summary>PostgreSQL stops at a full disk. A start with the log of a crash needs about this much.</summary>
    private const long SmallestDisk = 1 * Giga;

    /// <summary>The private PostgreSQL writes up to 4 GB of log between two checkpoints (max_wal_size).</summary>
    private const long LowDisk = 6 * Giga;

    /// <summary>The same as in <c>/health/ready</c>.</summary>
    private static readonly TimeSpan LargestSkew = TimeSpan.FromSeconds(5);

    /// <summary>A listener of changes, presence, advancing clocks, checks, and an operator's own connections.</summary>
    private const int OtherConnections = 20;

    /// <summary>More connections than a limit of 1,024 open files, which many systems have, allows.</summary>
    private const long FewConnections = 1_000;

    private static readonly TimeSpan LongTransaction = TimeSpan.FromMinutes(5);

    private const decimal LongLagSeconds = 30, ManyDeliveries = 10_000;

    public static DoctorLine Disk(string path, long free)
    {
        var found = Text($"{(decimal)free / Giga:0.0} GB are free in {path}");
        const string Advice = "Free space or enlarge the disk: PostgreSQL stops when it is full.";
        return free < SmallestDisk ? new("disk", Health.Fail, found, Advice)
            : free < LowDisk ? new("disk", Health.Warn, found, Advice)
            : new("disk", Health.Ok, found);
    }

    public static DoctorLine Clock(TimeSpan skew)
    {
        var found = Text($"differs from the database's by {skew.Duration().TotalSeconds:0.0} s");
        return skew.Duration() <= LargestSkew
            ? new("clock", Health.Ok, found)
            : new("clock", Health.Warn, found,
                "Synchronise the clocks of both machines (NTP). Tollgate decides by the database's clock; this machine's logs mislead.");
    }

    /// <param name="limit">Null: there is none.</param>
    /// <param name="budget">The server's budget with this limit.</param>
    /// <param name="faults">The reasons why it could not start with the limit.</param>
    public static DoctorLine Files(string whose, long? limit, SocketBudget budget, IReadOnlyList<string> faults)
    {
        var found = limit is { } most
            ? Text($"{most} open files for {whose}, which leaves {budget.MaxConnections} connections for clients")
            : $"no limit of open files for {whose}";
        const string Advice = "Raise it: ulimit -n 65536 before the start, or LimitNOFILE=65536 in the systemd unit.";
        return faults.Count > 0 ? new("file limit", Health.Fail, string.Join(' ', faults), Advice)
            : budget.MaxConnections < FewConnections ? new("file limit", Health.Warn, found, Advice)
            : new("file limit", Health.Ok, found);
    }

    public static IEnumerable<DoctorLine> Database(DatabaseFacts facts, IReadOnlyList<string> risks, long pool, long lanes)
    {
        yield return new("postgres", Health.Ok, $"PostgreSQL {facts.Version}");
        yield return risks.Count == 0
            ? new("durability", Health.Ok, "fsync, synchronous_commit and full_page_writes are on")
            : new("durability", Health.Fail, "acknowledged facts can be lost", string.Join(' ', risks));
        yield return Connections(facts, pool + lanes + OtherConnections);
        yield return facts.TimeZone is "UTC" or "Etc/UTC"
            ? new("time zone", Health.Ok, "UTC")
            : new("time zone", Health.Warn, $"PostgreSQL's time zone is {facts.TimeZone}",
                "Set timezone = 'UTC' for the database: its log and psql then show the times that Tollgate shows.");
        yield return facts.OldestTransaction > LongTransaction
            ? new(
                "transactions", Health.Warn, Text($"one has been open for {facts.OldestTransaction.TotalMinutes:0} minutes"),
                "Find it in pg_stat_activity (xact_start) and end it: events and vacuum wait for it.")
            : new("transactions", Health.Ok, "none has been open for long");
    }

    private static DoctorLine Connections(DatabaseFacts facts, long needed)
    {
        var free = facts.MostConnections - facts.Reserved;
        var found = Text($"{facts.Connections} of {free} connections are open, one server needs up to {needed}");
        return free < needed
            ? new("connections", Health.Fail, found,
                $"Raise max_connections to {needed + facts.Reserved} or more, or lower {Settings.PoolSize.Variable}.")
            : facts.Connections * 10 > free * 9
            ? new("connections", Health.Warn, found, "Close connections of other programs, or raise max_connections.")
            : new("connections", Health.Ok, found);
    }

    /// <param name="current">The key that the database's secrets are encrypted with; null: none yet.</param>
    /// <param name="isKnown">True: the database answered.</param>
    /// <param name="isServing">True: a server runs, which may have the key from its own environment.</param>
    public static DoctorLine MasterKey(string name, IReadOnlyList<string> ids, string? current, bool isKnown, bool isServing)
    {
        if (current is null)
        {
            return ids.Count == 0
                ? isKnown
                ? new("master key", Health.Ok, "none yet: the first start creates it")
                : new("master key", Health.Skip, $"{name} does not exist, and no database was available to name its key")
                : new("master key", Health.Ok,
                    $"{name} can be read{(isKnown ? "" : "; no database was available to compare it with")}");
        }

        if (ids.Count == 0 && isServing)
        {
            return new(
                "master key", Health.Skip, $"not checked: the server has key {current} from its environment, and this shell does not",
                $"Set {MasterKeySource.KeyVariable} or {MasterKeySource.CommandVariable} here as the server has it.");
        }

        return ids.Contains(current)
            ? new("master key", Health.Ok, $"{name} has the database's key {current}")
            : new("master key", Health.Fail, $"the database needs key {current}, which {name} does not have",
                "Copy the key from the server that has it or from its backup: docs/operating/secrets.md.");
    }

    public static DoctorLine Parked(int count, bool hasMore, int waiting)
    {
        var number = $"{count}{(hasMore ? " or more" : "")} {(count == 1 ? "entry" : "entries")}";
        return count == 0 ? new("parked", Health.Ok, "nothing is parked")
            : new(
                "parked", Health.Warn, $"{number}, of which {waiting} {(waiting == 1 ? "waits" : "wait")} for an operator",
                "\"tollgate parked list\" says why; correct it, then \"tollgate parked retry\".");
    }

    /// <summary>The figures of <c>/metrics</c> about the server's queues and background work.</summary>
    public static IEnumerable<DoctorLine> Metrics(IReadOnlyList<Sample> samples)
    {
        var depth = Of(samples, "tollgate_queue_depth").Select(static one => one.Value).DefaultIfEmpty().Max();
        var most = Settings.QueueLength.Default;
        yield return depth * 2 > most
            ? new("queue", Health.Warn, Text($"{depth} operations wait in a lane"),
                "The database does not keep up: check its disk and tollgate_batch_commit_milliseconds.")
            : new("queue", Health.Ok, Text($"{depth} operations wait"));

        var failures = Of(samples, "tollgate_loop_failures_total").Where(static one => one.Value > 0).ToList();
        yield return failures.Count > 0
            ? new(
                "loops", Health.Warn,
                $"failures since the start: {string.Join(", ", failures.Select(static one => Text($"{one.Labels} {one.Value}")))}",
                "The server's log has an error for each; \"tollgate parked list\" shows what waits.")
            : new("loops", Health.Ok, "no background job has failed since the start");

        yield return Webhooks(
            Sum(samples, "tollgate_webhooks_lag_seconds"), Sum(samples, "tollgate_webhooks_waiting"),
            Of(samples, "tollgate_webhooks_disabled").Where(static one => !one.Labels.Contains("manual", StringComparison.Ordinal))
                .Sum(static one => one.Value));

        var refused = Sum(samples, "tollgate_connections_refused_total");
        yield return refused > 0
            ? new(
                "clients", Health.Warn, Text($"{refused} connections of clients were refused since the start"),
                "Raise the file limit and TOLLGATE_MAX_CONNECTIONS, or find the address that opens so many: docs/operating/connections.md.")
            : new("clients", Health.Ok, "no connection was refused since the start");
    }

    private static DoctorLine Webhooks(decimal lag, decimal waiting, decimal disabled)
    {
        var found = Text($"{lag:0.#} s behind, {waiting} deliveries wait, {disabled} endpoints were disabled because they failed");
        var advice = disabled > 0
            ? "\"tollgate webhooks list\" shows the endpoint. Repair the receiver, enable it, then \"tollgate webhooks redeliver\"."
            : lag > LongLagSeconds ? "A transaction stays open (pg_stat_activity), or publishing fails: the server's log says why."
            : waiting > ManyDeliveries ? "Receivers fail or hang: \"tollgate deliveries list --status waiting\" shows which."
            : null;
        return new("webhooks", advice is null ? Health.Ok : Health.Warn, found, advice);
    }

    /// <summary>Reads Prometheus' text format; it omits values that are not numbers.</summary>
    public static IReadOnlyList<Sample> Read(string metrics) =>
    [
        .. metrics.Split('\n')
            .Select(static line => SampleLine().Match(line))
            .Where(static match => match.Success)
            .Select(static match =>
                decimal.TryParse(match.Groups["value"].ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                ? new Sample(match.Groups["name"].Value, match.Groups["labels"].Value, value)
                : default)
            .Where(static sample => sample.Name is not null),
    ];

    private static IEnumerable<Sample> Of(IReadOnlyList<Sample> samples, string name) => samples.Where(sample => sample.Name == name);

    private static decimal Sum(IReadOnlyList<Sample> samples, string name) => Of(samples, name).Sum(static sample => sample.Value);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(
        @"^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>.*)\})? (?<value>\S+)\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex SampleLine();
}
