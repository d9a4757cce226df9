namespace Tollgate.Engine.Verification;

/// <summary>
/// The checks of <see cref="VerifyLedger"/>: each recomputes values of the ledger from the facts, in one pass over a table, and returns
/// only differences. $1 is the project, null for all. Columns: project, customer, feature, place, expected, found, total. At most
/// <see cref="Listed"/> rows; total is the number of all differences.
/// </summary>
internal static class VerifySql
{
    public const int Listed = 20;

    /// <summary>One snapshot for all checks: a batch that commits meanwhile is in all of them or in none.</summary>
    public const string Begin =
        """
        SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;
        SET LOCAL statement_timeout = 0;
        SET LOCAL work_mem = '64MB';
        SET LOCAL jit = off;
        """;

    /// <summary>
    /// A merge join reads rows of all projects in the order of an index until it has passed the last row of the one project.
    /// </summary>
    public const string OfOneProject = "SET LOCAL enable_mergejoin = off";

    public const string Counts =
        """
        SELECT (SELECT count(*) FROM events   e JOIN customers c USING (partition, account) WHERE $1::integer IS NULL OR c.project_id = $1),
               (SELECT count(*) FROM balances b JOIN customers c USING (partition, account) WHERE $1::integer IS NULL OR c.project_id = $1),
               (SELECT count(*) FROM holds    h WHERE $1::integer IS NULL OR h.project_id = $1),
               now()
        """;

    /// <summary>
    /// A table's rows of the project, by its accounts, so that a check costs in proportion to the project's own records; all rows if $1 is
    /// null, including rows without a customer. PostgreSQL knows $1 when it plans and removes the case that does not apply.
    /// </summary>
    internal const string Events = Of + "events" + OfProject;

    private const string Balances = Of + "balances" + OfProject;
    private const string Holds = Of + "holds" + OfProject;
    private const string Grants = Of + "grants" + OfProject;
    private const string UniqueValuesOf = Of + "unique_values" + OfProject;
    private const string LevelReportsOf = Of + "level_reports" + OfProject;
    private const string Crossings = Of + "threshold_crossings" + OfProject;
    private const string LateChanges = Of + "late_changes" + OfProject;
    private const string RateStates = Of + "rate_states" + OfProject;

    private const string Of = "(SELECT t.* FROM ";

    private const string OfProject =
        " AS t LEFT JOIN customers AS own ON own.partition = t.partition AND own.account = t.account WHERE $1::integer IS NULL OR "
            + "own.project_id = $1::integer) AS";

    /// <summary>The effects of events on balances. Plain events have them in their columns, others in data.post (see EventData).</summary>
    private const string Postings =
        $"""
        SELECT e.partition, e.account, e.feature, e.period_start, e.quantity AS used, 0::numeric AS drawn
          FROM {Events} e
         WHERE e.feature <> 0 AND NOT e.data ? 'post'
         UNION ALL
        SELECT e.partition, e.account, (p ->> 0)::integer, timestamptz 'epoch' + (p ->> 1)::bigint * interval '1 microsecond',
               (p ->> 2)::numeric, (p ->> 3)::numeric
          FROM {Events} e
         CROSS JOIN LATERAL jsonb_array_elements(e.data -> 'post') AS p
         WHERE e.data ? 'post'
        """;

    private const string Folded =
        $"""
        SELECT partition, account, feature, period_start, sum(used) AS used, sum(drawn) AS drawn, count(*) AS events
          FROM ({Postings}) AS posted
         GROUP BY partition, account, feature, period_start
        """;

    /// <summary>Open holds: the amount that each part takes, and the number of open ones on the row of their own feature.</summary>
    private const string Held =
        $"""
        SELECT partition, account, feature, period_start, sum(amount) AS held, sum(open) AS open_holds
          FROM (SELECT h.partition, h.account, p.feature, p.period_start, p.amount, 0 AS open
                  FROM {Holds} h
                 CROSS JOIN LATERAL unnest(h.held_features, h.held_periods, h.held_amounts) AS p (feature, period_start, amount)
                 WHERE h.state = 'open'
                 UNION ALL
                SELECT h.partition, h.account, f.feature, h.held_periods[array_position(h.held_features, f.feature)], 0, 1
                  FROM {Holds} h
                 CROSS JOIN LATERAL unnest(h.features) AS f (feature)
                 WHERE h.state = 'open') AS part
         GROUP BY partition, account, feature, period_start
        """;

