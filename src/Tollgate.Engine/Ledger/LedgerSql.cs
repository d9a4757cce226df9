using System.Collections.Concurrent;
using System.Globalization;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Jobs;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// The statements of the ledger. The lanes send them with arrays, so that one statement serves a whole batch, and with the versions on
/// which the batch was decided. Arrays are sorted by (partition, account, feature, period), so that all servers lock rows in one order.
/// </summary>
internal static class LedgerSql
{
    /// <summary>
    /// Settings for a lane's own connection. A statement prepared while a table was small must not keep a plan that scans it (seen: 132 µs
    /// a row instead of 20), so plans are generic, and joins go row by row through the primary keys. All customers of the lane wait for a
    /// lock on one of them: after 20 ms that one is set aside.
    /// </summary>
    public const string PrepareConnection =
        """
        SET plan_cache_mode = force_generic_plan;
        SET enable_seqscan = off;
        SET enable_hashjoin = off;
        SET enable_mergejoin = off;
        SET enable_bitmapscan = off;
        SET jit = off;
        SET lock_timeout = '20ms';
        SET idle_in_transaction_session_timeout = '30s';
        """;

    /// <summary>$1 partitions, $2 projects, $3 customer ids.</summary>
    public const string LoadCustomers =
        $"""
        SELECT c.partition, c.account, c.project_id, c.id, c.version, c.created_at, c.cycles::text AS cycles, c.owner,
               {CustomerSql.Terms} AS terms, c.plan_assigned_at
          FROM unnest($1::smallint[], $2::integer[], $3::text[]) AS x (partition, project_id, id)
          JOIN customers c ON c.partition = x.partition AND c.project_id = x.project_id AND c.id = x.id
         ORDER BY c.partition, c.account
        """;

    /// <summary>For a wait that no single customer causes: something locks whole tables for a moment.</summary>
    public const string WaitLonger = "SET LOCAL lock_timeout = '10s'";

    /// <summary>
    /// The customers among these whose row another transaction locks now, and those without a visible row, which another transaction may be
    /// creating. $1 partitions, $2 projects, $3 ids. Row: project, id, true if there is a row.
    /// </summary>
    public const string HeldCustomers =
        """
        WITH free AS MATERIALIZED (
            SELECT c.partition, c.account
              FROM unnest($1::smallint[], $2::integer[], $3::text[]) AS x (partition, project_id, id)
              JOIN customers c ON c.partition = x.partition AND c.project_id = x.project_id AND c.id = x.id
               FOR NO KEY UPDATE OF c SKIP LOCKED)
        SELECT x.project_id, x.id, c.id IS NOT NULL
          FROM unnest($1::smallint[], $2::integer[], $3::text[]) AS x (partition, project_id, id)
          LEFT JOIN customers c ON c.partition = x.partition AND c.project_id = x.project_id AND c.id = x.id
         WHERE NOT EXISTS (SELECT FROM free f WHERE f.partition = c.partition AND f.account = c.account)
        """;

    /// <summary>As <see cref="LoadCustomers"/>; keeps others from changing the accounts until commit.</summary>
    public const string LockCustomers = LoadCustomers + "\n   FOR NO KEY UPDATE OF c";

    /// <summary>The members among these ids that belong to the owners. $1 partitions, $2 accounts of owners, $3 ids of members.</summary>
    public const string FindMembers =
        """
        SELECT m.account, m.id
          FROM unnest($1::smallint[], $2::integer[], $3::text[]) AS x (partition, account, id)
          JOIN members m ON m.partition = x.partition AND m.account = x.account AND m.id = x.id
        """;

    /// <summary>
    /// The rows of periods that have not ended. $4 the project's now, position by position. Columns as <see cref="BalanceColumns"/>.
    /// </summary>
    public const string LoadBalances =
        $"""
        SELECT {BalanceColumns}
          FROM unnest($1::smallint[], $2::integer[], $3::text[], $4::timestamptz[]) AS x (partition, project_id, id, now)
          JOIN customers c ON c.partition = x.partition AND c.project_id = x.project_id AND c.id = x.id
          JOIN balances  b ON b.partition = c.partition AND b.account = c.account AND b.period_end > x.now
         ORDER BY b.partition, b.account, b.feature, b.period_start
        """;

