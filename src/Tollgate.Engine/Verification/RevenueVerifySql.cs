namespace Tollgate.Engine.Verification;

/// <summary>
/// The checks of recognised revenue, for <see cref="VerifyLedger"/>: its lines must match the invoices that do not wait for the next fold,
/// and its days the lines. Parameters and columns as in <see cref="VerifySql"/>.
/// </summary>
internal static class RevenueVerifySql
{
    /// <summary>Place: invoice and position. Expected and found: minor units.</summary>
    public const string Lines =
        """
        SELECT p.code, c.id, f.code, concat_ws(' ', invoice, position), round(coalesce(e.earned, 0), 9), round(coalesce(r.earned, 0), 9),
               count(*) OVER ()
          FROM (SELECT * FROM revenue_facts g WHERE g.earned <> 0 AND ($1::integer IS NULL OR g.project_id = $1)) AS e
          FULL JOIN (SELECT * FROM revenue_lines l
            WHERE $1::integer IS NULL OR l.project_id = $1) AS r USING (project_id, partition, account, invoice, position)
          LEFT JOIN (SELECT k.partition, k.account, k.id FROM customers k) AS c USING (partition, account)
          LEFT JOIN projects p ON p.id = project_id
          LEFT JOIN features f ON f.id = coalesce(e.feature, r.feature) AND f.project_id = p.id
         WHERE (e.earned, e.currency, e.plan, e.feature, e.period_start, e.period_end)
               IS DISTINCT FROM (r.earned, r.currency, r.plan, r.feature, r.period_start, r.period_end)
           AND NOT EXISTS (SELECT FROM revenue_queue q
                            WHERE q.partition = coalesce(e.partition, r.partition) AND q.account = coalesce(e.account, r.account)
                              AND q.invoice = coalesce(e.invoice, r.invoice))
         ORDER BY 1, 2, 3, 4
         LIMIT 20
        """;

    /// <summary>Place: currency, day, plan and the figure. Expected and found: minor units.</summary>
    public const string Days =
        """
        SELECT p.code, NULL::text, f.code, concat_ws(' ', coalesce(e.currency, r.currency), day, plan, x.figure), round(x.expected, 9), round(x.found, 9),
               count(*) OVER ()
          FROM (SELECT r.project_id, r.currency, c.day, r.plan, r.feature, sum(c.edge) AS edge, sum(c.change) AS change
                  FROM revenue_lines r
                 CROSS JOIN LATERAL revenue_changes(r.earned, r.period_start, r.period_end) c
                 WHERE $1::integer IS NULL OR r.project_id = $1
                 GROUP BY r.project_id, r.currency, c.day, r.plan, r.feature) AS e
          FULL JOIN (SELECT * FROM revenue_days d
            WHERE $1::integer IS NULL OR d.project_id = $1) AS r USING (project_id, currency, day, plan, feature)
          LEFT JOIN projects p ON p.id = project_id
          LEFT JOIN features f ON f.id = feature AND f.project_id = p.id
         CROSS JOIN LATERAL (VALUES ('edge',   coalesce(e.edge, 0),   coalesce(r.edge, 0)),
                                    ('change', coalesce(e.change, 0), coalesce(r.change, 0))) AS x (figure, expected, found)
         WHERE x.expected <> x.found
         ORDER BY 1, 2, 3, 4
         LIMIT 20
        """;
}
