namespace Tollgate.Engine.Analytics;

/// <summary>The statement on usage in running quota periods.</summary>
internal static class ForecastSql
{
    /// <summary>
    /// Use with its limit as the gate computes it: quota less carried overage, units that grants paid, and the rest of live grants. The
    /// order is the time until the limit at an even pace. $1 project, $2 now, $3 customer or null, $4 feature or null, $5 the most rows.
    /// </summary>
    public const string List =
        """
        SELECT u.customer, u.code, u.feature, u.used, u.most, u.period_start, u.period_end
          FROM (SELECT c.id AS customer, x.code, b.feature, b.period_start, b.period_end,
                       trim_scale(CASE WHEN b.level_time IS NULL THEN b.used ELSE used_by(b, $2) END) AS used,
                       trim_scale(greatest(b.quota - b.carried, 0) + b.drawn
                                  + coalesce((SELECT sum(g.amount - g.used - g.forfeited)
                                                FROM grants g
                                               WHERE g.partition = b.partition AND g.account = b.account AND g.feature = b.feature
                                                 AND g.effective_at <= $2 AND g.expires_at > $2), 0)) AS most
                  FROM customers c
                  JOIN balances b ON b.partition = c.partition AND b.account = c.account AND b.period_end > $2 AND b.period_start <= $2
                   AND b.used > 0
                  JOIN features x ON x.id = b.feature AND x.project_id = $1
                 WHERE c.project_id = $1 AND ($3::text IS NULL OR c.id = $3) AND ($4::text IS NULL OR x.code = $4)) u
         ORDER BY extract(epoch FROM $2 - u.period_start) * (u.most / nullif(u.used, 0) - 1) NULLS LAST, u.customer, u.code
         LIMIT $5
        """;
}
