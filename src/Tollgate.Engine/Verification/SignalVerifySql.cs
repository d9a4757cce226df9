namespace Tollgate.Engine.Verification;

/// <summary>
/// The checks of the rollups of analytics, for <see cref="VerifyLedger"/>: signals of customer success against the events, and adoption
/// against the balances. Parameters and columns as in <see cref="VerifySql"/>.
/// </summary>
internal static class SignalVerifySql
{
    private const string OfProject = "($1::integer IS NULL OR project_id = $1::integer)";

    /// <summary>An event of an erased customer has no signals any more.</summary>
    private const string NotErased =
        "NOT EXISTS (SELECT FROM erasures g JOIN customers h ON h.project_id = g.project_id AND h.id = g.customer"
        + " WHERE h.partition = x.partition AND h.account = x.account)";

    /// <summary>
    /// An event that lost its texts does not say any more that it was a signal: an old one by retention, and one of an erased member, whose
    /// owner keeps the signal until somebody voids the event. A score or a value needs properties, so without any they were deleted.
    /// </summary>
    private const string NotGone =
        "NOT (x.fault = 'extra' AND EXISTS (SELECT FROM events o WHERE o.partition = x.partition AND o.account = x.account AND o.id = x.id"
        + " AND o.occurred_at = x.at AND (o.month = '9999-01-01') = (x.shard = 64)"
        + " AND (o.data ? 'gone' OR o.data ->> 'type' = 'erased' OR x.type IN ('csat', 'value_metric') AND NOT o.data ? 'props'))"
        + " AND (x.shard = 64 OR NOT EXISTS (SELECT FROM voided v"
        + " WHERE v.partition = x.partition AND v.account = x.account AND v.id = x.id)))";

    /// <summary>Place: type and id of the event, and what is wrong.</summary>
    public const string Signals =
        $"""
        WITH facts AS MATERIALIZED (
                SELECT f.*, CASE WHEN f.is_imported THEN 64 ELSE f.partition END AS shard FROM signal_facts f WHERE {OfProject}),
             voided AS MATERIALIZED (
                SELECT e.partition, e.account, (e.data ->> 'void')::uuid AS id FROM {VerifySql.Events} e WHERE e.data ? 'void')
        SELECT p.code, c.id, NULL::text, concat_ws(' ', x.type, x.id, x.fault), x.expected, x.found, count(*) OVER ()
          FROM (SELECT project_id, partition, account, type, at, id, shard, coalesce(e.value, 0) AS expected, coalesce(s.value, 0) AS found,
                       CASE WHEN s.value IS NULL THEN 'missing'
                            WHEN e.value IS NULL THEN 'extra'
                            WHEN e.value <> s.value THEN 'value'
                            WHEN (e.name, e.unit) <> (s.name, s.unit) AND (type <> 'value_metric' OR (s.name, s.unit) <> ('', ''))
                            THEN 'name' END AS fault
                  FROM (SELECT f.*
                          FROM facts f
                          LEFT JOIN voided v ON v.partition = f.partition AND v.account = f.account AND v.id = f.id AND NOT f.is_imported
                         WHERE v.id IS NULL) e
                  FULL JOIN (SELECT * FROM signals WHERE {OfProject}) s
                       USING (project_id, partition, account, type, at, id, shard)) x
          LEFT JOIN projects  p ON p.id = x.project_id
          LEFT JOIN customers c ON c.partition = x.partition AND c.account = x.account
         WHERE x.fault IS NOT NULL AND {NotErased} AND {NotGone}
         ORDER BY 1, 2, 4
         LIMIT 20
        """;

    /// <summary>Place: month, type, name and the figure.</summary>
    public const string Months =
        $"""
        SELECT p.code, NULL::text, NULL::text, concat_ws(' ', x.month, x.type, nullif(x.name, ''), y.figure), y.expected, y.found, count(*) OVER ()
          FROM (SELECT project_id, month, type, name, unit, coalesce(s.signals, 0)::numeric AS signals, coalesce(s.total, 0) AS total,
                       coalesce(m.signals, 0)::numeric AS found_signals, coalesce(m.total, 0) AS found_total
                  FROM (SELECT s.project_id, s.type, s.name, s.unit,
                               date_trunc('month', s.at AT TIME ZONE p.time_zone)::date AS month, count(*) AS signals, sum(s.value) AS total
                          FROM signals s
                          JOIN projects p ON p.id = s.project_id
                         WHERE {OfProject}
                         GROUP BY 1, 2, 3, 4, 5) s
                  FULL JOIN (SELECT project_id, month, type, name, unit, sum(signals) AS signals, sum(total) AS total
                               FROM signal_months
                              WHERE {OfProject}
                              GROUP BY 1, 2, 3, 4, 5) m USING (project_id, month, type, name, unit)) x
         CROSS JOIN LATERAL (VALUES ('signals', x.signals, x.found_signals), ('total', x.total, x.found_total)) AS y (figure, expected, found)
          LEFT JOIN projects p ON p.id = x.project_id
         WHERE y.expected <> y.found
         ORDER BY 1, 4
         LIMIT 20
        """;

