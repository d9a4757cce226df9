namespace Tollgate.Engine.Analytics;

/// <summary>
/// The fold of queued invoices into revenue_lines and revenue_days, and the reads of these. The view revenue_facts has the rule.
/// </summary>
internal static class RevenueFoldSql
{
    /// <summary>
    /// One fold of a project at a time, for the transaction: an invoice that is queued twice is not taken out twice. $1 project.
    /// </summary>
    public const string Lock = "SELECT pg_advisory_xact_lock(7234026, $1)";

    /// <summary>
    /// Settings for a fold. The planner misjudges the queue's size, and a look-up by key finds each invoice.
    /// </summary>
    public const string Prepare =
        """
        SET LOCAL enable_hashjoin = off;
        SET LOCAL enable_mergejoin = off;
        SET LOCAL enable_seqscan = off;
        SET LOCAL jit = off;
        SET LOCAL lock_timeout = '5s';
        """;

    /// <summary>For a read, which reads the invoices rather than wait long for another fold. After <see cref="Prepare"/>.</summary>
    public const string WaitLess = "SET LOCAL lock_timeout = '1s'";

    /// <summary>$1 project, $2 the most rows. Rows: partition, account, invoice, several times if it changed several times.</summary>
    public const string Take =
        """
        DELETE FROM revenue_queue
         WHERE ctid = ANY (ARRAY(SELECT q.ctid FROM revenue_queue q WHERE q.project_id = $1 LIMIT $2))
        RETURNING partition, account, invoice
        """;

    /// <summary>Takes the lines of invoices out of the days. $1 project, $2 partitions, $3 accounts, $4 invoices.</summary>
    public const string TakeOut =
        $"""
        WITH changed AS (
            DELETE FROM revenue_lines r
             USING {Keys}
             WHERE r.partition = k.partition AND r.account = k.account AND r.invoice = k.invoice AND r.project_id = $1
            RETURNING r.currency, r.plan, r.feature, r.period_start, r.period_end, -r.earned AS earned)
        {AddChanged}
        """;

    /// <summary>Adds the lines of invoices as they are now. $1 project, $2 partitions, $3 accounts, $4 invoices.</summary>
    public const string PutIn =
        $"""
        WITH changed AS (
            INSERT INTO revenue_lines AS r
                   (partition, account, invoice, position, project_id, currency, plan, feature, period_start, period_end, earned)
            SELECT f.partition, f.account, f.invoice, f.position, f.project_id, f.currency, f.plan, f.feature, f.period_start, f.period_end,
                   f.earned
              FROM {Keys}
             CROSS JOIN LATERAL (SELECT *
                                   FROM revenue_facts g
                                  WHERE g.partition = k.partition AND g.account = k.account AND g.invoice = k.invoice AND g.project_id = $1
                                    AND g.earned <> 0
                                 OFFSET 0) f
            RETURNING r.currency, r.plan, r.feature, r.period_start, r.period_end, r.earned)
        {AddChanged}
        """;

    private const string Keys = "unnest($2::smallint[], $3::integer[], $4::uuid[]) AS k (partition, account, invoice)";

    private const string AddChanged =
        """
        INSERT INTO revenue_days AS d (project_id, currency, day, plan, feature, edge, change)
        SELECT $1, x.currency, c.day, x.plan, x.feature, sum(c.edge), sum(c.change)
          FROM changed x
         CROSS JOIN LATERAL revenue_changes(x.earned, x.period_start, x.period_end) c
         GROUP BY x.currency, c.day, x.plan, x.feature
            ON CONFLICT (project_id, currency, day, plan, feature)
            DO UPDATE SET edge = d.edge + excluded.edge, change = d.change + excluded.change
        """;

    /// <summary>True if invoices of a project wait. $1 project.</summary>
    public const string AnyQueued = "SELECT EXISTS (SELECT FROM revenue_queue q WHERE q.project_id = $1)";

    /// <summary>The projects with waiting invoices. $1 projects.</summary>
    public const string Due =
        """
        SELECT p.id
          FROM unnest($1::integer[]) AS p (id)
         WHERE EXISTS (SELECT FROM revenue_queue) AND EXISTS (SELECT FROM revenue_queue q WHERE q.project_id = p.id)
        """;

    /// <summary>
    /// The changes of a range; those of earlier days count at its first one. $1 project, $2 currency, $3 first and $4 last day. Rows: day,
    /// edge, change, name.
    /// </summary>
    public static string Days(RevenueName by) =>
        $"""
        SELECT greatest(d.day, $3) AS day, coalesce(sum(d.edge) FILTER (WHERE d.day >= $3), 0) AS edge, sum(d.change) AS change,
               {NameOf(by)} AS name
          FROM revenue_days d
         WHERE d.project_id = $1 AND d.currency = $2 AND d.day <= $4
         GROUP BY 1, 4
        """;

    private static string NameOf(RevenueName by) => by switch
    {
        RevenueName.Plan => "d.plan",
        RevenueName.Feature => "(SELECT f.code FROM features f WHERE f.id = d.feature AND f.project_id = $1)",
        _ => "NULL::text",
    };

    /// <summary>
    /// Revenue by customer: of each line the share of its period inside of the range. $1 project, $2 currency, $3 the range's start, $4 its
    /// end. Rows: customer, minor units.
    /// </summary>
    public const string ByCustomer =
        """
        SELECT c.id AS customer, x.earned
          FROM (SELECT r.partition, r.account,
                       round(round(sum(CASE WHEN r.period_start >= $3 AND r.period_end <= $4 THEN r.earned
                                            ELSE r.earned * extract(epoch FROM least(r.period_end, $4) - greatest(r.period_start, $3))
                                                 / extract(epoch FROM r.period_end - r.period_start) END), 6)) AS earned
                  FROM revenue_lines r
                 WHERE r.project_id = $1 AND r.currency = $2 AND r.period_end >= $3 AND r.period_start < $4
                   AND (r.period_end > $3 OR r.period_start = r.period_end)
                 GROUP BY r.partition, r.account) x
          JOIN customers c ON c.partition = x.partition AND c.account = x.account
        """;

    /// <summary>
    /// The currencies with revenue in a range. $1 project, $2 first and $3 last day, $4 the earliest creation of a provider's invoice.
    /// </summary>
    public const string Currencies =
        """
        SELECT d.currency
          FROM revenue_days d
         WHERE d.project_id = $1 AND d.day <= $3
         GROUP BY d.currency
        HAVING sum(d.change) FILTER (WHERE d.day <= $2) <> 0 OR bool_or(d.day >= $2 AND (d.edge <> 0 OR d.change <> 0))
         UNION
        SELECT i.currency FROM provider_invoices i WHERE i.project_id = $1 AND i.created_at >= $4
        """;
}
