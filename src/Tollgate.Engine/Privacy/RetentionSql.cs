using Tollgate.Core.Privacy;

namespace Tollgate.Engine.Privacy;

/// <summary>The statements by which old usage loses its texts.</summary>
internal static class RetentionSql
{
    // ---- settings ----------------------------------------------------------------------------------------------

    /// <summary>$1 project.</summary>
    public const string Settings = "SELECT s.retention_days, s.encrypt_usage FROM privacy_settings s WHERE s.project_id = $1";

    /// <summary>$1 project, $2 days or null, $3 whether to encrypt usage; null leaves that as it is.</summary>
    public const string SetSettings =
        """
        INSERT INTO privacy_settings AS s (project_id, retention_days, encrypt_usage)
             VALUES ($1, $2, coalesce($3, false))
        ON CONFLICT (project_id)
        DO UPDATE SET retention_days = excluded.retention_days, encrypt_usage = coalesce($3, s.encrypt_usage)
        """;

    // ---- runs --------------------------------------------------------------------------------------------------

    private const string Columns = "r.id, r.day, r.started_at, r.done_at, r.customers, r.events, r.holds";

    /// <summary>
    /// Projects without a run of their day, and those with an unfinished one. $1 projects, $2 their days, $3 whether their plans can have
    /// days.
    /// </summary>
    public const string Due =
        """
        SELECT x.project_id
          FROM unnest($1::integer[], $2::date[], $3::boolean[]) AS x (project_id, day, has_feature)
          LEFT JOIN privacy_settings s ON s.project_id = x.project_id
         WHERE EXISTS (SELECT FROM retention_runs r WHERE r.project_id = x.project_id AND r.done_at IS NULL)
            OR (x.has_feature OR s.retention_days IS NOT NULL)
               AND NOT EXISTS (SELECT FROM retention_runs r WHERE r.project_id = x.project_id AND r.day = x.day)
        """;

    /// <summary>Begins the run of a day, unless an earlier one is unfinished. $1 id, $2 project, $3 day.</summary>
    public const string Begin =
        """
        INSERT INTO retention_runs (id, project_id, day, imports)
        SELECT $1, $2, $3,
               coalesce((SELECT coalesce(min(i.number) FILTER (WHERE i.status IN ('receiving', 'waiting', 'running')) - 1, max(i.number))
                           FROM imports i WHERE i.project_id = $2), 0)
         WHERE NOT EXISTS (SELECT FROM retention_runs r WHERE r.project_id = $2 AND r.done_at IS NULL)
            ON CONFLICT (project_id, day) DO NOTHING
        """;

    /// <summary>Takes the unfinished run; one that another server has is passed over. $1 project.</summary>
    public const string Take =
        """
        SELECT r.id, r.day, r.imports, r.last_partition, r.last_account, r.place
          FROM retention_runs r
         WHERE r.project_id = $1 AND r.done_at IS NULL
         LIMIT 1
           FOR UPDATE SKIP LOCKED
        """;

    /// <summary>
    /// $1 id, $2 partition and $3 account of the last customer that is done, $4 place, $5 to $7 counts, $8 whether the run is over.
    /// </summary>
    public const string Move =
        """
        UPDATE retention_runs
           SET last_partition = $2, last_account = $3, place = $4, customers = customers + $5, events = events + $6, holds = holds + $7,
               done_at = CASE WHEN $8 THEN now() END
         WHERE id = $1
        """;

    /// <summary>Newest first. $1 project, $2 the id after which the list starts, or null, $3 number of rows.</summary>
    public const string List =
        $"""
        SELECT {Columns}
          FROM retention_runs r
         WHERE r.project_id = $1
           AND ($2::uuid IS NULL OR r.sequence < (SELECT a.sequence FROM retention_runs a WHERE a.project_id = $1 AND a.id = $2))
         ORDER BY r.sequence DESC
         LIMIT $3
        """;

    // ---- customers ---------------------------------------------------------------------------------------------

    private const string Override = $"(c.overrides -> '{RetentionRules.Feature}')::text";

    /// <summary>
    /// The next customers, in the order of their key. $1 project, $2 partition and $3 account of the last one, $4 number of rows.
    /// </summary>
    public const string Customers =
        $"""
        SELECT c.partition, c.account, c.plan_version_id, {Override} AS override, m.days, m.next_days, m.next_at, m.kept_from,
               coalesce(m.imports, 0) AS imports, m.account IS NOT NULL AS has_mark
          FROM customers c
          LEFT JOIN retention_marks m ON m.partition = c.partition AND m.account = c.account
         WHERE c.project_id = $1 AND (c.partition, c.account) > ($2, $3)
         ORDER BY c.partition, c.account
         LIMIT $4
        """;

    /// <summary>
    /// $1 project. Parallel arrays: $2 partitions, $3 accounts, $4 days, $5 next days and $6 their times, $7 the start of what is kept, $8
    /// imports.
    /// </summary>
    public const string SetMarks =
        """
        INSERT INTO retention_marks (partition, account, project_id, days, next_days, next_at, kept_from, imports)
        SELECT x.partition, x.account, $1, x.days, x.next_days, x.next_at, x.kept_from, x.imports
          FROM unnest($2::smallint[], $3::integer[], $4::integer[], $5::integer[], $6::timestamptz[], $7::timestamptz[], $8::integer[])
            AS x (partition, account, days, next_days, next_at, kept_from, imports)
            ON CONFLICT (partition, account)
            DO UPDATE SET days = excluded.days, next_days = excluded.next_days, next_at = excluded.next_at,
                          kept_from = excluded.kept_from, imports = excluded.imports
        """;