    public const string LockBalances = LoadBalances + "\n   FOR NO KEY UPDATE OF b";

    /// <summary>Particular rows: of late events, of old holds. $1 partitions, $2 accounts, $3 features, $4 period starts.</summary>
    public const string LoadBalancesByKey =
        $"""
        SELECT {BalanceColumns}
          FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::timestamptz[]) AS x (partition, account, feature, period_start)
          JOIN balances b ON b.partition = x.partition AND b.account = x.account AND b.feature = x.feature
                         AND b.period_start = x.period_start
         ORDER BY b.partition, b.account, b.feature, b.period_start
        """;

    public const string LockBalancesByKey = LoadBalancesByKey + "\n   FOR NO KEY UPDATE OF b";

    /// <summary>
    /// The rows of a feature from the newest one before a period on: rollovers and carried overage depend on them. Parameters as
    /// <see cref="LoadBalancesByKey"/>.
    /// </summary>
    public const string LoadHistory =
        $"""
        SELECT {BalanceColumns}
          FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::timestamptz[]) AS x (partition, account, feature, period_start)
          JOIN balances b ON b.partition = x.partition AND b.account = x.account AND b.feature = x.feature
                         AND b.period_start >= coalesce((SELECT max(n.period_start)
                                                           FROM balances n
                                                          WHERE n.partition = x.partition AND n.account = x.account
                                                            AND n.feature = x.feature
                                                            AND n.period_start < x.period_start), x.period_start)
         ORDER BY b.partition, b.account, b.feature, b.period_start
        """;

    public const string LockHistory = LoadHistory + "\n   FOR NO KEY UPDATE OF b";

    public const string BalanceColumns =
        "b.partition, b.account, b.feature, b.period_start, b.period_end, b.version, b.used, b.held, b.drawn, b.carried, b.quota, "
        + "b.denied, b.fired, b.open_holds, b.report_at, b.reports, b.level, b.level_time, b.level_whole";

    private const string GrantColumns =
        "g.partition, g.account, g.feature, g.id, g.source, g.priority, g.amount, g.used, g.forfeited, g.effective_at, g.expires_at, "
            + "g.created_at, "
        + "g.reference, g.withdrawn";

    /// <summary>Grants that had not expired at a time. $1 partitions, $2 accounts, $3 times.</summary>
    public const string LoadGrantsSince =
        $"""
        SELECT {GrantColumns}
          FROM unnest($1::smallint[], $2::integer[], $3::timestamptz[]) AS x (partition, account, since)
          JOIN grants g ON g.partition = x.partition AND g.account = x.account AND g.expires_at > x.since
        """;

    /// <summary>The rollovers among them.</summary>
    public const string LoadRolloversSince = $"{LoadGrantsSince} AND g.source = 'rollover'";

    /// <summary>Particular grants. $1 partitions, $2 accounts, $3 ids.</summary>
    public const string LoadGrantsByKey =
        $"""
        SELECT {GrantColumns}
          FROM unnest($1::smallint[], $2::integer[], $3::uuid[]) AS x (partition, account, id)
          JOIN grants g ON g.partition = x.partition AND g.account = x.account AND g.id = x.id
        """;

    /// <summary>Grants that may still burn. $4 the project's now.</summary>
    public const string LoadGrants =
        $"""
        SELECT {GrantColumns}
          FROM unnest($1::smallint[], $2::integer[], $3::text[], $4::timestamptz[]) AS x (partition, project_id, id, now)
          JOIN customers c ON c.partition = x.partition AND c.project_id = x.project_id AND c.id = x.id
          JOIN grants    g ON g.partition = c.partition AND g.account = c.account AND g.expires_at > x.now
        """;

    /// <summary>Open holds.</summary>
    public const string LoadHolds =
        $"""
        SELECT {HoldColumns}
          FROM unnest($1::smallint[], $2::integer[], $3::text[]) AS x (partition, project_id, id)
          JOIN customers c ON c.partition = x.partition AND c.project_id = x.project_id AND c.id = x.id
          JOIN holds     h ON h.partition = c.partition AND h.account = c.account AND h.state = 'open'
        """;

