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
        new("drawn", "a balance's drawn is not what its events drew from grants and pools", VerifySql.Drawn),
        new("missing_balance", "events name a balance that does not exist", VerifySql.MissingBalances),
        new("held", "a balance's held is not the sum of its open holds", VerifySql.HeldAmounts),
        new("open_holds", "a balance counts other than its open holds", VerifySql.OpenHolds),
        new("grant_used", "a grant's used is not the sum of its burns", VerifySql.GrantsUsed),
        new("oversold", "used and held exceed what was granted, and no fact or change explains it", VerifySql.Oversold),
        new("overshoot", "used and held exceed what was granted, by facts, overage, settlements or a change of plan", VerifySql.Overshoot,
            IsBreak: false),
        new("overdue_hold", "a hold is open more than 5 seconds after its expiry (found: seconds)", VerifySql.OverdueHolds),
        new("unique_values", "remembered values of a unique meter are not those of its live events (counts of each side alone)",
            VerifySql.UniqueValues),
        new("levels", "a level is not the report that counts: the last one of the period, or of a max meter the highest", VerifySql.Levels),
        new("reports", "a balance remembers another report than the last one of its period", VerifySql.Reports),
        new("timed_levels", "what is used of a level that time weighs is not what its reports make of the period", VerifySql.TimedLevels),
        new("level_reports", "the kept reports of a level that time weighs are not those of its events", VerifySql.LevelReports),
        new("threshold", "a recorded threshold was not reached, or its balance does not remember it", VerifySql.Thresholds),
        new("repeated_id", "an event id counts more than once for one customer", VerifySql.RepeatedIds),
        new("foreign_row", "a row belongs to no customer, or names something of another project", VerifySql.Strangers),
        new("members", "a member and its owner do not name each other, or a member has members or a subscription", VerifySql.Members),
        new("call_days", "a day's calls and costs of a project are not those of its events", CostVerifySql.Days),
        new("call_customer_days", "a day's calls and costs of a customer are not those of its events", CostVerifySql.CustomerDays),
        new("call_latencies", "a day's histogram of latencies is not that of its calls", CostVerifySql.Latencies),
        new("invoice_sums", "an invoice's sums are not those of its lines and taxes", InvoiceVerifySql.Sums),
        new("invoice_states", "what is paid or credited of an invoice is not what its facts say", InvoiceVerifySql.States),
        new("invoice_numbers", "the numbers of invoices or credit notes have a gap or a repeat", InvoiceVerifySql.Numbers),
        new("periods", "a billing period does not begin where the one before ended (seconds)", InvoiceVerifySql.Periods),
        new("unbilled", "a paid period began without an invoice", InvoiceVerifySql.Unbilled),
        new("timelines", "a subscription is not what its facts say", InvoiceVerifySql.Timelines),
        new("rated_quantities", "what was rated of a quota period is not what its balance has beyond the quota",
            InvoiceVerifySql.RatedQuantities),
        new("rated_lines", "what was rated of a quota period is not what lines were billed", InvoiceVerifySql.RatedLines),
        new("late_changes", "usage of a quota period that was billed is another now, and no invoice will look at it",
            InvoiceVerifySql.LateChanges),
        new("credits", "a customer's credits have paid more than they were, or of an invoice something else than it says",
            InvoiceVerifySql.Credits),
        new("coupons", "a coupon counts other than its redemptions", InvoiceVerifySql.Coupons),
        new("redemptions",
            "what is left of a coupon that carries over or of promotional credit, or how often a coupon was used, is not what invoices say",
            InvoiceVerifySql.Redemptions),
        new("payments", "money that came or went back is not what invoices, credits and refunds say", PaymentVerifySql.Payments),
        new("collecting", "a subscription is past due and nothing of it is collected, or collecting has failed and it is active",
            CollectionVerifySql.Collecting),
        new("packs",
            "a credit pack that is paid has not given its units once, or one that is not paid has, or its invoice asks for something else",
            InvoiceVerifySql.Packs),
    ];

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
