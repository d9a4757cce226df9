namespace Tollgate.Engine.Alerts;

/// <summary>The statements on alerts. Rules: <see cref="AlertRuleSql"/>; facts: <see cref="AlertFactSql"/>.</summary>
internal static class AlertSql
{
    // ---- firing ------------------------------------------------------------------------------------------------

    /// <summary>
    /// Inserts alerts, each once for its rule, subject and occasion. The channels get only a number of alerts of
    /// a rule in an hour, and none about a muted subject. $1 ids, $2 projects, $3 rules, $4 customers, $5 subjects, $6 occasions,
    /// $7 severities, $8 titles, $9 details, $10 recommendations, $11 data, $12 times, $13 times for the channels (null: only the list;
    /// epoch: at once), $14 the most in an hour, $15 whether it is a test. Rows: id, project, rule, kind, subject,
    /// severity, channels, whether the channels get it now, whether it is muted.
    /// </summary>
    public const string Insert =
        """
          WITH sent AS MATERIALIZED (
                SELECT r.rule, (SELECT count(*)
                                  FROM (SELECT FROM alerts a
                                         WHERE a.rule = r.rule AND a.fired_at > now() - interval '1 hour' AND a.pushed IS NOT NULL
                                         LIMIT $14) AS s) AS alerts
                  FROM (SELECT DISTINCT unnest($3::uuid[]) AS rule) AS r),
               fresh AS MATERIALIZED (
                SELECT x.*, r.kind, r.channels, r.mail_to, m.until AS muted_until,
                       x.push_at = 'epoch' AND m.until IS NULL AS is_due,
                       count(*) FILTER (WHERE x.push_at = 'epoch' AND m.until IS NULL) OVER (PARTITION BY x.rule ORDER BY x.place)
                           + sent.alerts AS turn
                  FROM unnest($1::uuid[], $2::integer[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                              $10::text[], $11::text[], $12::timestamptz[], $13::timestamptz[]) WITH ORDINALITY
                       AS x (id, project_id, rule, customer, subject, occasion, severity, title, detail, recommendation, data, at, push_at,
                             place)
                  JOIN alert_rules r ON r.id = x.rule AND r.project_id = x.project_id
                  JOIN sent ON sent.rule = x.rule
                  LEFT JOIN alert_mutes m ON m.project_id = x.project_id AND m.rule = x.rule AND m.subject = x.subject AND m.until > x.at
                 WHERE NOT EXISTS (SELECT FROM alerts a
                                    WHERE a.project_id = x.project_id AND a.rule = x.rule AND a.subject = x.subject
                                      AND a.occasion = x.occasion))
        INSERT INTO alerts (id, project_id, rule, kind, customer, subject, occasion, severity, title, detail, recommendation, data,
                            channels, mail_to, at, push_at, pushed, muted_until, is_test)
        SELECT f.id, f.project_id, f.rule, f.kind, f.customer, f.subject, f.occasion, f.severity, f.title, f.detail, f.recommendation,
               f.data::jsonb, f.channels, f.mail_to, f.at,
               CASE WHEN f.push_at > 'epoch' AND f.muted_until IS NULL THEN f.push_at END,
               CASE WHEN f.is_due AND f.turn <= $14 THEN place_of_fact() END,
               f.muted_until, $15
          FROM fresh f
         ORDER BY f.place
        ON CONFLICT (project_id, rule, subject, occasion) DO NOTHING
        RETURNING id, project_id, rule, kind, subject, severity, channels, pushed IS NOT NULL AS is_pushed,
                  muted_until IS NOT NULL AS is_muted
        """;

    /// <summary>
    /// Tells the channels of rules once an hour that the list has more alerts than they get. $1 ids, $2 rules, $3 the project's times, $4
    /// title, $5 detail.
    /// </summary>
    public const string InsertMore =
        """
        INSERT INTO alerts (id, project_id, rule, kind, subject, occasion, severity, title, detail, channels, mail_to, at, pushed)
        SELECT x.id, r.project_id, r.id, r.kind, 'rule/' || r.id, 'more ' || to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24'),
               coalesce(r.severity, 'warning'), $4, $5, r.channels, r.mail_to, x.at, place_of_fact()
          FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS x (id, rule, at)
          JOIN alert_rules r ON r.id = x.rule
        ON CONFLICT (project_id, rule, subject, occasion) DO NOTHING
        """;

