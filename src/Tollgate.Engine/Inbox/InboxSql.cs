namespace Tollgate.Engine.Inbox;

/// <summary>The statements on provider events.</summary>
internal static class InboxSql
{
    /// <summary>The columns that <c>StoredEvent.Read</c> reads.</summary>
    private const string Columns =
        "e.provider, e.id, e.type, e.object, e.body, e.happened_at, e.received_at, e.state, e.attempts, e.due_at, e.reason, e.done_at, "
            + "e.project_id";

    /// <summary>The columns of lists, without bodies: those of a page can have 25 MB.</summary>
    private const string WithoutBody =
        "e.provider, e.id, e.type, e.object, NULL::text AS body, e.happened_at, e.received_at, e.state, e.attempts, e.due_at, e.reason, e.done_at, "
            + "e.project_id";

    /// <summary>
    /// Stores an event; a repeat adds no row. $1 project, $2 provider, $3 id, $4 type, $5 object or null, $6 body, $7 when it happened or
    /// null.
    /// </summary>
    public const string Store =
        """
        INSERT INTO provider_events (project_id, provider, id, type, object, body, happened_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT DO NOTHING
        """;

    /// <summary>
    /// Takes due events: those of each project in the order of their arrival, the projects in turn. If there are more projects than rows,
    /// the choice is random, so that none waits for ever. Each server takes others; the events of a server that dies are free after the
    /// lease. The number of attempts stays within its type: one impossible row would fail the statement for all projects. $1 lease in
    /// seconds, $2 number of rows, $3 a project's share of the events in progress, $4 projects and $5 the number of events of each in
    /// progress.
    /// </summary>
    public const string Take =
        $"""
          WITH first AS MATERIALIZED (
                SELECT w.project_id, w.provider, w.id, w.turn, random() AS lot
                  FROM projects p
                  LEFT JOIN unnest($4::integer[], $5::integer[]) AS going (project, count) ON going.project = p.id
                 CROSS JOIN LATERAL (SELECT e.project_id, e.provider, e.id, row_number() OVER (ORDER BY e.due_at, e.sequence) AS turn
                                       FROM provider_events e
                                      WHERE e.project_id = p.id AND e.state = 'waiting' AND e.due_at <= now()
                                      ORDER BY e.due_at, e.sequence
                                      LIMIT greatest($3 - coalesce(going.count, 0), 0)) AS w),
               due AS (
                SELECT e.project_id, e.provider, e.id
                  FROM first f
                  JOIN provider_events e ON e.project_id = f.project_id AND e.provider = f.provider AND e.id = f.id
                 WHERE e.state = 'waiting' AND e.due_at <= now()
                 ORDER BY f.turn, f.lot
                 LIMIT $2
                   FOR NO KEY UPDATE OF e SKIP LOCKED),
               taken AS (
                UPDATE provider_events e
                   SET due_at = now() + make_interval(secs => $1), attempts = least(greatest(e.attempts, 0), 1000000) + 1
                  FROM due d
                 WHERE e.project_id = d.project_id AND e.provider = d.provider AND e.id = d.id
             RETURNING {Columns}, e.sequence)
        SELECT {Columns}
          FROM taken e
         ORDER BY e.sequence
        """;

    /// <summary>
    /// Writes the result of a reading. $1 project, $2 provider, $3 id, $4 state, $5 reason or null, $6 seconds until the next reading, or
    /// null, $7 the fact for which the event waits, or null, $8 the object of the fact, or null.
    /// </summary>
    public const string Finish =
        """
        UPDATE provider_events
           SET state = $4, reason = $5, due_at = now() + make_interval(secs => $6), waits_for = $7, waits_for_id = $8,
               done_at = CASE WHEN $4 IN ('done', 'ignored') THEN now() END
         WHERE project_id = $1 AND provider = $2 AND id = $3 AND state = 'waiting'
        """;

    /// <summary>Makes an event that is not done due now. $1 project, $2 provider, $3 id.</summary>
    public const string Retry =
        """
        UPDATE provider_events
           SET state = 'waiting', attempts = 0, due_at = now(), done_at = NULL
         WHERE project_id = $1 AND provider = $2 AND id = $3 AND state IN ('parked', 'ignored', 'waiting')
        """;

    /// <summary>Makes all parked events due now. $1 project.</summary>
    public const string RetryParked =
        """
        UPDATE provider_events
           SET state = 'waiting', attempts = 0, due_at = now()
         WHERE project_id = $1 AND state = 'parked'
        """;

    /// <summary>$1 project, $2 provider, $3 id.</summary>
    public const string Find = $"SELECT {Columns} FROM provider_events e WHERE e.project_id = $1 AND e.provider = $2 AND e.id = $3";

    /// <summary>
    /// Newest first. $1 project, $2 state or null, $3 provider or null, $4 type or null, $5 and $6 provider and id after which the list
    /// starts, or null, $7 number of rows.
    /// </summary>
    public const string List =
        $"""
        SELECT {WithoutBody}
          FROM provider_events e
         WHERE e.project_id = $1 AND ($2::text IS NULL OR e.state = $2) AND ($3::text IS NULL OR e.provider = $3)
           AND ($4::text IS NULL OR e.type = $4)
           AND ($6::text IS NULL
                OR e.sequence < (SELECT a.sequence FROM provider_events a WHERE a.project_id = $1 AND a.provider = $5 AND a.id = $6))
         ORDER BY e.sequence DESC
         LIMIT $7
        """;

    /// <summary>
    /// Makes events due now that wait for a fact; a parked one gets all its attempts again. $1 project, $2 the fact, $3 its objects.
    /// </summary>
    public const string Wake =
        """
        UPDATE provider_events
           SET state = 'waiting', due_at = now(), attempts = CASE state WHEN 'parked' THEN 0 ELSE attempts END
         WHERE project_id = $1 AND waits_for = $2 AND waits_for_id = ANY ($3)
        """;
}
