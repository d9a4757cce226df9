namespace Tollgate.Engine.Analytics;

/// <summary>The statements on the facts of key figures.</summary>
internal static class KpiSql
{
    /// <summary>
    /// Customers whose recurring revenue moves in a range, grouped by their revenue at its start and its end. $1 project, $2 from, $3
    /// until. Rows: currency at the start and at the end, reason of a loss or null, revenue per year at the start and at the end,
    /// customers. The customers of a row all pay more, less, the same or nothing at the end, and all or none of them paid at the start.
    /// </summary>
    public const string Moved =
        """
        SELECT x.currency_before, x.currency_after, CASE WHEN x.after = 0 THEN x.reason END AS reason, sum(x.before) AS before,
               sum(x.after) AS after, count(*) AS customers
          FROM (SELECT (array_agg(m.year_before ORDER BY m.at, m.sequence))[1] AS before,
                       (array_agg(m.year_after ORDER BY m.at DESC, m.sequence DESC))[1] AS after,
                       (array_agg(m.currency ORDER BY m.at, m.sequence))[1] AS currency_before,
                       (array_agg(m.currency ORDER BY m.at DESC, m.sequence DESC))[1] AS currency_after,
                       (array_agg(m.reason ORDER BY m.at DESC, m.sequence DESC))[1] AS reason
                  FROM mrr_movements m
                 WHERE m.project_id = $1 AND m.at >= $2 AND m.at < $3
                 GROUP BY m.partition, m.account) x
         GROUP BY 1, 2, 3, sign(x.after - x.before), x.before = 0, x.after = 0
        """;

    /// <summary>
    /// The trials that were over in a range, and those of them that were ever paid for. $1 project, $2 from, $3 until. Row: over, paid.
    /// </summary>
    public const string Trials =
        """
        SELECT count(*) AS over,
               count(*) FILTER (WHERE EXISTS (SELECT FROM mrr_movements m
                                               WHERE m.partition = s.partition AND m.account = s.account AND m.subscription = s.id)) AS paid
          FROM subscriptions s
         WHERE s.project_id = $1 AND s.trial_end IS NOT NULL AND s.status <> 'trialing'
           AND least(s.trial_end, s.ended_at) >= $2 AND least(s.trial_end, s.ended_at) < $3
        """;

    /// <summary>The payments that ended in a range, from an index alone. $1 project, $2 from, $3 until. Row: succeeded, failed.</summary>
    public const string Payments =
        """
        SELECT count(*) FILTER (WHERE p.status = 'succeeded') AS succeeded, count(*) FILTER (WHERE p.status = 'failed') AS failed
          FROM payments p
         WHERE p.project_id = $1 AND p.settled_at >= $2 AND p.settled_at < $3
        """;

    /// <summary>Recorded spend. $1 project, $2 first day, $3 last day. Rows: day, currency, amount.</summary>
    public const string Spend =
        """
        SELECT s.day, s.currency, sum(s.amount) AS amount
          FROM acquisition_spend s
         WHERE s.project_id = $1 AND s.day BETWEEN $2 AND $3
         GROUP BY s.day, s.currency
        """;

    /// <summary>No row: the id exists. $1 project, $2 id, $3 day, $4 currency, $5 amount, $6 channel, $7 note.</summary>
    public const string AddSpend =
        """
        INSERT INTO acquisition_spend (project_id, id, day, currency, amount, channel, note)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT DO NOTHING
          RETURNING sequence
        """;

    private const string SpendColumns = "s.sequence, s.id, s.day, s.currency, s.amount, s.channel, s.note";

    /// <summary>$1 project, $2 id.</summary>
    public const string FindSpend = $"SELECT {SpendColumns} FROM acquisition_spend s WHERE s.project_id = $1 AND s.id = $2";

    /// <summary>The latest addition first. $1 project, $2 the id after which it starts or null, $3 number of rows.</summary>
    public const string ListSpend =
        $"""
        SELECT {SpendColumns}
          FROM acquisition_spend s
         WHERE s.project_id = $1
           AND ($2::text IS NULL OR s.sequence < (SELECT l.sequence FROM acquisition_spend l WHERE l.project_id = $1 AND l.id = $2))
         ORDER BY s.sequence DESC
         LIMIT $3
        """;
}
