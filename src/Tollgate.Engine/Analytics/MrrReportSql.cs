namespace Tollgate.Engine.Analytics;

/// <summary>The statements that read movements of recurring revenue. The room Invoicing writes them.</summary>
internal static class MrrReportSql
{
    /// <summary>
    /// The movements by part, currency and kind, from the index alone. $1 project, $2 the instants at which parts begin and the last one
    /// ends, $3 that end or now. Rows: part (0: before the first one), currency, kind, change of revenue per year, movements.
    /// </summary>
    public const string Sums =
        """
        SELECT width_bucket(m.at, $2::timestamptz[]) AS part, m.currency, m.kind, sum(m.year_after - m.year_before) AS year,
               count(*) AS number
          FROM mrr_movements m
         WHERE m.project_id = $1 AND m.at < $3
         GROUP BY 1, 2, 3
        """;

    /// <summary>
    /// The facts behind the sums, the newest first. $1 project, $2 from, $3 until, $4 kind or null, $5 currency or null, $6 plan or null,
    /// $7 partition and $8 account of the only customer, or nulls, $9 the id after which it starts or null, $10 number of rows.
    /// </summary>
    public const string List =
        """
        SELECT m.id, m.at, m.kind, m.currency, m.year_before, m.year_after, m.plan_before, m.plan, m.interval, m.reason, m.subscription,
               m.step, c.id AS customer
          FROM mrr_movements m
          JOIN customers c ON c.partition = m.partition AND c.account = m.account
         WHERE m.project_id = $1 AND m.at >= $2 AND m.at < $3
           AND ($4::text IS NULL OR m.kind = $4) AND ($5::text IS NULL OR m.currency = $5)
           AND ($6::text IS NULL OR m.plan = $6 OR m.plan_before = $6)
           AND ($7::smallint IS NULL OR (m.partition = $7 AND m.account = $8))
           AND ($9::uuid IS NULL OR (m.at, m.id) < (SELECT l.at, l.id FROM mrr_movements l WHERE l.project_id = $1 AND l.id = $9))
         ORDER BY m.at DESC, m.id DESC
         LIMIT $10
        """;
}