    /// <summary>Particular holds in any state. $1 partitions, $2 accounts, $3 ids.</summary>
    public const string LoadHoldsByKey =
        $"""
        SELECT {HoldColumns}
          FROM unnest($1::smallint[], $2::integer[], $3::uuid[]) AS x (partition, account, id)
          JOIN holds h ON h.partition = x.partition AND h.account = x.account AND h.id = x.id
        """;

    private const string HoldColumns =
        "h.partition, h.account, h.id, h.state, h.features, h.amounts, h.held_features, h.held_periods, h.held_amounts, "
        + "h.created_at, h.expires_at, h.reference, h.closed_at, h.member";

    public const string LoadRates =
        """
        SELECT r.partition, r.account, r.feature, r.slot, r.fingerprint, r.moment, r.used
          FROM unnest($1::smallint[], $2::integer[], $3::text[]) AS x (partition, project_id, id)
          JOIN customers   c ON c.partition = x.partition AND c.project_id = x.project_id AND c.id = x.id
          JOIN rate_states r ON r.partition = c.partition AND r.account = c.account
        """;

    /// <summary>Events that exist under these ids, in the month of the id and earlier ones. $4 the month, $5 the oldest month.</summary>
    public const string LoadEvents =
        $"""
        SELECT {EventColumns}
          FROM unnest($1::smallint[], $2::integer[], $3::uuid[], $4::date[]) AS x (partition, account, id, month)
          JOIN events e ON e.partition = x.partition AND e.account = x.account AND e.id = x.id
                       AND e.month <= x.month AND e.month >= $5::date
        """;

    public const string EventColumns =
        "e.partition, e.account, e.id, e.feature, e.quantity, e.used_after, e.occurred_at, e.period_start, "
            + "e.data::text AS data, e.month";

    /// <summary>Values of "unique" meters that were seen. $1 partitions, $2 accounts, $3 features, $4 period starts, $5 values.</summary>
    public const string LoadUnique =
        """
        SELECT u.partition, u.account, u.feature, u.period_start, u.value
          FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::timestamptz[], $5::uuid[])
               AS x (partition, account, feature, period_start, value)
          JOIN unique_values u ON u.partition = x.partition AND u.account = x.account AND u.feature = x.feature
                              AND u.period_start = x.period_start AND u.value = x.value
        """;

    /// <summary>
    /// The highest value that a max meter read from the events of a period, without one event and voided ones; no row: there is none. $1
    /// partition, $2 account, $3 start and $4 end of the feature's period, $5 the feature, $6 the event, $7 is not used. Columns of this
    /// and the next two: value, when it happened, number of the report.
    /// </summary>
    public const string HighestOfOthers =
        $"""
        SELECT max((r.pair ->> 1)::numeric), max(e.occurred_at), 0
          FROM events e
         CROSS JOIN LATERAL jsonb_array_elements(e.data -> 'raw') AS r (pair)
         WHERE {OthersOfPeriod}
           AND e.data ? 'raw' AND (r.pair ->> 0)::integer = $5 AND $7::uuid IS NOT NULL
        HAVING max((r.pair ->> 1)::numeric) IS NOT NULL
        """;

    /// <summary>
    /// A row if any of those events has a value of a unique meter. $7 the value, the others as in <see cref="HighestOfOthers"/>.
    /// </summary>
    public const string SeenByOthers =
        $"""
        SELECT 1::numeric, e.occurred_at, 0
          FROM events e
         WHERE {OthersOfPeriod}
           AND e.data @> jsonb_build_object('uniq', jsonb_build_array(jsonb_build_array($5::integer, $7::uuid)))
         LIMIT 1
        """;

