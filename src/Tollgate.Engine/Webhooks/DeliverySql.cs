
using Tollgate.Engine.Jobs;

namespace Tollgate.Engine.Webhooks;

/// <summary>
/// The statements on deliveries. A transaction that makes or ends a delivery first locks the endpoint's row: only the first open delivery
/// of an object is due, and that must not change between reading and writing.
/// </summary>
internal static class DeliverySql
{
    /// <summary>Limits the wait of a publisher for an endpoint that another transaction holds; it retries later.</summary>
    public const string WaitBriefly = "SELECT set_config('lock_timeout', '1s', true)";

    /// <summary>The active endpoints of a project, locked. $1 project. Rows: id, events, format.</summary>
    public const string HoldEndpoints =
        """
        SELECT e.id, e.events, e.format
          FROM webhook_endpoints e
         WHERE e.project_id = $1 AND e.deleted_at IS NULL AND e.disabled_at IS NULL
         ORDER BY e.id
           FOR NO KEY UPDATE
        """;

    /// <summary>
    /// $1 endpoint, $2 an address. Rows: failures, failing for how long, whether it is enabled and has that address.
    /// </summary>
    public const string HoldEndpoint =
        "SELECT failures, now() - failing_since, disabled_at IS NULL AND deleted_at IS NULL AND url = $2 FROM webhook_endpoints WHERE id = "
            + "$1 FOR NO KEY UPDATE";

    /// <summary>$1 project, $2 endpoint. Rows: whether it gets events, its event types.</summary>
    public const string HoldOne =
        "SELECT disabled_at IS NULL, events FROM webhook_endpoints WHERE project_id = $1 AND id = $2 AND deleted_at IS NULL FOR NO KEY "
            + "UPDATE";

    /// <summary>
    /// Inserts deliveries in the order of the events. The first of an object is due unless an earlier one is open. $1 project, $2
    /// endpoints, $3 events, $4 whether it is a requested redelivery. Rows: id.
    /// </summary>
    public const string Insert =
        """
        INSERT INTO webhook_deliveries (project_id, endpoint, event, object_type, object, redelivery, first_due_at, due_at)
        SELECT $1, x.endpoint, x.event, x.object_type, x.object, $4, x.due, x.due
          FROM (SELECT p.endpoint, v.position AS event, v.object_type, v.object,
                       CASE WHEN row_number() OVER (PARTITION BY p.endpoint, v.object_type, v.object ORDER BY v.position) = 1
                             AND NOT EXISTS (SELECT FROM webhook_deliveries d
                                              WHERE d.endpoint = p.endpoint AND d.object_type = v.object_type AND d.object = v.object
                                                AND d.state = 'waiting')
                            THEN now() END AS due
                  FROM unnest($2::uuid[], $3::bigint[]) AS p (endpoint, event)
                  JOIN webhook_events v ON v.position = p.event AND v.project_id = $1) AS x
         ORDER BY x.event, x.endpoint
        RETURNING id
        """;

    /// <summary>
    /// Claims due deliveries for a while: for each endpoint as many as it has room for, for each project at most its share, in all at most
    /// $3; the projects in turn, and within each its endpoints in turn. Endpoints that another transaction holds wait for the next run, and
    /// rows that another server claimed since this statement began are left out. $1 duration, $2 room of an endpoint whose last attempt
    /// succeeded, $3 number of rows, $4 projects and $5 the number of deliveries of each in progress, $6 a project's share.
    /// </summary>
    public const string Claim =
        $"""
          WITH endpoints AS MATERIALIZED (
                SELECT e.id, e.project_id, CASE WHEN e.failures = 0 THEN $2 ELSE 1 END
                             - (SELECT count(*) FROM webhook_deliveries b WHERE b.endpoint = e.id AND b.leased_until > now()) AS room
                  FROM webhook_endpoints e
                 WHERE e.deleted_at IS NULL AND e.disabled_at IS NULL AND (e.not_before IS NULL OR e.not_before <= now())
                   AND EXISTS (SELECT FROM webhook_deliveries d
                                WHERE d.endpoint = e.id AND d.due_at <= now() AND (d.leased_until IS NULL OR d.leased_until <= now()))
                   FOR NO KEY UPDATE SKIP LOCKED),
               turns AS (
                SELECT d.number, row_number() OVER (PARTITION BY endpoints.project_id
                  ORDER BY d.turn, d.number) + coalesce(going.count, 0) AS place
                  FROM endpoints
                  LEFT JOIN unnest($4::integer[], $5::integer[]) AS going (project, count) ON going.project = endpoints.project_id
                 CROSS JOIN LATERAL (SELECT d.number, row_number() OVER (ORDER BY d.due_at, d.number) AS turn
                                       FROM webhook_deliveries d
                                      WHERE d.endpoint = endpoints.id AND d.due_at <= now()
                                        AND (d.leased_until IS NULL OR d.leased_until <= now())
                                        AND {ParkedSql.NotParked} 'webhook_deliveries' AND q.project_id = d.project_id
                                            AND q.subject = d.number::text)
                                      ORDER BY d.due_at, d.number
                                      LIMIT greatest(endpoints.room, 0)) AS d),
               due AS MATERIALIZED (
                SELECT number FROM turns WHERE place <= $6 ORDER BY place, number LIMIT $3)
        UPDATE webhook_deliveries d
           SET leased_until = now() + $1
          FROM due, webhook_endpoints e, webhook_events v
         WHERE d.number = due.number AND e.id = d.endpoint AND v.position = d.event AND d.due_at <= now()
           AND (d.leased_until IS NULL OR d.leased_until <= now())
        RETURNING d.number, d.project_id, d.endpoint, d.attempts, d.leased_until,
                  CASE WHEN isfinite(d.first_due_at) THEN now() - d.first_due_at END AS waited, v.id AS event, v.payload, e.url, e.format,
                  e.secret, CASE WHEN e.previous_until > now() THEN e.previous_secret END AS previous_secret
        """;

