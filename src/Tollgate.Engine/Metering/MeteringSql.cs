using Tollgate.Engine.Ledger;

namespace Tollgate.Engine.Metering;

/// <summary>
/// Every statement of the room. All except the counts of unmatched types only read the ledger's records. Months: an event is stored in the
/// month of its id or of its recording, at most 37 days from occurred_at in either direction; a void may follow at any later time, so only
/// the oldest month is bounded. In sandbox projects occurred_at follows the test clock and months the real one: no bound.
/// </summary>
internal static class MeteringSql
{
    /// <summary>
    /// Newest first. $1 partition, $2 project, $3 customer, $4 oldest month, $5 from, $6 to, $7 and $8 the time and id that
    /// the page starts after (null: from the newest), $9 type, $10 number of the feature that has the type's name,
    /// $11 feature, $12 how many, $13 member, $14 account of the event that the page starts after.
    /// </summary>
    public const string EventsOfCustomer =
        $"""
        SELECT {LedgerSql.EventColumns}, c.id AS customer_id
          FROM customers c
          JOIN events    e ON e.partition = c.partition AND e.account = c.account
         WHERE c.partition = $1 AND c.project_id = $2 AND c.id = $3
           AND {Window}
         ORDER BY e.occurred_at DESC, e.id DESC, e.account DESC
         LIMIT $12
        """;

    /// <summary>As <see cref="EventsOfCustomer"/>, through the BRIN index on occurred_at; $1 and $3 are not used.</summary>
    public const string EventsOfProject =
        $"""
        SELECT {LedgerSql.EventColumns}, c.id AS customer_id
          FROM events    e
          JOIN customers c ON c.partition = e.partition AND c.account = e.account AND c.project_id = $2
         WHERE ($1::smallint IS NULL OR $3::text IS NOT NULL)
           AND {Window}
         ORDER BY e.occurred_at DESC, e.id DESC, e.account DESC
         LIMIT $12
        """;

    private const string Window =
        """
        e.month >= $4::date AND e.occurred_at >= $5 AND e.occurred_at < $6
           AND ($7::timestamptz IS NULL OR (e.occurred_at, e.id, e.account) < ($7::timestamptz, $8::uuid, $14::integer))
           AND ($9::text IS NULL OR e.data ->> 'type' = $9 OR (e.feature = $10 AND NOT e.data ? 'type'))
           AND ($13::text IS NULL OR e.data ->> 'by' = $13)
           AND ($11::integer IS NULL OR e.feature = $11
                OR jsonb_path_exists(e.data, '$.post[*] ? (@[0] == $f)', jsonb_build_object('f', $11::integer)))
        """;

    /// <summary>
    /// The events of one customer that others refer to: the reversing event of an event, and the event that a reversing event reverses. $1
    /// partitions, $2 accounts, $3 ids.
    /// </summary>
    public const string NamesOf =
        """
        SELECT e.account, e.id, e.data ->> 'id'
          FROM unnest($1::smallint[], $2::integer[], $3::uuid[]) AS x (partition, account, id)
          JOIN events e ON e.partition = x.partition AND e.account = x.account AND e.id = x.id
        """;

    /// <summary>One event. $1 partition, $2 project, $3 customer, $4 id.</summary>
    public const string Event =
        $"""
        SELECT {LedgerSql.EventColumns}, c.id AS customer_id
          FROM customers c
          JOIN events    e ON e.partition = c.partition AND e.account = c.account
         WHERE c.partition = $1 AND c.project_id = $2 AND c.id = $3 AND e.id = $4
        """;

    /// <summary>The same without imported events, which nobody decided.</summary>
    public const string DecidedEvent = Event + " AND NOT e.data ? 'import'";

    /// <summary>One reservation. $1 partition, $2 project, $3 customer, $4 id.</summary>
    public const string Hold =
        """
        SELECT h.partition, h.account, h.id, h.state, h.features, h.amounts, h.held_features, h.held_periods, h.held_amounts,
               h.created_at, h.expires_at, h.reference, h.closed_at, h.member
          FROM customers c
          JOIN holds     h ON h.partition = c.partition AND h.account = c.account
         WHERE c.partition = $1 AND c.project_id = $2 AND c.id = $3 AND h.id = $4
        """;

    /// <summary>The present balances of some postings. $1 partition, $2 account, $3 features, $4 period starts.</summary>
    public const string BalancesOf =
        """
        SELECT b.feature, b.period_start,
               used_by(b, (SELECT coalesce(p.test_clock, now()) FROM customers c JOIN projects p ON p.id = c.project_id
                            WHERE c.partition = $1 AND c.account = $2)), b.quota
          FROM unnest($3::integer[], $4::timestamptz[]) AS x (feature, period_start)
          JOIN balances b ON b.partition = $1 AND b.account = $2 AND b.feature = x.feature AND b.period_start = x.period_start
        """;

    /// <summary>$1 partition, $2 account, $3 ids.</summary>
    public const string GrantsOf =
        "SELECT g.id, g.source, g.reference FROM grants g WHERE g.partition = $1 AND g.account = $2 AND g.id = ANY ($3)";

    /// <summary>
    /// Thresholds that a balance crossed when it reached exactly this much. $1 partition, $2 account, $3 features, $4 period starts, $5
    /// used after.
    /// </summary>
    public const string CrossingsOf =
        """
        SELECT t.feature, t.percent, t.used, t.granted, t.crossed_at
          FROM unnest($3::integer[], $4::timestamptz[], $5::numeric[]) AS x (feature, period_start, used)
          JOIN threshold_crossings t ON t.partition = $1 AND t.account = $2 AND t.feature = x.feature
                                    AND t.period_start = x.period_start AND t.used = x.used
         ORDER BY t.feature, t.percent
        """;

    /// <summary>
    /// Adds to the counts of types that no meter reads. Parallel arrays: $1 projects, $2 types, $3 counts, $4 and $5 the times of the first
    /// and the last event. $6 the maximum number of counted types of a project; further types are not counted.
    /// </summary>
    public const string NoteUnmatched =
        """
        INSERT INTO unmatched_events AS known (project_id, type, count, first_seen_at, last_seen_at)
        SELECT x.project_id, x.type, x.count, x.first_seen_at, x.last_seen_at
          FROM unnest($1::integer[], $2::text[], $3::bigint[], $4::timestamptz[], $5::timestamptz[]) AS x (project_id, type, count,
            first_seen_at, last_seen_at)
         WHERE EXISTS (SELECT FROM unmatched_events k WHERE k.project_id = x.project_id AND k.type = x.type)
            OR (SELECT count(*) FROM unmatched_events k WHERE k.project_id = x.project_id) < $6
         ORDER BY x.project_id, x.type COLLATE "C"
            ON CONFLICT (project_id, type)
            DO UPDATE SET count         = known.count + excluded.count,
                          first_seen_at = least(known.first_seen_at, excluded.first_seen_at),
                          last_seen_at  = greatest(known.last_seen_at, excluded.last_seen_at)
        """;

    /// <summary>$1 project, $2 how many, $3 the last type of the page before or null, $4 types that meters read.</summary>
    public const string ListUnmatched =
        """
        SELECT type, count, first_seen_at, last_seen_at
          FROM unmatched_events
         WHERE project_id = $1 AND ($3::text IS NULL OR type > $3) AND type <> ALL ($4::text[])
         ORDER BY type
         LIMIT $2
        """;
}