    /// <summary>The last value that a latest meter read from those events. Parameters as in <see cref="HighestOfOthers"/>.</summary>
    public const string LatestOfOthers =
        $"""
        SELECT (r.report ->> 1)::numeric, e.occurred_at, (r.report ->> 2)::integer
          FROM events e
         CROSS JOIN LATERAL jsonb_array_elements(e.data -> 'last') AS r (report)
         WHERE {OthersOfPeriod}
           AND e.data ? 'last' AND (r.report ->> 0)::integer = $5 AND $7::uuid IS NOT NULL
         ORDER BY e.occurred_at DESC, 3 DESC
         LIMIT 1
        """;

    /// <summary>
    /// A reversing event has the time of the event that it reverses. PostgreSQL hashes the rows of NOT IN even on a lane's connection,
    /// which may not use hash joins. The column of an event with several features names the period of the first one only.
    /// </summary>
    private const string OthersOfPeriod =
        """
        e.partition = $1 AND e.account = $2 AND e.occurred_at >= $3 AND e.occurred_at < $4 AND e.id <> $6
           AND (e.feature <> $5 OR e.period_start = $3)
           AND e.id NOT IN (SELECT (v.data ->> 'void')::uuid
                              FROM events v
                             WHERE v.partition = $1 AND v.account = $2 AND v.occurred_at >= $3 AND v.occurred_at < $4 AND v.data ? 'void')
        """;

    /// <summary>
    /// The hot statement. $1 the rows as <c>balance_change[]</c>. It raises an error for a version other than the one decided on, so
    /// nothing needs to be counted. Balances are never deleted, so a missing row is a bug, which the writer asserts.
    /// </summary>
    public const string UpdateBalances =
        """
        UPDATE balances b
           SET version = CASE WHEN b.version = x.version THEN x.version + 1 ELSE stale_row() END,
               used = x.used, held = x.held, drawn = x.drawn, denied = x.denied, fired = x.fired, open_holds = x.open_holds,
               quota = x.quota, room = ''
          FROM unnest($1::balance_change[]) AS x
         WHERE b.partition = x.partition AND b.account = x.account AND b.feature = x.feature AND b.period_start = x.period_start
        """;

    /// <summary>
    /// Opens periods at their first use. The customer's version proves that plan, overrides and grants are the ones decided on; with the
    /// share lock either a change of them waits for the new row, which it must touch, or this statement waits for the change. Sent before
    /// <see cref="UpdateBalances"/>: all transactions lock customers before balances. $1 partitions, $2 accounts, $3 features, $4 starts,
    /// $5 ends, $6 used, $7 held, $8 drawn, $9 carried, $10 denied, $11 fired, $12 open holds, $13 quotas, $14 customer versions, $15
    /// number of rows, $16 the time of the level's report that counts, $17 the number of reports, $18 the time-weighted level, $19 its
    /// integral, $20 the length of the whole period.
    /// </summary>
    public const string InsertBalances =
        """
        WITH opened AS (
            INSERT INTO balances (partition, account, feature, period_start, period_end, used, held, drawn, carried, denied,
                                  fired, open_holds, quota, report_at, reports, level, level_time, level_whole)
            SELECT x.partition, x.account, x.feature, x.period_start, x.period_end, x.used, x.held, x.drawn, x.carried, x.denied,
                   x.fired, x.open_holds, x.quota, x.report_at, x.reports, x.level, x.level_time, x.level_whole
              FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::timestamptz[], $5::timestamptz[], $6::numeric[],
                          $7::numeric[], $8::numeric[], $9::numeric[], $10::bigint[], $11::smallint[], $12::smallint[],
                          $13::numeric[], $14::integer[], $16::timestamptz[], $17::integer[], $18::numeric[], $19::numeric[],
                          $20::bigint[])
                   AS x (partition, account, feature, period_start, period_end, used, held, drawn, carried, denied, fired,
                         open_holds, quota, customer_version, report_at, reports, level, level_time, level_whole)
              JOIN customers c ON c.partition = x.partition AND c.account = x.account AND c.version = x.customer_version
               FOR SHARE OF c
                ON CONFLICT DO NOTHING
            RETURNING 1)
        SELECT expect_rows((SELECT count(*) FROM opened), $15::bigint, 'TG001')
        """;

