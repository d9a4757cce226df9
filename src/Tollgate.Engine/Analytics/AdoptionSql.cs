namespace Tollgate.Engine.Analytics;

/// <summary>The statements on adoption of features: the computation of months from balances and terms, and their read.</summary>
internal static class AdoptionSql
{
    /// <summary>One server at a time computes a project. $1 project.</summary>
    public const string Lock = "SELECT pg_try_advisory_xact_lock(7234023, $1)";

    /// <summary>Plans depend on the project's size, and each customer is found by key.</summary>
    public const string Prepare = "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL enable_seqscan = off; SET LOCAL jit = off";

    /// <summary>
    /// Computes months. $1 project, $2 months, $3 for each the instant at which entitlements count, $4 for each the version of the default
    /// plan, $5 the start of the first month, $6 the project's time zone, $7 now, $8 and $9 versions of plans with the features that they
    /// offer, $10 true if the project has a test clock: then the real time of a customer's creation says nothing.
    /// </summary>
    public const string Compute =
        """
        WITH month AS (SELECT * FROM unnest($2::date[], $3::timestamptz[], $4::integer[]) AS m (month, until, standard)),
             offered AS (SELECT * FROM unnest($8::integer[], $9::integer[]) AS o (version, feature)),
             uses AS MATERIALIZED (
                SELECT b.partition, b.account, b.feature, date_trunc('month', b.period_start AT TIME ZONE $6)::date AS month,
                       sum(CASE WHEN b.level_time IS NULL THEN b.used ELSE used_by(b, $7) END) AS units
                  FROM customers c
                  JOIN balances b ON b.partition = c.partition AND b.account = c.account AND b.period_end > $5 AND b.used > 0
                 WHERE c.project_id = $1
                 GROUP BY 1, 2, 3, 4),
             terms AS MATERIALIZED (
                SELECT m.month, c.partition, c.account, coalesce(t.plan_version_id, m.standard) AS version
                  FROM month m
                  JOIN customers c ON c.project_id = $1 AND c.owner IS NULL
                  LEFT JOIN LATERAL (SELECT x.plan_version_id, true AS is_set
                                       FROM customer_terms x
                                      WHERE x.partition = c.partition AND x.account = c.account AND x.from_at < m.until
                                        AND 'plan' = ANY (x.sets)
                                      ORDER BY x.from_at DESC, x.sequence DESC LIMIT 1) t ON true
                 WHERE CASE WHEN $10 THEN t.is_set IS NOT NULL
                                          OR EXISTS (SELECT FROM balances b
                                                      WHERE b.partition = c.partition AND b.account = c.account AND b.period_start < m.until)
                            ELSE c.created_at < m.until END),
             fresh AS MATERIALIZED (
                SELECT x.month, x.feature, sum(x.entitled)::bigint AS entitled, sum(x.used)::bigint AS used, sum(x.units) AS units
                  FROM (SELECT p.month, o.feature, sum(p.customers) AS entitled, 0 AS used, 0::numeric AS units
                          FROM (SELECT t.month, t.version, count(*) AS customers FROM terms t GROUP BY 1, 2) p
                          JOIN offered o ON o.version = p.version
                         GROUP BY 1, 2
                         UNION ALL
                        SELECT u.month, u.feature, count(*) FILTER (WHERE o.version IS NULL), count(*), sum(u.units)
                          FROM uses u
                          JOIN month m ON m.month = u.month
                          LEFT JOIN terms t ON t.month = u.month AND t.partition = u.partition AND t.account = u.account
                          LEFT JOIN offered o ON o.version = t.version AND o.feature = u.feature
                         GROUP BY 1, 2) x
                 GROUP BY 1, 2),
             gone AS (
                DELETE FROM feature_months f
                 WHERE f.project_id = $1 AND f.month = ANY ($2)
                   AND NOT EXISTS (SELECT FROM fresh x WHERE x.month = f.month AND x.feature = f.feature))
        INSERT INTO feature_months AS f (project_id, month, feature, entitled, used, units)
        SELECT $1, x.month, x.feature, x.entitled, x.used, x.units
          FROM fresh x
            ON CONFLICT (project_id, month, feature)
            DO UPDATE SET entitled = excluded.entitled, used = excluded.used, units = excluded.units
         WHERE (f.entitled, f.used, f.units) IS DISTINCT FROM (excluded.entitled, excluded.used, excluded.units)
        """;