    /// <summary>
    /// Gives the channels the alerts whose quiet hours have ended: of each rule only a number, and the oldest first. $1 the most of a rule,
    /// $2 number of rows. Rows: as of <see cref="Insert"/>, and the time of the alert.
    /// </summary>
    public const string Release =
        """
          WITH due AS MATERIALIZED (
                SELECT d.number, row_number() OVER (PARTITION BY d.rule ORDER BY d.number) AS turn
                  FROM (SELECT a.number, a.rule
                          FROM alerts a
                          JOIN projects p ON p.id = a.project_id
                         WHERE a.push_at <= coalesce(p.test_clock, now())
                         ORDER BY a.push_at, a.number
                         LIMIT $2) AS d)
        UPDATE alerts a
           SET push_at = NULL, pushed = CASE WHEN due.turn <= $1 AND a.muted_until IS NULL THEN place_of_fact() END
          FROM due
         WHERE a.number = due.number AND a.push_at IS NOT NULL
        RETURNING a.id, a.project_id, a.rule, a.kind, a.subject, a.severity, a.channels, a.pushed IS NOT NULL AS is_pushed,
                  a.muted_until IS NOT NULL AS is_muted
        """;

    /// <summary>One server looks at present states, and ends quiet hours, at a time.</summary>
    public const string TryLockChecks = "SELECT pg_try_advisory_xact_lock(7234011, 1)";

    // ---- looks at figures --------------------------------------------------------------------------------------

    /// <summary>The figures that enabled rules watch. $1 kinds, $2 real time. Rows: project, kind, whether a look is due.</summary>
    public const string Watched =
        """
        SELECT r.project_id, r.kind, coalesce(l.next_at <= $2, true) AS is_due
          FROM (SELECT DISTINCT project_id, kind FROM alert_rules WHERE enabled AND kind = ANY ($1)) AS r
          LEFT JOIN alert_looks l ON l.project_id = r.project_id AND l.kind = r.kind
         ORDER BY l.next_at NULLS FIRST, r.project_id, r.kind
        """;

    /// <summary>Claims a due look; no row: another server has it. $1 project, $2 kind, $3 real time, $4 the end of the claim.</summary>
    public const string ClaimLook =
        """
        INSERT INTO alert_looks AS l (project_id, kind, next_at) VALUES ($1, $2, $4)
        ON CONFLICT (project_id, kind) DO UPDATE SET next_at = excluded.next_at WHERE l.next_at <= $3
        """;

    /// <summary>$1 project, $2 kind, $3 the end of the claim, $4 the next look.</summary>
    public const string FinishLook = "UPDATE alert_looks SET next_at = $4 WHERE project_id = $1 AND kind = $2 AND next_at = $3";

    // ---- reading -----------------------------------------------------------------------------------------------

    private const string Columns =
        """
        a.number, a.id, a.rule, a.kind, a.customer, a.subject, a.severity, a.title, a.detail, a.recommendation, a.data::text AS data, a.at,
               a.is_test, a.read_at, a.acknowledged_at, a.muted_until, a.customer_read_at
        """;

    /// <summary>
    /// Newest first. $1 project, $2 customer or null, $3 whether only unread ones, $4 kind or null, $5 severity or null, $6 the id after
    /// which it starts or null, $7 number of rows.
    /// </summary>
    public const string List =
        $"""
        SELECT {Columns}
          FROM alerts a
         WHERE a.project_id = $1 AND ($2::text IS NULL OR a.customer = $2) AND (NOT $3 OR a.read_at IS NULL)
           AND ($4::text IS NULL OR a.kind = $4) AND ($5::text IS NULL OR a.severity = $5)
           AND ($6::uuid IS NULL OR a.number < (SELECT b.number FROM alerts b WHERE b.id = $6 AND b.project_id = $1))
         ORDER BY a.number DESC
         LIMIT $7
        """;