    public const string Used = Head +
        $"""
          FROM (SELECT partition, account, feature, period_start AS place, coalesce(f.used, 0) AS expected, coalesce(b.used, 0) AS found
                  FROM ({Folded}) AS f
                  FULL JOIN {Balances} b USING (partition, account, feature, period_start)
                 WHERE b.level_time IS NULL AND coalesce(f.used, 0) <> coalesce(b.used, 0)) AS x
        """ + Tail;

    public const string Drawn = Head +
        $"""
          FROM (SELECT partition, account, feature, period_start AS place, coalesce(f.drawn, 0) AS expected, coalesce(b.drawn, 0) AS found
                  FROM ({Folded}) AS f
                  FULL JOIN {Balances} b USING (partition, account, feature, period_start)
                 WHERE coalesce(f.drawn, 0) <> coalesce(b.drawn, 0)) AS x
        """ + Tail;

    /// <summary>Expected: the number of events that name the row.</summary>
    public const string MissingBalances = Head +
        $"""
          FROM (SELECT f.partition, f.account, f.feature, f.period_start AS place, f.events::numeric AS expected, 0::numeric AS found
                  FROM ({Folded}) AS f
                  LEFT JOIN {Balances} b USING (partition, account, feature, period_start)
                 WHERE b.account IS NULL) AS x
        """ + Tail;

    public const string HeldAmounts = Head +
        $"""
          FROM (SELECT partition, account, feature, period_start AS place, coalesce(h.held, 0) AS expected, coalesce(b.held, 0) AS found
                  FROM ({Held}) AS h
                  FULL JOIN {Balances} b USING (partition, account, feature, period_start)
                 WHERE coalesce(h.held, 0) <> coalesce(b.held, 0)) AS x
        """ + Tail;

    public const string OpenHolds = Head +
        $"""
          FROM (SELECT partition, account, feature, period_start AS place, coalesce(h.open_holds, 0)::numeric AS expected,
                       coalesce(b.open_holds, 0)::numeric AS found
                  FROM ({Held}) AS h
                  FULL JOIN {Balances} b USING (partition, account, feature, period_start)
                 WHERE coalesce(h.open_holds, 0) <> coalesce(b.open_holds, 0)) AS x
        """ + Tail;

    /// <summary>Place: the grant's id. A burn of a grant that does not exist has no feature.</summary>
    public const string GrantsUsed = Head +
        $"""
          FROM (SELECT partition, account, g.feature, id AS place, coalesce(burned.amount, 0) AS expected, coalesce(g.used, 0) AS found
                  FROM (SELECT e.partition, e.account, (b ->> 0)::uuid AS id, sum((b ->> 1)::numeric) AS amount
                          FROM {Events} e
                         CROSS JOIN LATERAL jsonb_array_elements(e.data -> 'burn') AS b
                         WHERE e.data ? 'burn'
                         GROUP BY 1, 2, 3) AS burned
                  FULL JOIN {Grants} g USING (partition, account, id)
                 WHERE coalesce(burned.amount, 0) <> coalesce(g.used, 0)) AS x
        """ + Tail;