    /// <summary>True if a first computation is short enough for a read. $1 project, $2 the most customers.</summary>
    public const string IsSmall =
        "SELECT count(*) <= $2 FROM (SELECT FROM customers c WHERE c.project_id = $1 LIMIT $2 + 1) x";

    /// <summary>
    /// Keeps the use of all time of each feature at the end of a day, or now, and forgets old days. $1 project, $2 day, $3 the oldest day.
    /// </summary>
    public const string MarkDay =
        """
        WITH old AS (DELETE FROM feature_days d WHERE d.project_id = $1 AND d.day < $3)
        INSERT INTO feature_days AS d (project_id, day, feature, total)
        SELECT $1, $2, m.feature, sum(m.units)
          FROM feature_months m
         WHERE m.project_id = $1
         GROUP BY m.feature
            ON CONFLICT (project_id, day, feature) DO UPDATE SET total = excluded.total WHERE d.total <> excluded.total
        """;

    /// <summary>$1 project, $2 the first day. Rows: feature, day, total.</summary>
    public const string Days =
        "SELECT d.feature, d.day, d.total FROM feature_days d WHERE d.project_id = $1 AND d.day >= $2";

    /// <summary>$1 project, $2 its month, $3 true if all months were computed.</summary>
    public const string Ran =
        """
        INSERT INTO feature_month_runs AS r (project_id, month, ran_at, whole_at, took)
        VALUES ($1, $2, now(), now(), clock_timestamp() - now())
            ON CONFLICT (project_id)
            DO UPDATE SET month = excluded.month, ran_at = excluded.ran_at, took = excluded.took,
                          whole_at = CASE WHEN $3 THEN excluded.whole_at ELSE r.whole_at END
        """;

    /// <summary>
    /// The last computation. $1 project. Row: month, time, duration in milliseconds, true if all months are due again.
    /// </summary>
    public const string LastRun =
        """
        SELECT r.month, r.ran_at, r.ran_at < now() - interval '1 second' AS is_old, (extract(epoch FROM r.took) * 1000)::bigint AS took,
               r.whole_at < now() - interval '1 day' AS is_whole_due
          FROM feature_month_runs r
         WHERE r.project_id = $1
        """;

    /// <summary>
    /// The projects whose months are due: five minutes after the last time, and at most a fiftieth of the time. $1 projects.
    /// </summary>
    public const string Due =
        """
        SELECT p.id
          FROM unnest($1::integer[]) AS p (id)
          LEFT JOIN feature_month_runs r ON r.project_id = p.id
         WHERE r.project_id IS NULL OR r.ran_at < now() - greatest(interval '5 minutes', r.took * 50)
         ORDER BY r.ran_at NULLS FIRST
        """;

    /// <summary>Months with imported use. $1 project, $2 and $3 the first and last month, $4 feature or null, $5 the most rows.</summary>
    public const string List =
        """
        SELECT coalesce(f.month, i.month) AS month, x.code, coalesce(f.entitled, 0) AS entitled, coalesce(f.used, 0) AS used,
               trim_scale(coalesce(f.units, 0)) AS units, trim_scale(coalesce(i.quantity, 0)) AS imported
          FROM (SELECT * FROM feature_months m WHERE m.project_id = $1 AND m.month BETWEEN $2 AND $3) f
          FULL JOIN (SELECT d.feature, d.day - extract(day FROM d.day)::integer + 1 AS month, sum(d.quantity) AS quantity
                       FROM imported_usage_days d
                      WHERE d.project_id = $1 AND d.day >= $2 AND d.day < ($3::date + interval '1 month')::date
                      GROUP BY 1, 2) i ON i.feature = f.feature AND i.month = f.month
          JOIN features x ON x.id = coalesce(f.feature, i.feature) AND x.project_id = $1
         WHERE $4::text IS NULL OR x.code = $4
         ORDER BY 1, 2
         LIMIT $5
        """;
}
