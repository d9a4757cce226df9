namespace Tollgate.Engine.Ledger;

/// <summary>
/// The statements on imported events: closed history, which moves no balance. They write the partition of <see cref="Month"/> directly.
/// </summary>
public static class HistorySql
{
    /// <summary>The month of all imported events, whatever their time: one unique key detects repeats of any age.</summary>
    public static readonly DateOnly Month = new(9999, 1, 1);

    private const string Table = "events_999901";

    /// <summary>
    /// Books use, and adds it to the project's days. $1 the rows as <c>new_event[]</c>, $2 project. Returns the number of booked rows.
    /// </summary>
    /// <param name="skips">
    /// True: known ids are passed over. False: one fails the statement (23505), which costs a third less when all ids are new.
    /// </param>
    public static string BookUsage(bool skips) => skips ? SkippingUsage : NewUsage;

    private const string NewUsage = BookUsageHead + Insert + BookUsageTail;
    private const string SkippingUsage = BookUsageHead + Insert + Skip + BookUsageTail;

    private const string BookUsageHead = "WITH booked AS (\n";

    private const string BookUsageTail =
        """

            RETURNING feature, occurred_at, quantity
        ), days AS (
            INSERT INTO imported_usage_days AS d (project_id, feature, day, events, quantity)
            SELECT $2, b.feature, (b.occurred_at AT TIME ZONE 'UTC')::date AS day, count(*), sum(b.quantity)
              FROM booked b
             WHERE b.feature <> 0
             GROUP BY b.feature, 3
             ORDER BY 3, b.feature
                ON CONFLICT (project_id, day, feature)
                DO UPDATE SET events = d.events + excluded.events, quantity = d.quantity + excluded.quantity
        )
        SELECT count(*) FROM booked
        """;

    /// <summary>Books calls to models. $1 the rows. Rows: partition, account and id of the booked ones.</summary>
    /// <inheritdoc cref="BookUsage"/>
    public static string BookCalls(bool skips) => skips ? SkippingCalls : NewCalls;

    private const string Returning = " RETURNING partition, account, id";
    private const string NewCalls = Insert + Returning;
    private const string SkippingCalls = Insert + Skip + Returning;

    private const string Insert =
        $"""
        INSERT INTO {Table} (occurred_at, period_start, id, account, feature, month, partition, quantity, used_after, data)
        SELECT x.occurred_at, x.period_start, x.id, x.account, x.feature, x.month, x.partition, x.quantity, x.used_after, x.data
          FROM unnest($1::new_event[]) AS x
        """;

    private const string Skip = " ON CONFLICT DO NOTHING";

    /// <summary>
    /// The rows whose ids are imported, with true if the content differs from the imported one. A cost and a plan are no content: the price
    /// book may have changed. Deleted texts cannot differ. $1 the rows. Columns: position from 1, whether it differs, and if its texts are
    /// encrypted, so that only their content can tell, the data.
    /// </summary>
    public const string Known =
        $$"""
        SELECT x.number, e.occurred_at <> x.occurred_at OR e.feature <> x.feature OR e.quantity <> x.quantity
                         OR e.data - '{{Apart}}'::text[] <> x.data - '{{Apart}}'::text[] AND NOT e.data ?| '{gone,box}',
               CASE WHEN e.data ? 'box' THEN (e.data - '{{Apart}}'::text[])::text END
          FROM unnest($1::new_event[])
               WITH ORDINALITY AS x (occurred_at, period_start, id, account, feature, month, partition, quantity, used_after, data, number)
          JOIN {{Table}} e ON e.partition = x.partition AND e.account = x.account AND e.id = x.id
        """;

    private const string Apart = "{import,calc,plan}";

    /// <summary>
    /// The rows whose ids were recorded by the customer's own live events. $1 partitions, $2 accounts, $3 ids. Rows: position from 1.
    /// </summary>
    public const string Live =
        """
        SELECT x.number
          FROM unnest($1::smallint[], $2::integer[], $3::uuid[]) WITH ORDINALITY AS x (partition, account, id, number)
         WHERE EXISTS (SELECT FROM events e
                        WHERE e.partition = x.partition AND e.account = x.account AND e.id = x.id AND e.month < '9999-01-01')
        """;

    /// <summary>
    /// The accounts that carry the use of customers: their own, or that of the customer whose members they are. $1 project, $2 partitions,
    /// $3 ids. Rows: id, partition, account, whether another customer's, whether it has live events, the customer's own account, its
    /// owner, and the owner's owner, which is null.
    /// </summary>
    /// <remarks>
    /// OFFSET 0 keeps the look-ups by key whole. The statistics do not know a new project, so the planner expects one customer of it, and
    /// without it compares each customer with all others: 20,000 took 40 s, and take 0.1 s.
    /// </remarks>
    public const string Accounts =
        """
        SELECT x.id, a.partition, a.account, o.account IS NOT NULL,
               EXISTS (SELECT FROM events e WHERE e.partition = a.partition AND e.account = a.account AND e.month < '9999-01-01'),
               c.account, c.owner, o.owner
          FROM unnest($2::smallint[], $3::text[]) AS x (partition, id)
         CROSS JOIN LATERAL (SELECT k.partition, k.account, k.owner
                               FROM customers k
                              WHERE k.partition = x.partition AND k.project_id = $1 AND k.id = x.id
                             OFFSET 0) c
          LEFT JOIN LATERAL (SELECT k.partition, k.account, k.owner
                               FROM customers k
                              WHERE k.project_id = $1 AND k.id = c.owner
                             OFFSET 0) o ON true
         CROSS JOIN LATERAL (SELECT coalesce(o.partition, c.partition) AS partition, coalesce(o.account, c.account) AS account) a
        """;

    /// <summary>
    /// Locks customers that are as they were read, until the end of the transaction, against erasures and deletions and nothing else: lanes
    /// and other changes need not wait for a chunk. In the order of all transactions. $1 partitions, $2 accounts, $3 ids, $4 owners.
    /// Rows: position from 1 of each that is.
    /// </summary>
    public const string LockUnchanged =
        """
        SELECT x.number
          FROM unnest($1::smallint[], $2::integer[], $3::text[], $4::text[]) WITH ORDINALITY AS x (partition, account, id, owner, number)
          JOIN customers c ON c.partition = x.partition AND c.account = x.account AND c.id = x.id AND c.owner IS NOT DISTINCT FROM x.owner
         ORDER BY c.partition, c.account
           FOR KEY SHARE OF c
        """;
}