    /// <summary>
    /// Rows with more used and held than was granted at their last decision. Explained: a fact, overage or settlement touched the row
    /// (those are marked), or the customer's rights changed since. {0} selects the explained ones or the others. Grants that were live at
    /// any time of the period count as granted.
    /// </summary>
    private const string Beyond =
        $$"""
          FROM (SELECT b.partition, b.account, b.feature, b.period_start AS place,
                       greatest(b.quota - b.carried, 0) + b.drawn + coalesce(g.remaining, 0) AS expected, b.used + b.held AS found,
                       EXISTS (SELECT FROM events e
                                WHERE e.partition = b.partition AND e.account = b.account AND e.data ?| '{out,hold,late}'
                                  AND ((e.feature = b.feature AND e.period_start = b.period_start)
                                       OR jsonb_path_exists(e.data, '$.post[*] ? (@[0] == $f)', jsonb_build_object('f', b.feature))))
                       OR c0.version > 1 OR (SELECT count(*) > 1 FROM catalogs k WHERE k.project_id = c0.project_id) AS explained
                  FROM {{Balances}} b
                  JOIN customers c0 ON c0.partition = b.partition AND c0.account = b.account
                  LEFT JOIN LATERAL (SELECT sum(g.amount - g.used - g.forfeited) AS remaining
                                       FROM grants g
                                      WHERE g.partition = b.partition AND g.account = b.account AND g.feature = b.feature
                                        AND g.effective_at < b.period_end AND g.expires_at > b.period_start) AS g ON true
                 WHERE b.quota IS NOT NULL AND b.level_time IS NULL
                   AND b.used + b.held > greatest(b.quota - b.carried, 0) + b.drawn + coalesce(g.remaining, 0)) AS x
        """;

    public const string Oversold = Head + Beyond + Joined + " AND NOT x.explained" + Cut;

    public const string Overshoot = Head + Beyond + Joined + " AND x.explained" + Cut;

    /// <summary>The sweeper frees holds within seconds; an advance of a test clock does the same.</summary>
    public const string OverdueHolds = Head +
        $"""
          FROM (SELECT h.partition, h.account, h.features[1] AS feature, h.id AS place, 0::numeric AS expected,
                       round(extract(epoch FROM coalesce(p0.test_clock, now()) - h.expires_at)) AS found
                  FROM {Holds} h
                  JOIN projects p0 ON p0.id = h.project_id
                 WHERE h.state = 'open' AND h.expires_at < coalesce(p0.test_clock, now()) - interval '5 seconds') AS x
        """ + Tail;

    /// <summary>Values of unique meters in live events, compared with the stored ones. Place: the period's start.</summary>
    public const string UniqueValues = Head +
        $"""
          FROM (SELECT partition, account, feature, period_start AS place,
                       count(seen.value)::numeric AS expected, count(kept.kept)::numeric AS found
                  FROM (SELECT DISTINCT e.partition, e.account, (u ->> 0)::integer AS feature,
                               coalesce((SELECT timestamptz 'epoch' + (p ->> 1)::bigint * interval '1 microsecond'
                                           FROM jsonb_array_elements(e.data -> 'post') AS p
                                          WHERE p -> 0 = u -> 0 LIMIT 1), e.period_start) AS period_start,
                               (u ->> 1)::uuid AS value
                          FROM {Events} e
                         CROSS JOIN LATERAL jsonb_array_elements(e.data -> 'uniq') AS u
                         WHERE e.data ? 'uniq'
                           AND NOT EXISTS (SELECT FROM {Events} v
                                            WHERE v.partition = e.partition AND v.account = e.account
                                              AND v.data ? 'void' AND (v.data ->> 'void')::uuid = e.id)) AS seen
                  FULL JOIN (SELECT u.*, u.value AS kept FROM {UniqueValuesOf} u) AS kept
                       USING (partition, account, feature, period_start, value)
                 WHERE seen.value IS NULL OR kept.kept IS NULL
                 GROUP BY partition, account, feature, period_start) AS x
        """ + Tail;

