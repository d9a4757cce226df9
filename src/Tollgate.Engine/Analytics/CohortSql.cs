namespace Tollgate.Engine.Analytics;

/// <summary>The statements on cohorts and segments, which read movements of recurring revenue only.</summary>
internal static class CohortSql
{
    /// <summary>
    /// Changes of customers and revenue by the month of the first payment and the month of the change, from the index alone. $1 project,
    /// $2 the instants at which months begin and the last one ends, $3 start of the first month, $4 end of the last one or now. Rows:
    /// cohort and month (from 1), currency, change of revenue per year, customers that start, change of paying customers.
    /// </summary>
    public const string Cohorts =
        """
        SELECT width_bucket(m.first_at, $2::timestamptz[]) AS cohort, width_bucket(m.at, $2::timestamptz[]) AS month,
               m.currency, sum(m.year_after - m.year_before) AS year, count(*) FILTER (WHERE m.kind = 'new') AS started,
               count(*) FILTER (WHERE m.kind IN ('new', 'reactivation')) - count(*) FILTER (WHERE m.kind = 'churn') AS customers
          FROM mrr_movements m
         WHERE m.project_id = $1 AND m.first_at >= $3 AND m.at >= $3 AND m.at < $4
         GROUP BY 1, 2, 3
        """;

    /// <summary>
    /// Revenue and paying customers by plan, currency or country of the customer at an instant. $1 project, $2 the instant. Rows: name or
    /// null, currency, revenue per year, customers.
    /// </summary>
    public static string SegmentsBy(SegmentBy by) =>
        $"""
        SELECT {NameOf(by)} AS name, m.currency, sum(x.year) AS year, sum(x.customers)::bigint AS customers
          FROM mrr_movements m
         CROSS JOIN LATERAL (VALUES (m.plan, m.year_after, CASE WHEN m.year_after > 0 THEN 1 ELSE 0 END),
                                    (m.plan_before, -m.year_before, CASE WHEN m.year_before > 0 THEN -1 ELSE 0 END))
               AS x (plan, year, customers)
        {(by == SegmentBy.Country ? "  JOIN customers c ON c.partition = m.partition AND c.account = m.account" : "")}
         WHERE m.project_id = $1 AND m.at < $2 AND x.year <> 0
         GROUP BY 1, 2
        HAVING sum(x.customers) <> 0 OR sum(x.year) <> 0
        """;

    private static string NameOf(SegmentBy by) => by switch
    {
        SegmentBy.Country => "c.country",
        SegmentBy.Currency => "m.currency",
        _ => "x.plan",
    };
}