    /// <summary>
    /// Checks customers' versions: verdicts that depend on the plan alone are valid only while the customer has not changed.
    /// </summary>
    public const string ExpectCustomers =
        """
        SELECT expect_rows((SELECT count(*)
                              FROM unnest($1::smallint[], $2::integer[], $3::integer[]) AS x (partition, account, version)
                              JOIN customers c ON c.partition = x.partition AND c.account = x.account AND c.version = x.version),
                           $4::bigint, 'TG001')
        """;

    /// <summary>
    /// $1 the rows as <c>new_event[]</c>. The unique key detects duplicates: a known id fails the batch (23505), which costs less than a
    /// look-up in the index for each row, as ON CONFLICT does.
    /// </summary>
    /// <param name="month">The month of all rows, whose partition then takes them directly; null if they have several.</param>
    public static string InsertEvents(DateOnly? month) => month is { } one
        ? EventsByMonth.GetOrAdd(one, static m => InsertEventsInto(EventsOf(m)))
        : InsertEventsOfSeveralMonths;

    private static readonly ConcurrentDictionary<DateOnly, string> EventsByMonth = new();

    /// <summary>
    /// <see cref="UpdateBalances"/> and <see cref="InsertEvents"/> of one row each in one statement, for a quiet server. It takes 60 µs
    /// less than the two with arrays of one row. $1 partition, $2 account, $3 feature, $4 period start, $5 version decided on, $6 used, $7
    /// held, $8 drawn, $9 denied, $10 fired, $11 open holds, $12 quota, $13 occurred_at, $14 id, $15 month, $16 quantity, $17 used after,
    /// $18 data.
    /// </summary>
    public static string WriteOne(DateOnly month) => OneByMonth.GetOrAdd(month, static m =>
        $"""
        WITH changed AS (
            UPDATE balances
               SET version = CASE WHEN version = $5 THEN $5::bigint + 1 ELSE stale_row() END,
                   used = $6, held = $7, drawn = $8, denied = $9, fired = $10, open_holds = $11, quota = $12, room = ''
             WHERE partition = $1 AND account = $2 AND feature = $3 AND period_start = $4
            RETURNING partition, account, feature, period_start)
        INSERT INTO {EventsOf(m)} (occurred_at, period_start, id, account, feature, month, partition, quantity, used_after, data)
        SELECT $13, changed.period_start, $14, changed.account, changed.feature, $15, changed.partition, $16, $17, $18 FROM changed
        """);

    private static readonly ConcurrentDictionary<DateOnly, string> OneByMonth = new();

    private static string EventsOf(DateOnly month) => "events_" + month.ToString("yyyyMM", CultureInfo.InvariantCulture);

    private static readonly string InsertEventsOfSeveralMonths = InsertEventsInto("events");

    private static string InsertEventsInto(string table) =>
        $"""
        INSERT INTO {table} (occurred_at, period_start, id, account, feature, month, partition, quantity, used_after, data)
        SELECT x.occurred_at, x.period_start, x.id, x.account, x.feature, x.month, x.partition, x.quantity, x.used_after, x.data
          FROM unnest($1::new_event[]) AS x
        """;

    /// <summary>
    /// Notes balances whose usage changed long after their period ended, so that invoices read them again. After
    /// <see cref="UpdateBalances"/>, in its order. $1 partitions, $2 accounts, $3 features, $4 period starts, $5 the projects' time.
    /// </summary>
    public const string NoteLateChanges =
        """
        INSERT INTO late_changes AS l (partition, account, feature, period_start, changed_at)
        SELECT x.partition, x.account, x.feature, x.period_start, x.changed_at
          FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::timestamptz[], $5::timestamptz[])
               AS x (partition, account, feature, period_start, changed_at)
            ON CONFLICT (partition, account, feature, period_start) DO UPDATE
           SET changed_at = greatest(l.changed_at, excluded.changed_at)
        """;