    /// <summary>
    /// The reports of levels in events; first for each balance the report that counts: a live one, the highest for max meters, the last for
    /// latest meters.
    /// </summary>
    private const string Reported =
        $$"""
        SELECT DISTINCT ON (partition, account, feature, period_start) partition, account, feature, period_start, is_latest,
               CASE WHEN live THEN value ELSE 0 END AS value, CASE WHEN live THEN occurred_at END AS occurred_at
          FROM (SELECT e.partition, e.account, (r ->> 0)::integer AS feature, (r ->> 1)::numeric AS value, (r ->> 2)::integer AS number,
                       jsonb_array_length(r) = 3 AS is_latest, e.occurred_at, v.id IS NULL AS live,
                       coalesce((SELECT timestamptz 'epoch' + (p ->> 1)::bigint * interval '1 microsecond'
                                   FROM jsonb_array_elements(e.data -> 'post') AS p
                                  WHERE p -> 0 = r -> 0 LIMIT 1), e.period_start) AS period_start
                  FROM {{Events}} e
                 CROSS JOIN LATERAL jsonb_array_elements(coalesce(e.data -> 'last', '[]') || coalesce(e.data -> 'raw', '[]')) AS r
                  LEFT JOIN (SELECT partition, account, (data ->> 'void')::uuid AS id FROM {{Events}} voids WHERE data ? 'void') AS v
                       ON v.partition = e.partition AND v.account = e.account AND v.id = e.id
                 WHERE e.data ?| '{last,raw}') AS one
         ORDER BY partition, account, feature, period_start, live DESC, CASE
           WHEN NOT is_latest THEN value END DESC, occurred_at DESC, number DESC
        """;

    /// <summary>A level has the value of the report that counts, and includes nothing else.</summary>
    public const string Levels = Head +
        $"""
          FROM (SELECT partition, account, feature, period_start AS place, r.value AS expected, coalesce(b.used, 0) AS found
                  FROM ({Reported}) AS r
                  LEFT JOIN {Balances} b USING (partition, account, feature, period_start)
                 WHERE r.value <> coalesce(b.used, 0)) AS x
        """ + Tail;

    /// <summary>The stored time of a balance's report. Expected and found: seconds since 1970; 0: none counts.</summary>
    public const string Reports = Head +
        $"""
          FROM (SELECT partition, account, feature, period_start AS place, coalesce(extract(epoch FROM r.occurred_at), 0) AS expected,
                       coalesce(extract(epoch FROM b.report_at), 0) AS found
                  FROM ({Reported}) AS r
                  JOIN {Balances} b USING (partition, account, feature, period_start)
                 WHERE r.is_latest AND r.occurred_at IS DISTINCT FROM b.report_at) AS x
        """ + Tail;

    /// <summary>The live reports of time-weighted levels, from events, each until the next one.</summary>
    private const string ToldByEvents =
        $"""
        SELECT e.partition, e.account, (r ->> 0)::integer AS feature, e.occurred_at, (r ->> 2)::integer AS number, (r ->> 1)::numeric AS level,
               lead(e.occurred_at, 1, 'infinity') OVER (PARTITION BY e.partition, e.account, (r ->> 0)::integer
                                                        ORDER BY e.occurred_at, (r ->> 2)::integer) AS until
          FROM {Events} e
         CROSS JOIN LATERAL jsonb_array_elements(e.data -> 'timed') AS r
         WHERE e.data ? 'timed'
           AND NOT EXISTS (SELECT FROM {Events} v
                            WHERE v.partition = e.partition AND v.account = e.account AND v.data ? 'void' AND (v.data ->> 'void')::uuid = e.id)
        """;

    /// <summary>
    /// The rows of such levels whose integral, or units, are not those of events alone. Expected and found: integrals, or units if the
    /// integrals agree.
    /// </summary>
    public const string TimedLevels = Head +
        $"""
          FROM (SELECT t.partition, t.account, t.feature, t.period_start AS place,
                       CASE WHEN t.integral <> t.level_time THEN t.integral ELSE t.units END AS expected,
                       CASE WHEN t.integral <> t.level_time THEN t.level_time ELSE t.used END AS found
                  FROM (SELECT i.*, div(2 * i.integral + i.level_whole, 2 * i.level_whole::numeric) * 0.000000001 AS units
                          FROM (SELECT b.partition, b.account, b.feature, b.period_start, b.used, b.level_time, b.level_whole,
                                       coalesce(trunc(1000000000 * sum(o.level * trunc(1000000 * (
                                           extract(epoch FROM least(o.until, b.period_end))
                                           - extract(epoch FROM greatest(o.occurred_at, b.period_start)))))), 0) AS integral
                                  FROM {Balances} b
                                  LEFT JOIN ({ToldByEvents}) AS o
                                       ON o.partition = b.partition AND o.account = b.account AND o.feature = b.feature
                                          AND o.occurred_at < b.period_end AND o.until > b.period_start
                                 WHERE b.level_time IS NOT NULL
                                 GROUP BY b.partition, b.account, b.feature, b.period_start, b.used, b.level_time, b.level_whole) AS i) AS t
                 WHERE t.integral <> t.level_time OR t.units <> t.used) AS x
        """ + Tail;

