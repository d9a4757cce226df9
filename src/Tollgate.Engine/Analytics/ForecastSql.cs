namespace Tollgate.Engine.Analytics;

/// <summary>The statements on usage in running quota periods.</summary>
internal static class ForecastSql
{
    /// <summary>
    /// Use with its limit as the gate computes it: quota less carried overage, units that grants paid, and the rest of live grants. The
    /// order is the time until the limit at an even pace. $1 project, $2 now, $3 feature or null, $4 the most rows.
    /// </summary>
    /// <remarks>
    /// An index has the running periods of each feature, so the cost does not follow the history of the project. OFFSET 0 keeps the planner
    /// from reading all balances instead. Only customers of the first rows are read.
    /// </remarks>
    public const string OfProject =
        $"""
        SELECT c.id AS customer, u.*
          FROM (SELECT b.partition, b.account, x.code, b.feature, b.period_start, b.period_end, l.used, l.most, {Place} AS place
                  FROM features x
                 CROSS JOIN LATERAL (SELECT *
                                       FROM balances r
                                      WHERE r.feature = x.id AND r.period_end > $2 AND r.period_start <= $2 AND r.used > 0
                                     OFFSET 0) b
                 CROSS JOIN LATERAL ({Figures}) l
                 WHERE x.project_id = $1 AND ($3::text IS NULL OR x.code = $3)
                 ORDER BY place NULLS LAST, b.partition, b.account, x.code
                 LIMIT $4) u
          JOIN customers c ON c.partition = u.partition AND c.account = u.account
         ORDER BY u.place NULLS LAST, u.partition, u.account, u.code
        """;

    /// <summary>The same of a customer. $1 to $4 as of <see cref="OfProject"/>, $5 partition, $6 customer.</summary>
    public const string OfCustomer =
        $"""
        SELECT c.id AS customer, x.code, b.feature, b.period_start, b.period_end, l.used, l.most
          FROM customers c
          JOIN balances b ON b.partition = c.partition AND b.account = c.account AND b.period_end > $2 AND b.period_start <= $2
           AND b.used > 0
          JOIN features x ON x.id = b.feature AND x.project_id = $1
         CROSS JOIN LATERAL ({Figures}) l
         WHERE c.project_id = $1 AND c.partition = $5 AND c.id = $6 AND ($3::text IS NULL OR x.code = $3)
         ORDER BY {Place} NULLS LAST, x.code
         LIMIT $4
        """;

    private const string Place = "extract(epoch FROM $2 - b.period_start) * (l.most / nullif(l.used, 0) - 1)";

    private const string Figures =
        """
        SELECT trim_scale(CASE WHEN b.level_time IS NULL THEN b.used ELSE used_by(b, $2) END) AS used,
               trim_scale(greatest(b.quota - b.carried, 0) + b.drawn
                          + coalesce((SELECT sum(g.amount - g.used - g.forfeited)
                                        FROM grants g
                                       WHERE g.partition = b.partition AND g.account = b.account AND g.feature = b.feature
                                         AND g.effective_at <= $2 AND g.expires_at > $2), 0)) AS most
        """;
}