    /// <summary>
    /// Queues calls that the cost rollups must add or subtract. $1 ids of calls, $2 accounts, $3 months, $4 partitions, $5 signs.
    /// </summary>
    public const string QueueCalls =
        """
        INSERT INTO call_queue (id, account, month, partition, sign)
        SELECT x.id, x.account, x.month, x.partition, x.sign
          FROM unnest($1::uuid[], $2::integer[], $3::date[], $4::smallint[], $5::smallint[]) AS x (id, account, month, partition, sign)
        """;

    /// <summary>
    /// Checks that no event has these ids. An id without a time may have been used in an earlier month, which the unique key of this month
    /// does not cover; a refusal writes no event, yet a retry of an allowed request must replay. $1 partitions, $2 accounts, $3 ids, $4
    /// months before this one, $5 months from this one on.
    /// </summary>
    public const string ExpectNoEvents =
        """
        SELECT expect_rows((SELECT count(*)
                              FROM unnest($1::smallint[], $2::integer[], $3::uuid[]) AS x (partition, account, id)
                              JOIN events e ON e.partition = x.partition AND e.account = x.account AND e.id = x.id
                                           AND e.month < $4::date AND e.month >= $5::date),
                           0, 'TG002')
        """;

    /// <summary>As <see cref="ExpectNoEvents"/>, for refused reservations.</summary>
    public const string ExpectNoHolds =
        """
        SELECT expect_rows((SELECT count(*)
                              FROM unnest($1::smallint[], $2::integer[], $3::uuid[]) AS x (partition, account, id)
                              JOIN holds h ON h.partition = x.partition AND h.account = x.account AND h.id = x.id),
                           0, 'TG002')
        """;

    /// <summary>
    /// Columns that rarely change: late overage is carried into periods that are already open, a longer period continues the row of a
    /// shorter one, and another report of a level counts. After <see cref="UpdateBalances"/> of the same rows. $1 partitions, $2 accounts,
    /// $3 features, $4 period starts, $5 ends, $6 carried, $7 time of the report that counts, $8 number of reports, $9 the
    /// time-weighted level, $10 its integral, $11 length of the whole period.
    /// </summary>
    public const string UpdateEdges =
        """
        UPDATE balances b
           SET period_end = x.period_end, carried = x.carried, report_at = x.report_at, reports = x.reports, level = x.level,
               level_time = x.level_time, level_whole = x.level_whole
          FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::timestamptz[], $5::timestamptz[], $6::numeric[],
               $7::timestamptz[], $8::integer[], $9::numeric[], $10::numeric[], $11::bigint[])
               AS x (partition, account, feature, period_start, period_end, carried, report_at, reports, level, level_time, level_whole)
         WHERE b.partition = x.partition AND b.account = x.account AND b.feature = x.feature AND b.period_start = x.period_start
        """;

    /// <summary>
    /// Checks that the grants on which a batch was decided have not changed. $1 partitions, $2 accounts, $3 features, $4 and $5 the start
    /// and end of the time in which they are live, $6 sums of amounts in 10^-9, $7 of used, $8 of forfeited units, $9 number of rows.
    /// </summary>
    public const string ExpectGrants =
        """
        SELECT expect_rows((SELECT count(*)
                              FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::timestamptz[], $5::timestamptz[], $6::numeric[],
                                   $7::numeric[], $8::numeric[])
                                   AS x (partition, account, feature, since, until, amount, used, forfeited)
                             CROSS JOIN LATERAL (SELECT coalesce(sum(g.amount), 0) * 1000000000 AS amount,
                               coalesce(sum(g.used), 0) * 1000000000 AS used,
                                                        coalesce(sum(g.forfeited), 0) * 1000000000 AS forfeited
                                                   FROM grants g
                                                  WHERE g.partition = x.partition AND g.account = x.account AND g.feature = x.feature
                                                    AND g.expires_at > x.since AND g.effective_at < x.until) AS now
                             WHERE now.amount = x.amount AND now.used = x.used AND now.forfeited = x.forfeited),
                           $9::bigint, 'TG001')
        """;

