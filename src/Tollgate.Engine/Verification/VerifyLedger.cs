using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Time;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Verification;

/// <summary>A value that does not match its facts.</summary>
/// <param name="Place">The period's start, an id or a table, depending on the kind.</param>
public sealed record VerifyPlace(string? Project, string? Customer, string? Feature, string Place, string Expected, string Found);

/// <summary>The result of one check.</summary>
/// <param name="IsBreak">False: for information, and explained by recorded facts.</param>
/// <param name="First">The first 20 places at most, by project and customer.</param>
public sealed record VerifyFinding(string Kind, string Meaning, bool IsBreak, long Count, IReadOnlyList<VerifyPlace> First);

public sealed record VerifyReport(Instant At, long Events, long Balances, long Holds, IReadOnlyList<VerifyFinding> Findings)
{
    /// <summary>True if no break was found.</summary>
    public bool IsClean => !Findings.Any(finding => finding.IsBreak && finding.Count > 0);
}

/// <summary>
/// Recomputes the ledger's values from the facts and compares: balances from events and holds, grants from burns, unique values,
/// thresholds, tenancy, ids. Reads one snapshot of the database and trusts nothing in memory, so it can run during traffic and on any
/// server. The work is set-based inside PostgreSQL: memory here does not grow with the data.
/// </summary>
public static class VerifyLedger
{
    private sealed record Check(string Kind, string Meaning, string Sql, bool IsBreak = true);

    private static readonly Check[] Checks =
    [
        new("used", "a balance's used is not the sum of its events", VerifySql.Used),
        new("drawn", "a balance's drawn differs from the units that its events drew from grants and pools", VerifySql.Drawn),
        new("missing_balance", "events name a balance that does not exist", VerifySql.MissingBalances),
        new("held", "a balance's held is not the sum of its open holds", VerifySql.HeldAmounts),
        new("open_holds", "a balance's count of open holds is wrong", VerifySql.OpenHolds),
        new("grant_used", "a grant's used is not the sum of its burns", VerifySql.GrantsUsed),
        new("oversold", "used and held exceed what was granted, and no fact or change explains it", VerifySql.Oversold),
        new("overshoot", "used and held exceed what was granted, by facts, overage, settlements or a change of plan", VerifySql.Overshoot,
            IsBreak: false),
        new("overdue_hold", "a hold is open more than 5 seconds after its expiry (found: seconds)", VerifySql.OverdueHolds),
        new("unique_values", "the stored values of a unique meter differ from those of its events (counts of each side alone)",
            VerifySql.UniqueValues),
        new("levels", "a level is not the report that counts: the last one of the period, or of a max meter the highest", VerifySql.Levels),
        new("reports", "a balance stores another report than the last one of its period", VerifySql.Reports),
        new("timed_levels", "used of a time-weighted level differs from the value that its reports give", VerifySql.TimedLevels),
        new("level_reports", "the stored reports of a time-weighted level differ from those of its events", VerifySql.LevelReports),
        new("threshold", "usage did not reach a recorded threshold, or its balance does not have the threshold", VerifySql.Thresholds),
        new("imported_usage", "the imported use of a day differs from its events", VerifySql.ImportedUsage),
        new("signals", "the stored signals of customer success differ from those of the events", SignalVerifySql.Signals),
        new("signal_months", "signals and their sum of a month differ from the stored signals", SignalVerifySql.Months),
        new("customer_signals", "a customer's first signals differ from its stored signals (seconds since 1970)",
            SignalVerifySql.Customers),
        new("feature_months", "the adoption of a closed month differs from the balances", SignalVerifySql.FeatureMonths),
        new("feature_days", "the use of all time at the last day differs from the months", SignalVerifySql.FeatureDays),
        new("repeated_id", "an event id counts more than once for one customer", VerifySql.RepeatedIds),
        new("foreign_row", "a row belongs to no customer, or names something of another project", VerifySql.Strangers),
        new("members", "a member and its owner do not name each other, or a member has members or a subscription", VerifySql.Members),
        new("call_days", "a project's calls and costs of a day differ from those of its events", CostVerifySql.Days),
        new("call_customer_days", "a customer's calls and costs of a day differ from those of its events", CostVerifySql.CustomerDays),
        new("call_latencies", "a day's latencies differ from those of its calls", CostVerifySql.Latencies),
        new("revenue_lines", "the recognised revenue of a line differs from that of its invoice", RevenueVerifySql.Lines),
        new("revenue_days", "the recognised revenue of a day differs from that of its lines", RevenueVerifySql.Days),
        new("invoice_sums", "an invoice's sums differ from those of its lines and taxes", InvoiceVerifySql.Sums),
        new("invoice_states", "an invoice's paid or credited amount contradicts its facts", InvoiceVerifySql.States),
        new("invoice_numbers", "the numbers of invoices or credit notes have a gap or a repeat", InvoiceVerifySql.Numbers),
        new("periods", "a billing period does not begin where the one before ended (seconds)", InvoiceVerifySql.Periods),
        new("unbilled", "a paid period began without an invoice", InvoiceVerifySql.Unbilled),
        new("timelines", "a subscription contradicts its facts", InvoiceVerifySql.Timelines),
        new("mrr_movements", "a change of recurring revenue contradicts the one before or the subscription", InvoiceVerifySql.Movements),
        new("rated_quantities", "the rated quantity of a quota period differs from its balance's use beyond the quota",
            InvoiceVerifySql.RatedQuantities),
        new("rated_lines", "the rated amount of a quota period differs from the billed lines", InvoiceVerifySql.RatedLines),
        new("late_changes", "usage of a billed quota period has changed, and no later invoice will correct it",
            InvoiceVerifySql.LateChanges),
        new("credits", "a customer's credits paid more than their amount, or another amount than an invoice says",
            InvoiceVerifySql.Credits),
        new("coupons", "a coupon miscounts its redemptions", InvoiceVerifySql.Coupons),
        new("redemptions",
            "the rest of a promotional credit or of a coupon that carries over, or the uses of a coupon, contradict the invoices",
            InvoiceVerifySql.Redemptions),
        new("payments", "payments and refunds contradict invoices and credits", PaymentVerifySql.Payments),
        new("collecting", "a subscription is past due but Tollgate collects nothing of it, or collecting has failed but it is active",
            CollectionVerifySql.Collecting),
        new("packs",
            "a paid credit pack has not given its units exactly once, an unpaid one has given them, or its invoice has another amount",
            InvoiceVerifySql.Packs),
    ];