    /// <summary>
    /// Releases a delivery whose attempt could not be made or recorded: it is due again when it is no longer parked. $1 number, $2 the
    /// lease.
    /// </summary>
    public const string Release =
        "UPDATE webhook_deliveries SET leased_until = NULL WHERE number = $1 AND leased_until = $2 AND state = 'waiting'";

    /// <summary>
    /// No row: the lease has ended and another server has the delivery, or the endpoint is deleted. $1 number, $2 the lease, $3 state, $4
    /// time until it is due again or null. Rows: object type, object.
    /// </summary>
    public const string Finish =
        """
        UPDATE webhook_deliveries
           SET attempts = attempts + 1, state = $3, due_at = now() + $4::interval, leased_until = NULL, finished_at = CASE
             WHEN $3 <> 'waiting' THEN now() END
         WHERE number = $1 AND leased_until = $2 AND state = 'waiting'
        RETURNING object_type, object, attempts
        """;

    /// <summary>$1 delivery, $2 attempt, $3 time, $4 url, $5 signature, $6 status, $7 error, $8 response, $9 milliseconds.</summary>
    public const string InsertAttempt =
        """
        INSERT INTO webhook_attempts (delivery, attempt, at, url, signature, status, error, response, duration_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """;

    /// <summary>Makes the next delivery of the object due. $1 endpoint, $2 object type, $3 object.</summary>
    public const string WakeNext =
        """
        UPDATE webhook_deliveries
           SET due_at = now(), first_due_at = now()
         WHERE number = (SELECT min(number) FROM webhook_deliveries WHERE endpoint = $1 AND object_type = $2
           AND object = $3 AND state = 'waiting')
           AND due_at IS NULL
        """;

    /// <summary>
    /// Records the result of an attempt, unless the endpoint has a new address meanwhile. A pause that the receiver requested lasts
    /// regardless of the results of other requests. $1 endpoint, $2 failures in a row, $3 pause or null, $4 reason for disabling it or
    /// null, $5 the address.
    /// </summary>
    public const string Judge =
        """
        UPDATE webhook_endpoints
           SET failures = $2, not_before = greatest(not_before, now() + $3::interval),
               failing_since   = CASE WHEN $2 > 0 THEN coalesce(failing_since, now()) END,
               disabled_at     = CASE WHEN $4::text IS NULL THEN disabled_at     ELSE coalesce(disabled_at, now())    END,
               disabled_reason = CASE WHEN $4::text IS NULL THEN disabled_reason ELSE coalesce(disabled_reason, $4) END
         WHERE id = $1 AND url = $5
        """;

    /// <summary>The caller must hold the endpoint's row. $1 endpoint, $2 reason.</summary>
    public const string InsertDisabled =
        """
        INSERT INTO webhook_endpoint_facts (endpoint, sequence, project_id, verb, reason)
        SELECT e.id, 1 + (SELECT count(*) FROM webhook_endpoint_facts f WHERE f.endpoint = e.id), e.project_id, 'disable', $2
          FROM webhook_endpoints e
         WHERE e.id = $1
        """;

    /// <summary>Fails all open deliveries of a deleted endpoint. $1 endpoint.</summary>
    public const string GiveUpAll =
        """
        UPDATE webhook_deliveries
           SET state = 'failed', due_at = NULL, leased_until = NULL, finished_at = now()
         WHERE endpoint = $1 AND state = 'waiting'
        """;