    /// <summary>Stored reports that are not those of live events. Place: the time of the report. Expected and found: levels.</summary>
    public const string LevelReports = Head +
        $"""
          FROM (SELECT partition, account, feature, occurred_at AS place, coalesce(o.level, -1) AS expected, coalesce(k.level, -1) AS found
                  FROM ({ToldByEvents}) AS o
                  FULL JOIN {LevelReportsOf} k USING (partition, account, feature, occurred_at, number)
                 WHERE o.level IS DISTINCT FROM k.level) AS x
        """ + Tail;

    /// <summary>At a crossing, used had reached percent of granted, and the balance records that the threshold fired.</summary>
    public const string Thresholds = Head +
        $"""
          FROM (SELECT t.partition, t.account, t.feature, t.period_start AS place, t.percent::numeric AS expected,
                       coalesce(b.fired, 0)::numeric AS found
                  FROM {Crossings} t
                  LEFT JOIN {Balances} b USING (partition, account, feature, period_start)
                 WHERE b.account IS NULL OR b.fired < t.percent OR t.used * 100 < t.granted * t.percent) AS x
        """ + Tail;

    /// <summary>The imported use of each day, compared with the imported events. Place: the day and which.</summary>
    public const string ImportedUsage =
        $"""
        SELECT p.code, NULL::text, f.code, x.day || ' ' || y.which, y.expected, y.found, count(*) OVER ()
          FROM (SELECT project_id, feature, day, coalesce(e.events, 0) AS events, coalesce(e.quantity, 0) AS quantity,
                       coalesce(d.events, 0) AS day_events, coalesce(d.quantity, 0) AS day_quantity
                  FROM (SELECT own.project_id, e.feature, (e.occurred_at AT TIME ZONE 'UTC')::date AS day, count(*) AS events,
                               sum(e.quantity) AS quantity
                          FROM {Events} e
                          JOIN customers own ON own.partition = e.partition AND own.account = e.account
                         WHERE e.month = '9999-01-01' AND e.feature <> 0
                         GROUP BY 1, 2, 3) AS e
                  FULL JOIN (SELECT * FROM imported_usage_days WHERE $1::integer IS NULL
                    OR project_id = $1) AS d USING (project_id, feature, day)) AS x
         CROSS JOIN LATERAL (VALUES ('events', x.events::numeric, x.day_events::numeric),
                                    ('quantity', x.quantity, x.day_quantity)) AS y (which, expected, found)
          LEFT JOIN projects p ON p.id = x.project_id
          LEFT JOIN features f ON f.id = x.feature
         WHERE y.expected <> y.found
         ORDER BY 1, 3, 4
         LIMIT 20
        """;

    /// <summary>
    /// An id counts once per customer, also across months. Imported ids are a space of their own: the live path does not look at them.
    /// Place: the id.
    /// </summary>
    public const string RepeatedIds = Head +
        $"""
          FROM (SELECT e.partition, e.account, 0 AS feature, e.id AS place, 1::numeric AS expected, count(*)::numeric AS found
                  FROM {Events} e
                 GROUP BY e.partition, e.account, e.id, e.month = '9999-01-01'
                HAVING count(*) > 1) AS x
        """ + Tail;