    /// <summary>
    /// The alerts that a customer sees, newest first: of several rules that made an alert of one fact, only the first alert. $1 project, $2
    /// customer, $3 kinds, $4 whether only unread ones, $5 the id after which it starts or null, $6 number of rows.
    /// </summary>
    public const string ListOfCustomer =
        $"""
        SELECT {Columns}
          FROM alerts a
         WHERE a.project_id = $1 AND a.customer = $2 AND a.kind = ANY ($3) AND NOT a.is_test AND (NOT $4 OR a.customer_read_at IS NULL)
           AND ($5::uuid IS NULL OR a.number < (SELECT b.number FROM alerts b WHERE b.id = $5 AND b.project_id = $1 AND b.customer = $2))
           AND NOT EXISTS (SELECT FROM alerts b
                            WHERE b.project_id = $1 AND b.kind = a.kind AND b.subject = a.subject AND b.customer = $2
                              AND b.at = a.at AND b.data = a.data AND b.number < a.number)
         ORDER BY a.number DESC
         LIMIT $6
        """;

    /// <summary>$1 project, $2 id.</summary>
    public const string Show = $"SELECT {Columns} FROM alerts a WHERE a.project_id = $1 AND a.id = $2";

    /// <summary>$1 project, $2 ids.</summary>
    public const string ShowSeveral = $"SELECT {Columns} FROM alerts a WHERE a.project_id = $1 AND a.id = ANY ($2)";

    // ---- states ------------------------------------------------------------------------------------------------

    /// <summary>A repeat changes nothing. $1 project, $2 id, $3 the project's time.</summary>
    public const string Read =
        $"UPDATE alerts a SET read_at = coalesce(a.read_at, $3) WHERE a.project_id = $1 AND a.id = $2 RETURNING {Columns}";

    /// <summary>An acknowledged alert is also read. $1 project, $2 id, $3 the project's time.</summary>
    public const string Acknowledge =
        $"""
        UPDATE alerts a
           SET acknowledged_at = coalesce(a.acknowledged_at, $3), read_at = coalesce(a.read_at, $3)
         WHERE a.project_id = $1 AND a.id = $2
        RETURNING {Columns}
        """;

    /// <summary>
    /// Mutes the alert's rule for the alert's subject. A push that waits for the end of quiet hours is dropped. $1 project, $2 id,
    /// $3 until.
    /// </summary>
    public const string Mute =
        $"""
          WITH mute AS (
                INSERT INTO alert_mutes AS m (project_id, rule, subject, until)
                SELECT a.project_id, a.rule, a.subject, $3 FROM alerts a WHERE a.project_id = $1 AND a.id = $2
                ON CONFLICT (project_id, rule, subject) DO UPDATE SET until = excluded.until)
        UPDATE alerts a SET muted_until = $3, push_at = NULL WHERE a.project_id = $1 AND a.id = $2 RETURNING {Columns}
        """;

    /// <summary>
    /// The customer has read it, and with it the alerts that other rules made of the same fact. $1 project, $2 customer, $3 id, $4 the
    /// project's time, $5 kinds.
    /// </summary>
    public const string ReadByCustomer =
        $"""
        UPDATE alerts a
           SET customer_read_at = coalesce(a.customer_read_at, $4)
         WHERE a.project_id = $1 AND a.customer = $2 AND a.id = $3 AND a.kind = ANY ($5) AND NOT a.is_test
        RETURNING {Columns}
        """;

    /// <summary>$1 days, $2 number of rows.</summary>
    public const string ForgetOld =
        """
        DELETE FROM alerts
         WHERE number IN (SELECT number FROM alerts WHERE fired_at < now() - make_interval(days => $1) AND push_at IS NULL LIMIT $2)
        """;
}
