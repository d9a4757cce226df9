namespace Tollgate.Engine.Alerts;

/// <summary>The statements on rules.</summary>
internal static class AlertRuleSql
{
    private const string Columns =
        """
        r.id, r.project_id, r.kind, r.threshold, r.severity, r.channels, r.mail_to, r.quiet_from, r.quiet_until, r.repeat, r.enabled,
               r.since, r.created_at, r.updated_at
        """;

    /// <summary>
    /// Gives the first rules to projects that never had any. Only the server that inserts a project's row inserts its rules. $1 projects or
    /// null for all, then arrays: $2 kinds, $3 channels (comma-separated), $4 repeats.
    /// </summary>
    public const string GiveFirst =
        """
          WITH fresh AS (
                INSERT INTO alert_projects (project_id)
                SELECT p.id
                  FROM projects p
                 WHERE ($1::integer IS NULL OR p.id = $1) AND NOT EXISTS (SELECT FROM alert_projects a WHERE a.project_id = p.id)
                ON CONFLICT DO NOTHING
                RETURNING project_id)
        INSERT INTO alert_rules (id, project_id, kind, channels, repeat, since)
        SELECT gen_random_uuid(), fresh.project_id, x.kind, string_to_array(x.channels, ','), x.repeat, '0'
          FROM fresh
         CROSS JOIN unnest($2::text[], $3::text[], $4::text[]) AS x (kind, channels, repeat)
        """;

    /// <summary>The enabled rules of projects. $1 projects.</summary>
    public const string Enabled =
        $"SELECT {Columns} FROM alert_rules r WHERE r.project_id = ANY ($1) AND r.enabled ORDER BY r.project_id, r.id";

    /// <summary>Serialises the creation of rules, so that their count is right. $1 project.</summary>
    public const string LockProject = "SELECT pg_advisory_xact_lock(7234012, $1)";

    /// <summary>$1 project.</summary>
    public const string Count = "SELECT count(*) FROM alert_rules WHERE project_id = $1";

    /// <summary>$1 project.</summary>
    public const string HasSlack =
        "SELECT EXISTS (SELECT FROM webhook_endpoints WHERE project_id = $1 AND format = 'slack' AND deleted_at IS NULL)";

    /// <summary>
    /// $1 id, $2 project, $3 kind, $4 threshold, $5 severity, $6 channels, $7 addresses, $8 and $9 quiet hours, $10 repeat, $11 whether
    /// it is enabled.
    /// </summary>
    public const string Insert =
        $"""
        INSERT INTO alert_rules AS r (id, project_id, kind, threshold, severity, channels, mail_to, quiet_from, quiet_until, repeat,
                                      enabled)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
          RETURNING {Columns}
        """;

    /// <summary>
    /// Replaces a rule. With another kind or threshold, or when it is enabled again, it does not apply to earlier facts. Parameters as of
    /// <see cref="Insert"/>.
    /// </summary>
    public const string Replace =
        $"""
        UPDATE alert_rules r
           SET since = CASE WHEN r.kind <> $3 OR r.threshold IS DISTINCT FROM $4 OR (NOT r.enabled AND $11) THEN place_of_fact()
                            ELSE r.since END,
               kind = $3, threshold = $4, severity = $5, channels = $6, mail_to = $7, quiet_from = $8, quiet_until = $9, repeat = $10,
               enabled = $11, updated_at = now()
         WHERE r.project_id = $2 AND r.id = $1
        RETURNING {Columns}
        """;

    /// <summary>In the order of their creation. $1 project, $2 the id after which it starts or null, $3 number of rows.</summary>
    public const string List =
        $"""
        SELECT {Columns}
          FROM alert_rules r
         WHERE r.project_id = $1
           AND ($2::uuid IS NULL
                OR (r.created_at, r.id) > (SELECT b.created_at, b.id FROM alert_rules b WHERE b.id = $2 AND b.project_id = $1))
         ORDER BY r.created_at, r.id
         LIMIT $3
        """;

    /// <summary>$1 project, $2 id.</summary>
    public const string Show = $"SELECT {Columns} FROM alert_rules r WHERE r.project_id = $1 AND r.id = $2";

    /// <summary>Its alerts stay. $1 project, $2 id.</summary>
    public const string Delete =
        """
          WITH mutes AS (DELETE FROM alert_mutes WHERE project_id = $1 AND rule = $2)
        DELETE FROM alert_rules WHERE project_id = $1 AND id = $2
        """;
}
