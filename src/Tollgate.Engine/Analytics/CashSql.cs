namespace Tollgate.Engine.Analytics;

/// <summary>The statement on cash received and paid out.</summary>
internal static class CashSql
{
    /// <summary>
    /// Payments less refunds and lost disputes, each on the day of its end. The range bounds the payments that the statement reads.
    /// $1 project, $2 the range's start, $3 its end, $4 currency. Rows: day, amount.
    /// </summary>
    public const string ByDay =
        """
        SELECT (x.at AT TIME ZONE 'UTC')::date, sum(x.amount)::bigint
          FROM (SELECT p.settled_at AS at, p.amount
                  FROM payments p
                 WHERE p.project_id = $1 AND p.currency = $4 AND p.status = 'succeeded'
                   AND p.settled_at >= $2 AND p.settled_at < $3
                 UNION ALL
                SELECT r.settled_at, -r.amount
                  FROM payments p
                  JOIN refunds  r ON r.partition = p.partition AND r.account = p.account AND r.payment = p.id
                 WHERE p.project_id = $1 AND p.currency = $4 AND p.status = 'succeeded' AND p.refunded > 0
                   AND r.status = 'succeeded' AND r.settled_at >= $2 AND r.settled_at < $3
                 UNION ALL
                SELECT d.closed_at, -d.amount
                  FROM disputes d
                  JOIN payments p ON p.partition = d.partition AND p.account = d.account AND p.id = d.payment
                 WHERE d.project_id = $1 AND p.currency = $4 AND d.status = 'lost' AND d.closed_at >= $2 AND d.closed_at < $3) x
         GROUP BY 1
        """;
}
