namespace Tollgate.Engine.Analytics;

/// <summary>The reads of customer success: signals, their months and first ones, sign-ups, and movements of recurring revenue.</summary>
internal static class SuccessSql
{
    /// <summary>
    /// A sum of values, at most the largest quantity: no caller can read more.
    /// </summary>
    private const string Total = "trim_scale(least(sum({0}), 999999999999999999.999999999))";

    private static readonly string MonthsTotal = Total.Replace("{0}", "m.total", StringComparison.Ordinal);
    private static readonly string SignalsTotal = Total.Replace("{0}", "s.value", StringComparison.Ordinal);

    /// <summary>$1 project, $2 first month, $3 last month. Rows: month, type, name, unit, signals, total.</summary>
    public static readonly string Months =
        $"""
        SELECT m.month, m.type, m.name, m.unit, sum(m.signals)::bigint AS signals, {MonthsTotal} AS total
          FROM signal_months m
         WHERE m.project_id = $1 AND m.month BETWEEN $2 AND $3
         GROUP BY m.month, m.type, m.name, m.unit
        HAVING sum(m.signals) <> 0
        """;

    /// <summary>The same of one customer. $1 partition, $2 account, $3 first month, $4 last month.</summary>
    public static readonly string MonthsOfCustomer =
        $"""
        SELECT s.month, s.type, s.name, s.unit, count(*) AS signals, {SignalsTotal} AS total
          FROM signals s
         WHERE s.partition = $1 AND s.account = $2 AND s.month BETWEEN $3 AND $4
         GROUP BY s.month, s.type, s.name, s.unit
        """;

    /// <summary>
    /// A customer's sign-up, first signals and last score. $1 partition, $2 account. Row: created_at, onboarded_at, first_value_at, score
    /// and scored_at.
    /// </summary>
    public const string Customer =
        """
        SELECT c.created_at, f.onboarded_at, f.first_value_at, l.name AS score, l.at AS scored_at
          FROM customers c
          LEFT JOIN customer_signals f ON f.partition = c.partition AND f.account = c.account
          LEFT JOIN LATERAL (SELECT s.name, s.at
                               FROM signals s
                              WHERE s.partition = c.partition AND s.account = c.account AND s.type = 'csat'
                              ORDER BY s.at DESC, s.id DESC, s.shard DESC
                              LIMIT 1) l ON true
         WHERE c.partition = $1 AND c.account = $2
        """;

    /// <summary>
    /// Sign-ups by month. $1 project, $2 the instants at which months begin and the last one ends, $3 the end. Rows: month (0: before the
    /// first), customers.
    /// </summary>
    public const string SignUps =
        """
        SELECT width_bucket(c.created_at, $2::timestamptz[]) AS month, count(*) AS customers
          FROM customers c
         WHERE c.project_id = $1 AND c.owner IS NULL AND c.created_at < $3
         GROUP BY 1
        """;

    /// <summary>
    /// Customers that have completed their onboarding, by the month of their sign-up. $1 project, $2 as in <see cref="SignUps"/>, $3 start,
    /// $4 end. Rows: month, customers.
    /// </summary>
    public const string Onboarded =
        """
        SELECT width_bucket(c.created_at, $2::timestamptz[]) AS month, count(*) AS customers
          FROM customers c
          JOIN customer_signals f ON f.partition = c.partition AND f.account = c.account AND f.onboarded_at IS NOT NULL
         WHERE c.project_id = $1 AND c.owner IS NULL AND c.created_at >= $3 AND c.created_at < $4
         GROUP BY 1
        """;

    /// <summary>
    /// The time to value by the month of the first value. A customer that Tollgate learned of after its first value has waited for
    /// no time. Parameters as in <see cref="Onboarded"/>. Rows: month, null for all of them; customers, median and p90 in microseconds.
    /// </summary>
    public const string TimesToValue =
        """
        SELECT x.month, count(*) AS customers, percentile_disc(0.5) WITHIN GROUP (ORDER BY x.wait) AS median,
               percentile_disc(0.9) WITHIN GROUP (ORDER BY x.wait) AS p90
          FROM (SELECT width_bucket(f.first_value_at, $2::timestamptz[]) AS month,
                       greatest((extract(epoch FROM f.first_value_at - c.created_at) * 1000000)::bigint, 0) AS wait
                  FROM customer_signals f
                  JOIN customers c ON c.partition = f.partition AND c.account = f.account
                 WHERE f.project_id = $1 AND f.first_value_at >= $3 AND f.first_value_at < $4) x
         GROUP BY GROUPING SETS ((x.month), ())
        """;

    /// <summary>
    /// Customers that paid when a month began, by their last score in the hours before it, and those of them that did not pay any more at
    /// its end. $1 project, $2 starts, $3 ends (of the running month, now), $4 hours. Rows: month (from 1), score, customers, lost.
    /// </summary>
    public const string RatedChurn =
        """
        SELECT m.number AS month, r.name AS score, count(*) AS customers, count(*) FILTER (WHERE after.year_after = 0) AS lost
          FROM unnest($2::timestamptz[], $3::timestamptz[]) WITH ORDINALITY AS m (start, until, number)
         CROSS JOIN LATERAL (SELECT DISTINCT ON (s.partition, s.account) s.partition, s.account, s.name
                               FROM signals s
                              WHERE s.project_id = $1 AND s.type = 'csat' AND s.at >= m.start - make_interval(hours => $4) AND s.at < m.start
                              ORDER BY s.partition, s.account, s.at DESC, s.id DESC, s.shard DESC) r
         CROSS JOIN LATERAL (SELECT v.year_after
                               FROM mrr_movements v
                              WHERE v.partition = r.partition AND v.account = r.account AND v.at < m.start
                              ORDER BY v.at DESC, v.sequence DESC
                              LIMIT 1) before
         CROSS JOIN LATERAL (SELECT v.year_after
                               FROM mrr_movements v
                              WHERE v.partition = r.partition AND v.account = r.account AND v.at < m.until
                              ORDER BY v.at DESC, v.sequence DESC
                              LIMIT 1) after
         WHERE before.year_after > 0
         GROUP BY m.number, r.name
        """;

    /// <summary>
    /// All paying customers by month. $1 project, $2 the instants at which months begin and the last one ends, $3 its end or now. Rows:
    /// month (0: before the first), change of paying customers, customers that paid at its start and did not at its end.
    /// </summary>
    public const string Churn =
        """
        SELECT y.month, sum(y.change)::bigint AS change, count(*) FILTER (WHERE y.before > 0 AND y.after = 0) AS lost
          FROM (SELECT width_bucket(v.at, $2::timestamptz[]) AS month,
                       count(*) FILTER (WHERE v.kind IN ('new', 'reactivation')) - count(*) FILTER (WHERE v.kind = 'churn') AS change,
                       (array_agg(v.year_before ORDER BY v.at, v.sequence))[1] AS before,
                       (array_agg(v.year_after ORDER BY v.at DESC, v.sequence DESC))[1] AS after
                  FROM mrr_movements v
                 WHERE v.project_id = $1 AND v.at < $3
                 GROUP BY 1, v.partition, v.account) y
         GROUP BY y.month
        """;
}