    /// <summary>
    /// The time limit of a project's check that a project's key or a rule of alerts causes, about five million events on a small machine.
    /// The check holds a snapshot, during which PostgreSQL vacuums nothing. The operator has more time.
    /// </summary>
    public static readonly TimeSpan LongestOfProject = TimeSpan.FromMinutes(5);

    /// <summary>The number of calls of <c>step</c>.</summary>
    public static int Steps => Checks.Length + 1;

    /// <param name="projectId">Null: every project.</param>
    /// <param name="step">Receives the name of each check before it runs.</param>
    public static async Task<VerifyReport> RunAsync(Database database, int? projectId, Action<string>? step, CancellationToken cancel)
    {
        await using var connection = await database.OpenDedicatedAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancel);
        await using (var begin = new NpgsqlCommand(
            projectId is null ? VerifySql.Begin : VerifySql.Begin + VerifySql.OfOneProject, connection))
        {
            await begin.ExecuteNonQueryAsync(cancel);
        }

        var (events, balances, holds, at) = await CountAsync(connection, projectId, cancel);
        var findings = new List<VerifyFinding>();
        foreach (var check in Checks)
        {
            step?.Invoke(check.Kind);
            findings.Add(await RunAsync(connection, check, projectId, cancel));
        }

        step?.Invoke("rates");
        findings.Add(await VerifyRates.RunAsync(connection, projectId, cancel));
        return new(at, events, balances, holds, findings);
    }

    private static async Task<(long, long, long, Instant)> CountAsync(NpgsqlConnection connection, int? projectId, CancellationToken cancel)
    {
        await using var command = CommandOf(connection, VerifySql.Counts, projectId);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), AccountLoader.At(reader, 3));
    }

    private static async Task<VerifyFinding> RunAsync(NpgsqlConnection connection, Check check, int? projectId, CancellationToken cancel)
    {
        await using var command = CommandOf(connection, check.Sql, projectId);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var first = new List<VerifyPlace>();
        var total = 0L;
        while (await reader.ReadAsync(cancel))
        {
            first.Add(new(Text(reader, 0), Text(reader, 1), Text(reader, 2), reader.GetString(3), Number(reader, 4), Number(reader, 5)));
            total = reader.GetInt64(6);
        }

        return new(check.Kind, check.Meaning, check.IsBreak, total, first);
    }

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static string Number(NpgsqlDataReader reader, int column) =>
        reader.GetDecimal(column).ToString("0.#########", System.Globalization.CultureInfo.InvariantCulture);

    private static NpgsqlCommand CommandOf(NpgsqlConnection connection, string sql, int? projectId)
    {
        // No timeout: a check of a large ledger is slow, and the caller can cancel.
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        command.Parameters.Add(new() { Value = (object?)projectId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer });
        return command;
    }
}