    /// <summary>
    /// Rows without a customer, and rows that name a feature of another project. Place: the table. Expected and found: project numbers.
    /// </summary>
    public const string Strangers = Head +
        $"""
          FROM (SELECT r.partition, r.account, r.feature, r.place, coalesce(c0.project_id, 0)::numeric AS expected,
                       coalesce(f0.project_id, 0)::numeric AS found
                  FROM (SELECT DISTINCT partition, account, feature, 'events' AS place FROM {Events} events WHERE feature <> 0
                         UNION ALL SELECT DISTINCT partition, account, feature, 'balances' FROM {Balances} balances
                         UNION ALL SELECT DISTINCT partition, account, feature, 'level_reports' FROM {LevelReportsOf} level_reports
                         UNION ALL SELECT DISTINCT partition, account, feature, 'late_changes' FROM {LateChanges} late_changes
                         UNION ALL SELECT DISTINCT partition, account, feature, 'grants' FROM {Grants} grants
                         UNION ALL SELECT DISTINCT partition, account, feature, 'rate_states' FROM {RateStates} rate_states
                         UNION ALL SELECT DISTINCT h.partition, h.account, unnest(h.features), 'holds' FROM {Holds} h) AS r
                  LEFT JOIN customers c0 ON c0.partition = r.partition AND c0.account = r.account
                  LEFT JOIN features  f0 ON f0.id = r.feature
                 WHERE c0.project_id IS DISTINCT FROM f0.project_id OR c0.project_id IS NULL
                 UNION ALL
                SELECT h.partition, h.account, 0, 'holds', coalesce(c0.project_id, 0), h.project_id
                  FROM {Holds} h
                  LEFT JOIN customers c0 ON c0.partition = h.partition AND c0.account = h.account
                 WHERE c0.project_id IS DISTINCT FROM h.project_id
                 UNION ALL
                SELECT c0.partition, c0.account, 0, 'customers', c0.project_id, v.project_id
                  FROM customers c0
                  JOIN plan_versions v ON v.id = c0.plan_version_id
                 WHERE v.project_id <> c0.project_id) AS x
        """ + Tail;

    /// <summary>
    /// Both sides of a membership name each other, an owner is no member of another customer, and a member has no live subscription.
    /// Expected: 1 for a row that must exist, 0 for one that must not. Place: the member.
    /// </summary>
    public const string Members = Head +
        """
          FROM (SELECT m.partition, m.account, 0 AS feature, m.id AS place, 1::numeric AS expected, 0::numeric AS found
                  FROM members m
                  LEFT JOIN customers o ON o.partition = m.partition AND o.account = m.account
                 WHERE NOT EXISTS (SELECT FROM customers c0
                                    WHERE c0.project_id = m.project_id AND c0.id = m.id AND c0.owner = o.id AND o.project_id = m.project_id)
                 UNION ALL
                SELECT c0.partition, c0.account, 0, c0.id, 1, 0
                  FROM customers c0
                 WHERE c0.owner IS NOT NULL
                   AND NOT EXISTS (SELECT FROM customers o
                                     JOIN members m ON m.partition = o.partition AND m.account = o.account AND m.id = c0.id
                                    WHERE o.project_id = c0.project_id AND o.id = c0.owner)
                 UNION ALL
                SELECT c0.partition, c0.account, 0, c0.id, 0, count(*)
                  FROM customers c0
                  JOIN members m ON m.partition = c0.partition AND m.account = c0.account
                 WHERE c0.owner IS NOT NULL
                 GROUP BY c0.partition, c0.account, c0.id
                 UNION ALL
                SELECT c0.partition, c0.account, 0, c0.id, 0, count(*)
                  FROM customers c0
                  JOIN subscriptions s ON s.partition = c0.partition AND s.account = c0.account AND s.ended_at IS NULL
                 WHERE c0.owner IS NOT NULL
                 GROUP BY c0.partition, c0.account, c0.id) AS x
        """ + Tail;

    private const string Head =
        """
        SELECT p.code, c.id, coalesce(f.code, x.feature::text), x.place::text, x.expected, x.found, count(*) OVER () AS total

        """;

    private const string Joined =
        """

          LEFT JOIN customers c ON c.partition = x.partition AND c.account = x.account
          LEFT JOIN projects  p ON p.id = c.project_id
          LEFT JOIN features  f ON f.id = x.feature
         WHERE ($1::integer IS NULL OR c.project_id = $1)
        """;

    private const string Cut =
        """

         ORDER BY p.code, c.id, 3, 4
         LIMIT 20
        """;

    private const string Tail = Joined + Cut;
}
