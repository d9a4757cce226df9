namespace Tollgate.Engine.Invoicing;

/// <summary>The statements that write <c>mrr_movements</c>. No other room writes the table. The caller locks the customers.</summary>
internal static class MrrSql
{
    /// <summary>
    /// The last movement of a customer, if an imported subscription ended with it: its number, its time, the revenue per year that ended,
    /// its currency and its plan, and the start of the subscription.
    /// </summary>
    private const string Ending =
        """
        SELECT z.sequence, z.at, z.year_before AS year, z.currency, z.plan, i.started_at
          FROM (SELECT m.*
                  FROM mrr_movements m
                 WHERE m.partition = x.partition AND m.account = x.account
                 ORDER BY m.at DESC, m.sequence DESC LIMIT 1) z
          JOIN subscriptions i ON i.partition = z.partition AND i.account = z.account AND i.id = z.subscription
         WHERE z.kind = 'churn' AND i.imported_by IS NOT NULL
        """;

    /// <summary>
    /// The recurring revenue before a step. $1 partitions, $2 accounts, $3 subscriptions, $4 times of the steps. Rows: account, number of
    /// movements of the customer, its first payment or null, revenue of the subscription per year, its plan or null; then the churn of an
    /// imported subscription that the step's subscription continues (<see cref="Ending"/>), or nulls.
    /// </summary>
    public const string Before =
        """
        SELECT x.account, coalesce(a.sequence, 0) AS sequence, a.first_at, coalesce(s.year_after, 0) AS year_after, s.plan,
               e.sequence AS ending, e.year AS ending_year, e.currency AS ending_currency, e.plan AS ending_plan
          FROM unnest($1::smallint[], $2::integer[], $3::uuid[], $4::timestamptz[]) AS x (partition, account, subscription, at)
          LEFT JOIN LATERAL (SELECT m.sequence, m.first_at
                               FROM mrr_movements m
                              WHERE m.partition = x.partition AND m.account = x.account
                              ORDER BY m.sequence DESC LIMIT 1) a ON true
          LEFT JOIN LATERAL (SELECT m.year_after, m.plan
                               FROM mrr_movements m
                              WHERE m.partition = x.partition AND m.account = x.account AND m.subscription = x.subscription
                              ORDER BY m.sequence DESC LIMIT 1) s ON true
          LEFT JOIN LATERAL (
        """ + Ending +
        """
          ) e ON e.at >= x.at
        """;

    /// <summary>
    /// The movements of customers. $1 partitions, $2 accounts. Rows: account, number of movements, first payment or null, and the last
    /// churn if an imported subscription ended with it (<see cref="Ending"/>), or nulls.
    /// </summary>
    public const string OfCustomers =
        """
        SELECT x.account, a.sequence, a.first_at, e.sequence AS ending, e.at AS ending_at, e.year AS ending_year,
               e.currency AS ending_currency, e.plan AS ending_plan, e.started_at AS ending_from
          FROM (SELECT DISTINCT * FROM unnest($1::smallint[], $2::integer[]) AS g (partition, account)) x
         CROSS JOIN LATERAL (SELECT coalesce(max(m.sequence), 0) AS sequence, min(m.first_at) AS first_at
                               FROM mrr_movements m
                              WHERE m.partition = x.partition AND m.account = x.account) a
          LEFT JOIN LATERAL (
        """ + Ending +
        """
          ) e ON true
        """;

    /// <summary>
    /// The churns that subscriptions continue become moves, at the times at which these begin. $1 partitions, $2 accounts, $3 numbers of
    /// movements, $4 times, $5 kinds (a churn stays one if the currency changes). The churn of a subscription that still ran in the other
    /// system is planned for later than these times.
    /// </summary>
    public const string Continue =
        """
        UPDATE mrr_movements m
           SET kind = x.kind, at = x.at, reason = CASE WHEN x.kind = 'churn' THEN m.reason END
          FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::timestamptz[], $5::text[])
               AS x (partition, account, sequence, at, kind)
         WHERE m.partition = x.partition AND m.account = x.account AND m.sequence = x.sequence
        """;

    public const string Write =
        """
        COPY mrr_movements (partition, account, sequence, id, project_id, subscription, step, at, kind, currency, year_before, year_after,
                            plan_before, plan, interval, reason, first_at)
          FROM STDIN (FORMAT BINARY)
        """;
}
