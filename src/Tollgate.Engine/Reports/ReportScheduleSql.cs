using Tollgate.Engine.Jobs;

namespace Tollgate.Engine.Reports;

/// <summary>The statements on report_schedules.</summary>
internal static class ReportScheduleSql
{
    private const string Columns =
        """
        s.id, s.project_id, s.kind, s.format, s.every, s.recipients, s.customer, s.enabled, s.next_at, s.last_from, s.last_to,
               s.created_at, s.updated_at
        """;

    private const string NotParked =
        $"{ParkedSql.NotParked} 'report_schedules' AND q.project_id = s.project_id AND q.subject = s.id::text)";

    /// <summary>Serialises the creation of schedules, so that their count is right. $1 project.</summary>
    public const string LockProject = "SELECT pg_advisory_xact_lock(7234036, $1)";

    /// <summary>$1 project.</summary>
    public const string Count = "SELECT count(*) FROM report_schedules WHERE project_id = $1";

    /// <summary>
    /// $1 id, $2 project, $3 kind, $4 format, $5 interval, $6 addresses, $7 customer or null, $8 enabled, $9 the next time.
    /// </summary>
    public const string Insert =
        $"""
        INSERT INTO report_schedules AS s (id, project_id, kind, format, every, recipients, customer, enabled, next_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
          RETURNING {Columns}
        """;

    /// <summary>Parameters as of <see cref="Insert"/>.</summary>
    public const string Replace =
        $"""
        UPDATE report_schedules s
           SET kind = $3, format = $4, every = $5, recipients = $6, customer = $7, enabled = $8, next_at = $9, updated_at = now()
         WHERE s.project_id = $2 AND s.id = $1
        RETURNING {Columns}
        """;

    /// <summary>In the order of their creation. $1 project, $2 the id after which it starts or null, $3 number of rows.</summary>
    public const string List =
        $"""
        SELECT {Columns}
          FROM report_schedules s
         WHERE s.project_id = $1
           AND ($2::uuid IS NULL
                OR (s.created_at, s.id) > (SELECT b.created_at, b.id FROM report_schedules b WHERE b.id = $2 AND b.project_id = $1))
         ORDER BY s.created_at, s.id
         LIMIT $3
        """;

    /// <summary>$1 project, $2 id.</summary>
    public const string Show = $"SELECT {Columns} FROM report_schedules s WHERE s.project_id = $1 AND s.id = $2";

    /// <summary>Tollgate still sends the mails that wait. $1 project, $2 id.</summary>
    public const string Delete = "DELETE FROM report_schedules WHERE project_id = $1 AND id = $2";

    /// <summary>The next time of each project. $1 projects. Rows: project, next_at.</summary>
    public const string NextDue =
        $"""
        SELECT p.id, (SELECT min(s.next_at) FROM report_schedules s WHERE s.project_id = p.id AND s.enabled AND {NotParked})
          FROM unnest($1::integer[]) AS p (id)
        """;

    /// <summary>$1 project, $2 until when, $3 number of rows.</summary>
    public const string Due =
        $"""
        SELECT s.id
          FROM report_schedules s
         WHERE s.project_id = $1 AND s.enabled AND s.next_at <= $2 AND {NotParked}
         ORDER BY s.next_at, s.id
         LIMIT $3
        """;

    /// <summary>No row: another server has sent it, or it is gone. $1 project, $2 id, $3 until when.</summary>
    public const string Lock =
        $"""
        SELECT {Columns}
          FROM report_schedules s
         WHERE s.project_id = $1 AND s.id = $2 AND s.enabled AND s.next_at <= $3
           FOR UPDATE
        """;

    /// <summary>$1 project, $2 id, $3 the next time, $4 and $5 the days of this report.</summary>
    public const string Sent =
        "UPDATE report_schedules SET next_at = $3, last_from = $4, last_to = $5 WHERE project_id = $1 AND id = $2";
}