    /// <summary>An event that has texts to delete.</summary>
    private const string HasTexts = "e.data ?| '{id,by,from,props,box}' AND NOT e.data ? 'gone'";

    /// <summary>An ended reservation that has texts to delete.</summary>
    private const string HoldHasTexts =
        "h.state <> 'open' AND (h.reference IS NOT NULL OR h.member IS NOT NULL OR h.data <> '{}')";

    /// <summary>
    /// Deletes the texts of the next events of an account. $1 partition, $2 account, $3 id and $4 month of the last one, $5 number of rows,
    /// $6 properties of calls that stay, $7 first and $8 last month, $9 and $10 the range of occurred_at. Row: place of the last one, rows
    /// seen, the ids of those that name a member.
    /// </summary>
    public const string StripEvents =
        $"""
          WITH page AS MATERIALIZED (
                SELECT e.id, e.month, e.data ? 'by' AS has_member
                  FROM events e
                 WHERE e.partition = $1 AND e.account = $2 AND (e.id, e.month) > ($3, $4)
                   AND e.month >= $7 AND e.month <= $8 AND e.occurred_at >= $9 AND e.occurred_at < $10
                   AND {HasTexts}
                 ORDER BY e.id, e.month
                 LIMIT $5),
               changed AS (
                UPDATE events e SET data = retained_event(e.data, $6)
                  FROM page
                 WHERE e.partition = $1 AND e.account = $2 AND e.id = page.id AND e.month = page.month)
        SELECT (SELECT p.id || '/' || p.month FROM page p ORDER BY p.id DESC, p.month DESC LIMIT 1) AS place,
               (SELECT count(*) FROM page) AS seen,
               ARRAY(SELECT p.id FROM page p WHERE p.has_member) AS of_members
        """;

    /// <summary>
    /// Deletes the member from reversing events, which have the time of the event that they reverse but may be in any later month. $1
    /// partition, $2 account, $3 ids.
    /// </summary>
    public const string StripVoids =
        """
        UPDATE events SET data = data - 'by' || '{"gone": true}'
         WHERE partition = $1 AND account = $2 AND id = ANY ($3) AND data ? 'void' AND data ? 'by'
        """;

    /// <summary>
    /// Deletes the texts of the next reservations. Their ids stay, so that a repeat reserves nothing. $1 partition, $2 account, $3 the last
    /// id, $4 number of rows, $5 and $6 the range of created_at. Row: the last id, rows seen.
    /// </summary>
    public const string StripHolds =
        $$"""
          WITH page AS MATERIALIZED (
                SELECT h.id
                  FROM holds h
                 WHERE h.partition = $1 AND h.account = $2 AND h.id > $3
                   AND h.created_at >= $5 AND h.created_at < $6 AND {{HoldHasTexts}}
                 ORDER BY h.id
                 LIMIT $4),
               changed AS (
                UPDATE holds h SET reference = NULL, member = NULL, data = '{}'
                  FROM page
                 WHERE h.partition = $1 AND h.account = $2 AND h.id = page.id)
        SELECT (SELECT p.id::text FROM page p ORDER BY p.id DESC LIMIT 1) AS place, (SELECT count(*) FROM page) AS seen
        """;

    // ---- overview ----------------------------------------------------------------------------------------------

    /// <summary>The customers of a project by what decides their retention. $1 project, $2 the most rows.</summary>
    public const string Groups =
        $"""
        SELECT c.plan_version_id, {Override} AS override, count(*) AS customers, count(m.next_days) AS waiting
          FROM customers c
          LEFT JOIN retention_marks m ON m.partition = c.partition AND m.account = c.account
         WHERE c.project_id = $1
         GROUP BY 1, 2
         LIMIT $2
        """;

    /// <summary>
    /// The rows of those customers that have texts from before an instant. $1 project, $2 plan version or null, $3 override or null, $4 the
    /// instant, $5 whether months follow occurred_at.
    /// </summary>
    public const string CountTexts =
        $"""
        SELECT coalesce(sum(n.events), 0)::bigint AS events, coalesce(sum(n.holds), 0)::bigint AS holds
          FROM customers c
          LEFT JOIN retention_marks m ON m.partition = c.partition AND m.account = c.account
         CROSS JOIN LATERAL (
               SELECT (SELECT count(*) FROM events e
                        WHERE e.partition = c.partition AND e.account = c.account AND e.occurred_at < $4
                          AND (NOT $5 OR e.month >= coalesce((m.kept_from - interval '37 days')::date, '0001-01-01') - 31)
                          AND {HasTexts}) AS events,
                      (SELECT count(*) FROM holds h
                        WHERE h.partition = c.partition AND h.account = c.account AND h.created_at < $4
                          AND {HoldHasTexts}) AS holds) AS n
         WHERE c.project_id = $1 AND c.plan_version_id IS NOT DISTINCT FROM $2::integer AND {Override} IS NOT DISTINCT FROM $3::text
        """;
}