    /// <summary>Place: the figure. Times are seconds since 1970, 0 for none.</summary>
    public const string Customers =
        $"""
        SELECT p.code, c.id, NULL::text, y.figure, y.expected, y.found, count(*) OVER ()
          FROM (SELECT project_id, partition, account, s.onboarded_at, s.first_value_at, f.onboarded_at AS found_onboarded,
                       f.first_value_at AS found_value
                  FROM (SELECT project_id, partition, account, min(at) FILTER (WHERE type = 'onboarding_completed') AS onboarded_at,
                               min(at) FILTER (WHERE type = 'value_metric') AS first_value_at
                          FROM signals
                         WHERE {OfProject}
                         GROUP BY 1, 2, 3) s
                  FULL JOIN (SELECT * FROM customer_signals WHERE {OfProject}) f USING (project_id, partition, account)) x
         CROSS JOIN LATERAL (VALUES ('onboarded_at', coalesce(extract(epoch FROM x.onboarded_at), 0),
                                     coalesce(extract(epoch FROM x.found_onboarded), 0)),
                                    ('first_value_at', coalesce(extract(epoch FROM x.first_value_at), 0),
                                     coalesce(extract(epoch FROM x.found_value), 0))) AS y (figure, expected, found)
          LEFT JOIN projects  p ON p.id = x.project_id
          LEFT JOIN customers c ON c.partition = x.partition AND c.account = x.account
         WHERE y.expected <> y.found
         ORDER BY 1, 2, 4
         LIMIT 20
        """;

    /// <summary>
    /// Adoption of closed months, three before the last computation and earlier, against the balances. A month of a feature whose balances
    /// may have changed since is left out: quota periods that end much later, late changes, grants, and levels that time weighs. Tollgate
    /// computes the months after those again every few minutes. Place: month and figure.
    /// </summary>
    public const string FeatureMonths =
        $"""
        SELECT p.code, NULL::text, n.code, x.month || ' ' || y.figure, y.expected, y.found, count(*) OVER ()
          FROM (SELECT project_id, feature, month, coalesce(b.used, 0)::numeric AS used, coalesce(b.units, 0) AS units,
                       coalesce(b.is_open, false) AS is_open, coalesce(f.used, 0)::numeric AS found_used, coalesce(f.units, 0) AS found_units
                  FROM (SELECT r.project_id, b.feature, m.month, count(DISTINCT (b.partition, b.account)) FILTER (WHERE b.used > 0) AS used,
                               sum(b.used) AS units,
                               bool_or(b.level_time IS NOT NULL OR b.drawn <> 0 OR l.account IS NOT NULL
                                       OR b.period_end > m.month + interval '2 months') AS is_open
                          FROM feature_month_runs r
                          JOIN projects  p ON p.id = r.project_id
                          JOIN customers c ON c.project_id = r.project_id
                          JOIN balances  b ON b.partition = c.partition AND b.account = c.account
                         CROSS JOIN LATERAL (SELECT date_trunc('month', b.period_start AT TIME ZONE p.time_zone)::date AS month) m
                          LEFT JOIN late_changes l ON l.partition = b.partition AND l.account = b.account AND l.feature = b.feature
                                                  AND l.period_start = b.period_start
                         WHERE ($1::integer IS NULL OR r.project_id = $1::integer)
                         GROUP BY 1, 2, 3) b
                  FULL JOIN (SELECT * FROM feature_months WHERE {OfProject}) f USING (project_id, feature, month)) x
          JOIN feature_month_runs r ON r.project_id = x.project_id
         CROSS JOIN LATERAL (VALUES ('customers', x.used, x.found_used), ('units', x.units, x.found_units)) AS y (figure, expected, found)
          LEFT JOIN projects p ON p.id = x.project_id
          LEFT JOIN features n ON n.id = x.feature
         WHERE NOT x.is_open AND x.month BETWEEN r.month - interval '36 months' AND r.month - interval '3 months' AND y.expected <> y.found
         ORDER BY 1, 3, 4
         LIMIT 20
        """;

    /// <summary>
    /// The last day's use of all time against the months, which one transaction computes together. Earlier days are samples, which no fact
    /// gives again. Place: the day.
    /// </summary>
    public const string FeatureDays =
        $"""
        SELECT p.code, NULL::text, n.code, d.day::text, m.units, d.total, count(*) OVER ()
          FROM (SELECT * FROM feature_days WHERE {OfProject}) d
          JOIN (SELECT project_id, max(day) AS day FROM feature_days WHERE {OfProject} GROUP BY 1) l
               ON l.project_id = d.project_id AND l.day = d.day
          JOIN (SELECT project_id, feature, sum(units) AS units FROM feature_months WHERE {OfProject} GROUP BY 1, 2) m
               ON m.project_id = d.project_id AND m.feature = d.feature
          LEFT JOIN projects p ON p.id = d.project_id
          LEFT JOIN features n ON n.id = d.feature
         WHERE m.units <> d.total
         ORDER BY 1, 3
         LIMIT 20
        """;
}