    // ---- reads -------------------------------------------------------------------------------------------------

    private const string Columns =
        """
        d.number, d.id, d.endpoint, v.id AS event, v.type, v.object_type, v.object, v.sequence, d.state, d.redelivery, d.attempts,
               d.due_at, d.created_at, d.finished_at,
               a.at, a.status, a.error, v.payload
        """;

    private const string Source =
        """
          FROM webhook_deliveries d
          JOIN webhook_events v ON v.position = d.event
          LEFT JOIN webhook_attempts a ON a.delivery = d.number AND a.attempt = d.attempts
        """;

    /// <summary>
    /// Newest first. An index orders each state, so that a search for rare rows does not read all others (spans instead of equality: see
    /// <see cref="WebhookSql.ListEvents"/>). $1 project, $2 the number before which it starts, $3 number of rows, $4 states, $5 endpoint or
    /// null, $6 event or null.
    /// </summary>
    public static string List(DeliveryFilter filter) =>
        $"""
        SELECT {Columns}
        {Source}
         WHERE d.project_id = $1 AND d.number < $2 AND d.state = ANY ($4) AND ($5::uuid IS NULL OR d.endpoint = $5)
           AND ($6::uuid IS NULL OR v.id = $6)
           AND {filter switch
           {
               { Event: not null } => "d.event = (SELECT w.position FROM webhook_events w WHERE w.id = $6)",
               { Endpoint: not null } => NewestByState("n.endpoint = $5"),
               { State: not null } => NewestByState("n.project_id = $1"),
               _ => """
                    d.number = ANY (ARRAY(SELECT n.number FROM webhook_deliveries n
                                                   WHERE n.project_id >= $1 AND (n.project_id, n.number) < ($1, $2)
                                                   ORDER BY n.project_id DESC, n.number DESC LIMIT $3))
                    """,
           }}
         ORDER BY d.number DESC
         LIMIT $3
        """;

    private static string NewestByState(string which) =>
        $"""
        d.number = ANY (ARRAY(SELECT x.number
                                         FROM unnest($4::text[]) AS s (state)
                                        CROSS JOIN LATERAL (SELECT n.number FROM webhook_deliveries n
                                                             WHERE {which} AND n.state >= s.state AND (n.state, n.number) < (s.state, $2)
                                                             ORDER BY n.state DESC, n.number DESC LIMIT $3) AS x))
        """;

    /// <summary>$1 project, $2 id.</summary>
    public const string Show = $"SELECT {Columns}\n{Source}\n WHERE d.project_id = $1 AND d.id = $2";

    /// <summary>$1 delivery.</summary>
    public const string Attempts =
        "SELECT attempt, at, url, signature, status, error, response, duration_ms FROM webhook_attempts WHERE delivery = $1 ORDER BY "
            + "attempt";

    /// <summary>$1 project, $2 delivery. Rows: endpoint, event.</summary>
    public const string WhatItSends = "SELECT d.endpoint, d.event FROM webhook_deliveries d WHERE d.project_id = $1 AND d.id = $2";

    /// <summary>
    /// The last event that is certainly older than a range: the range's events follow it, because positions grow with time, except for the
    /// moment between two publishers' starts. (Not the first event in the range: events that were published together have one time, and any
    /// of them could be the first.) $1 project, $2 from. Rows: position, or none.
    /// </summary>
    public const string LastBeforeRange =
        """
        SELECT v.position
          FROM webhook_events v
         WHERE v.project_id >= $1 AND (v.project_id, v.published_at) < ($1, $2::timestamptz - interval '1 minute')
         ORDER BY v.project_id DESC, v.published_at DESC
         LIMIT 1
        """;

    /// <summary>
    /// Events of a range, oldest first. $1 project, $2 after which position, $3 from or null, $4 before or null, $5 number of events to
    /// read, $6 endpoint, $7 whether only those that did not arrive there. Rows: position, id, type, whether to send it.
    /// </summary>
    public const string EventsOfRange =
        """
        SELECT p.position, p.id, p.type,
               NOT EXISTS (SELECT FROM webhook_deliveries d
                            WHERE d.event = p.position AND d.endpoint = $6 AND (d.state = 'waiting' OR ($7 AND d.state = 'delivered')))
          FROM (SELECT v.position, v.id, v.type
                  FROM webhook_events v
                 WHERE v.project_id <= $1 AND (v.project_id, v.position) > ($1, $2)
                   AND ($3::timestamptz IS NULL OR v.published_at >= $3) AND ($4::timestamptz IS NULL OR v.published_at < $4)
                 ORDER BY v.project_id, v.position
                 LIMIT $5) AS p
         ORDER BY p.position
        """;
}
