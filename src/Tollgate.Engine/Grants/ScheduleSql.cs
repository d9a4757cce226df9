
using Tollgate.Engine.Jobs;

namespace Tollgate.Engine.Grants;

/// <summary>
/// The statements on grant_schedules. Unless the comment says otherwise, <c>$1</c> is the partition and <c>$2</c> the account.
/// </summary>
internal static class ScheduleSql
{
    private const string Columns =
        "s.id, s.name, f.code AS feature_code, s.feature, s.amount, s.source, s.priority, s.every, s.lives, s.starts_at, s.ends_at, s.paused_at, s.turn, "
            + "s.next_number, s.created_at, s.ended_at";

    private const string NotParked =
        $"{ParkedSql.NotParked} 'grant_schedules' AND q.project_id = s.project_id AND q.subject = s.partition || '/' || s.account || '/' "
            + "|| s.id)";

    /// <summary>No row: a schedule with this id exists.</summary>
    public const string Insert =
        """
        INSERT INTO grant_schedules (partition, account, id, project_id, name, feature, amount, source, priority, every, lives, starts_at,
             ends_at, created_at, due_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        ON CONFLICT (partition, account, id) DO NOTHING
          RETURNING id
        """;

    public const string Count = "SELECT count(*) FROM grant_schedules WHERE partition = $1 AND account = $2";

    /// <summary>Oldest first. The limit on schedules is low enough for one page.</summary>
    public const string List =
        $"""
        SELECT {Columns}
          FROM grant_schedules s
          JOIN features f ON f.id = s.feature
         WHERE s.partition = $1 AND s.account = $2
         ORDER BY s.created_at, s.id
        """;

    /// <summary><c>$3</c> id.</summary>
    public const string Find =
        $"""
        SELECT {Columns}
          FROM grant_schedules s
          JOIN features f ON f.id = s.feature
         WHERE s.partition = $1 AND s.account = $2 AND s.id = $3
        """;

    /// <summary><c>$3</c> id, <c>$4</c> next number, <c>$5</c> turn, <c>$6</c> paused_at, <c>$7</c> ended_at, <c>$8</c> due_at.</summary>
    public const string Set =
        """
        UPDATE grant_schedules
           SET next_number = $4, turn = $5, paused_at = $6, ended_at = $7, due_at = $8
         WHERE partition = $1 AND account = $2 AND id = $3
        """;

    public const string DeleteAll = "DELETE FROM grant_schedules WHERE partition = $1 AND account = $2";

    /// <summary>The next due time of each project. $1 projects. Rows: project, due_at.</summary>
    public const string NextDue =
        $"""
        SELECT p.id, (SELECT min(s.due_at) FROM grant_schedules s WHERE s.project_id = p.id AND s.due_at IS NOT NULL AND {NotParked})
          FROM unnest($1::integer[]) AS p (id)
        """;

    /// <summary>The number of due schedules, parked ones included. $1 project, $2 until when.</summary>
    public const string CountDue = "SELECT count(*) FROM grant_schedules WHERE project_id = $1 AND due_at <= $2";

    /// <summary>$1 project, $2 until when, $3 number of rows. Rows: customer, id, partition, account.</summary>
    public const string Due =
        $"""
        SELECT c.id, s.id, s.partition, s.account
          FROM grant_schedules s
          JOIN customers c ON c.partition = s.partition AND c.account = s.account
         WHERE s.project_id = $1 AND s.due_at <= $2 AND {NotParked}
         ORDER BY s.due_at
         LIMIT $3
        """;
}
