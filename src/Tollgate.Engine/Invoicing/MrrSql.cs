namespace Tollgate.Engine.Invoicing;

/// <summary>The statements that write <c>mrr_movements</c>. No other room writes the table. The caller locks the customers.</summary>
internal static class MrrSql
{
    /// <summary>
    /// The recurring revenue before a step. $1 partitions, $2 accounts, $3 subscriptions. Rows: account, number of movements of the
    /// customer, its first payment or null, revenue of the subscription per year, its plan or null.
    /// </summary>
    public const string Before =
        """
        SELECT x.account, coalesce(a.sequence, 0) AS sequence, a.first_at, coalesce(s.year_after, 0) AS year_after, s.plan
          FROM unnest($1::smallint[], $2::integer[], $3::uuid[]) AS x (partition, account, subscription)
          LEFT JOIN LATERAL (SELECT m.sequence, m.first_at
                               FROM mrr_movements m
                              WHERE m.partition = x.partition AND m.account = x.account
                              ORDER BY m.sequence DESC LIMIT 1) a ON true
          LEFT JOIN LATERAL (SELECT m.year_after, m.plan
                               FROM mrr_movements m
                              WHERE m.partition = x.partition AND m.account = x.account AND m.subscription = x.subscription
                              ORDER BY m.sequence DESC LIMIT 1) s ON true
        """;

    /// <summary>
    /// The movements of customers. $1 partitions, $2 accounts. Rows: account, number of movements, first payment or null.
    /// </summary>
    public const string OfCustomers =
        """
        SELECT x.account, coalesce(max(m.sequence), 0) AS sequence, min(m.first_at) AS first_at
          FROM (SELECT DISTINCT * FROM unnest($1::smallint[], $2::integer[]) AS g (partition, account)) x
          LEFT JOIN mrr_movements m ON m.partition = x.partition AND m.account = x.account
         GROUP BY x.account
        """;

    public const string Write =
        """
        COPY mrr_movements (partition, account, sequence, id, project_id, subscription, step, at, kind, currency, year_before, year_after,
                            plan_before, plan, interval, reason, first_at)
          FROM STDIN (FORMAT BINARY)
        """;
}
