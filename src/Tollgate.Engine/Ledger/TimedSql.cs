namespace Tollgate.Engine.Ledger;

/// <summary>The statements of time-weighted levels. Their balances are written with all others: <see cref="LedgerSql"/>.</summary>
internal static class TimedSql
{
    /// <summary>The rows of a feature that end after an instant. $1 partitions, $2 accounts, $3 features, $4 instants.</summary>
    public const string LoadBalancesSince =
        $"""
        SELECT {LedgerSql.BalanceColumns}
          FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::timestamptz[]) AS x (partition, account, feature, since)
          JOIN balances b ON b.partition = x.partition AND b.account = x.account AND b.feature = x.feature AND b.period_end > x.since
         ORDER BY b.partition, b.account, b.feature, b.period_start
        """;

    public const string LockBalancesSince = LoadBalancesSince + "\n   FOR NO KEY UPDATE OF b";

    /// <summary>
    /// Reports of time-weighted levels: those after an instant, and before them the last one. Parameters of
    /// <see cref="LoadBalancesSince"/>.
    /// </summary>
    public const string LoadReports =
        """
        SELECT r.account, r.feature, r.occurred_at, r.number, r.level
          FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::timestamptz[]) AS x (partition, account, feature, since)
          JOIN level_reports r ON r.partition = x.partition AND r.account = x.account AND r.feature = x.feature
                              AND r.occurred_at >= coalesce((SELECT max(n.occurred_at)
                                                               FROM level_reports n
                                                              WHERE n.partition = x.partition AND n.account = x.account
                                                                AND n.feature = x.feature AND n.occurred_at <= x.since), x.since)
        """;

    public const string InsertReports =
        """
        INSERT INTO level_reports (partition, account, feature, occurred_at, number, level)
        SELECT x.partition, x.account, x.feature, x.occurred_at, x.number, x.level
          FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::timestamptz[], $5::integer[], $6::numeric[])
               AS x (partition, account, feature, occurred_at, number, level)
        """;

    /// <summary>Parameters of <see cref="InsertReports"/>.</summary>
    public const string DeleteReports =
        """
        DELETE FROM level_reports r
         USING unnest($1::smallint[], $2::integer[], $3::integer[], $4::timestamptz[], $5::integer[], $6::numeric[])
               AS x (partition, account, feature, occurred_at, number, level)
         WHERE r.partition = x.partition AND r.account = x.account AND r.feature = x.feature
           AND r.occurred_at = x.occurred_at AND r.number = x.number AND r.level = x.level
        """;

    /// <summary>
    /// Makes the rows of periods without a report, by earlier reports. $1 partitions, $2 accounts, $3 features, $4 starts, $5 ends, $6
    /// quotas, $7 lengths of the whole periods. The caller locks the customers.
    /// </summary>
    public const string OpenTimed =
        """
        INSERT INTO balances (partition, account, feature, period_start, period_end, quota, used, report_at, level, level_time, level_whole)
        SELECT x.partition, x.account, x.feature, x.period_start, x.period_end, x.quota, level_used(l.level_time, x.whole), l.report_at,
               l.level, l.level_time, x.whole
          FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::timestamptz[], $5::timestamptz[], $6::numeric[], $7::bigint[])
               AS x (partition, account, feature, period_start, period_end, quota, whole)
         CROSS JOIN LATERAL level_over(x.partition, x.account, x.feature, x.period_start, x.period_end) AS l
         WHERE l.level_time > 0
            ON CONFLICT DO NOTHING
        """;

    /// <summary>
    /// Counts levels to the end of periods that <see cref="LedgerSql.CutPeriods"/> has ended, whose parameters it takes. After it.
    /// </summary>
    public const string CutTimed =
        """
        UPDATE balances b
           SET used = level_used(l.level_time, b.level_whole), level_time = l.level_time, level = l.level, report_at = l.report_at
          FROM balances o
         CROSS JOIN LATERAL level_over(o.partition, o.account, o.feature, o.period_start, o.period_end) AS l
         WHERE o.partition = $1 AND o.account = $2 AND o.feature = ANY ($3) AND o.period_end = $4 AND o.level_time IS NOT NULL
           AND b.partition = o.partition AND b.account = o.account AND b.feature = o.feature AND b.period_start = o.period_start
        """;
}