    /// <summary>Only the amount of a rollover changes, when an event of its period is recorded or voided.</summary>
    public const string UpdateGrants =
        """
        WITH burned AS (
            UPDATE grants g
               SET amount = x.amount, used = x.used, forfeited = x.forfeited
              FROM unnest($1::smallint[], $2::integer[], $3::uuid[], $4::numeric[], $5::numeric[], $6::numeric[], $7::numeric[],
                   $8::numeric[], $9::numeric[])
                   AS x (partition, account, id, amount, used, forfeited, amount_before, used_before, forfeited_before)
             WHERE g.partition = x.partition AND g.account = x.account AND g.id = x.id
               AND g.amount = x.amount_before AND g.used = x.used_before AND g.forfeited = x.forfeited_before
            RETURNING 1)
        SELECT expect_rows((SELECT count(*) FROM burned), $10::bigint, 'TG001')
        """;

    /// <summary>Inserts rollovers: grants that the ledger makes when a period opens. The id depends only on the ended period.</summary>
    public const string InsertGrants =
        """
        WITH added AS (
            INSERT INTO grants (partition, account, feature, id, source, priority, amount, used, forfeited,
              effective_at, expires_at, created_at)
            SELECT x.partition, x.account, x.feature, x.id, 'rollover', x.priority, x.amount, x.used, x.forfeited,
                   x.effective_at, x.expires_at, x.created_at
              FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::uuid[], $5::smallint[], $6::numeric[], $7::numeric[],
                          $8::numeric[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[])
                   AS x (partition, account, feature, id, priority, amount, used, forfeited, effective_at, expires_at, created_at)
                ON CONFLICT DO NOTHING
            RETURNING 1)
        SELECT expect_rows((SELECT count(*) FROM added), $12::bigint, 'TG001')
        """;

    /// <summary>
    /// Inserts holds in the state after the batch: after a stall a batch may take a hold and see it expire. A known id fails the batch, as
    /// in <see cref="InsertEvents"/>. Arrays of arrays do not unnest, so the array columns of a hold are texts (<c>{1,2}</c>). $1
    /// partitions, $2 accounts, $3 ids, $4 projects, $5 states, $6 features, $7 amounts, $8 held features, $9 held periods, $10 held
    /// amounts, $11 created at, $12 expires at, $13 references, $14 closed at.
    /// </summary>
    public static readonly string InsertHolds = InsertHoldsWith("", "", "");

    /// <summary>The same if members made some of them. $15 members.</summary>
    public static readonly string InsertHoldsOfMembers = InsertHoldsWith(", member", ", x.member", ", $15::text[]");

    private static string InsertHoldsWith(string member, string value, string array) =>
        $"""
        INSERT INTO holds (partition, account, id, project_id, state, features, amounts, held_features, held_periods, held_amounts,
                           created_at, expires_at, reference, closed_at{member})
        SELECT x.partition, x.account, x.id, x.project_id, x.state, x.features::integer[], x.amounts::numeric[],
               x.held_features::integer[], x.held_periods::timestamptz[], x.held_amounts::numeric[],
               x.created_at, x.expires_at, x.reference, x.closed_at{value}
          FROM unnest($1::smallint[], $2::integer[], $3::uuid[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::text[],
                      $9::text[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::text[], $14::timestamptz[]{array})
               AS x (partition, account, id, project_id, state, features, amounts, held_features, held_periods, held_amounts,
                     created_at, expires_at, reference, closed_at{member})
        """;

    /// <summary>
    /// $1 partitions, $2 accounts, $3 ids, $4 state before, $5 state after, $6 known expiry, $7 expiry after, $8 closed at. The known
    /// expiry protects a hold that another server has extended in the meantime.
    /// </summary>
    public const string UpdateHolds =
        """
        WITH changed AS (
            UPDATE holds h
               SET state = x.after, expires_at = x.expires_after, closed_at = x.closed_at
              FROM unnest($1::smallint[], $2::integer[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[],
                          $8::timestamptz[])
                   AS x (partition, account, id, before, after, expires_known, expires_after, closed_at)
             WHERE h.partition = x.partition AND h.account = x.account AND h.id = x.id
               AND h.state = x.before AND h.expires_at = x.expires_known
            RETURNING 1)
        SELECT expect_rows((SELECT count(*) FROM changed), $9::bigint, 'TG001')
        """;

    public const string UpsertRates =
        """
        INSERT INTO rate_states (partition, account, feature, slot, fingerprint, moment, used)
        SELECT x.partition, x.account, x.feature, x.slot, x.fingerprint, x.moment, x.used
          FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::smallint[], $5::integer[], $6::timestamptz[], $7::numeric[])
               AS x (partition, account, feature, slot, fingerprint, moment, used)
            ON CONFLICT (partition, account, feature, slot)
            DO UPDATE SET fingerprint = excluded.fingerprint, moment = excluded.moment, used = excluded.used
        """;

    public const string InsertUnique =
        """
        INSERT INTO unique_values (partition, account, feature, period_start, value)
        SELECT x.partition, x.account, x.feature, x.period_start, x.value
          FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::timestamptz[], $5::uuid[])
               AS x (partition, account, feature, period_start, value)
        """;

    public const string DeleteUnique =
        """
        DELETE FROM unique_values u
         USING unnest($1::smallint[], $2::integer[], $3::integer[], $4::timestamptz[], $5::uuid[])
               AS x (partition, account, feature, period_start, value)
         WHERE u.partition = x.partition AND u.account = x.account AND u.feature = x.feature
           AND u.period_start = x.period_start AND u.value = x.value
        """;

    public const string InsertCrossings =
        """
        INSERT INTO threshold_crossings (partition, account, feature, period_start, percent, used, granted, crossed_at)
        SELECT x.partition, x.account, x.feature, x.period_start, x.percent, x.used, x.granted, x.crossed_at
          FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::timestamptz[], $5::smallint[], $6::numeric[], $7::numeric[],
                      $8::timestamptz[])
               AS x (partition, account, feature, period_start, percent, used, granted, crossed_at)
            ON CONFLICT DO NOTHING
        """;

    /// <summary>
    /// Ends current quota periods at the start of a new billing cycle. $1 partition, $2 account, $3 features, $4 the instant. The caller
    /// locks the customer and touches the account.
    /// </summary>
    public const string CutPeriods =
        """
        UPDATE balances
           SET period_end = $4
         WHERE partition = $1 AND account = $2 AND feature = ANY ($3) AND period_start < $4 AND period_end > $4
        """;

    /// <summary>The customer of a hold by its id. $1 project, $2 id.</summary>
    public const string FindHold =
        """
        SELECT h.partition, c.id, h.member
          FROM holds h
          JOIN customers c ON c.partition = h.partition AND c.account = h.account
         WHERE h.project_id = $1 AND h.id = $2
         LIMIT 2
        """;

    /// <summary>Open holds past their expiry, for the sweeper. $1 limit, $2 the project, $3 the project's now.</summary>
    public const string FindExpiredHolds =
        $"""
        SELECT h.partition, c.id, h.id
          FROM holds h
          JOIN customers c ON c.partition = h.partition AND c.account = h.account
         WHERE h.state = 'open' AND h.project_id = $2 AND h.expires_at <= $3
           AND {ParkedSql.NotParked} 'holds' AND q.project_id = h.project_id AND q.subject = h.id::text)
         ORDER BY h.expires_at
         LIMIT $1
        """;

    /// <summary>The expiry of each project's first open hold. $1 projects. Rows: project, expires_at or null.</summary>
    public const string NextExpiry =
        $"""
        SELECT p.id, (SELECT min(h.expires_at) FROM holds h
                       WHERE h.state = 'open' AND h.project_id = p.id
                         AND {ParkedSql.NotParked} 'holds' AND q.project_id = h.project_id AND q.subject = h.id::text))
          FROM unnest($1::integer[]) AS p (id)
        """;

    /// <summary>The customer of an event by its id, which an imported event may share. $1 project, $2 id.</summary>
    public const string FindEvent =
        """
        SELECT DISTINCT e.partition, c.id, e.data ->> 'by'
          FROM events e
          JOIN customers c ON c.partition = e.partition AND c.account = e.account
         WHERE c.project_id = $1 AND e.id = $2
         LIMIT 2
        """;
}
