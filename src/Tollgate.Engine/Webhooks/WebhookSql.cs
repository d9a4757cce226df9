namespace Tollgate.Engine.Webhooks;

/// <summary>The statements on endpoints, events and published facts. Deliveries: <see cref="DeliverySql"/>.</summary>
internal static class WebhookSql
{
    // ---- endpoints ---------------------------------------------------------------------------------------------

    private const string EndpointColumns =
        """
        e.id, e.url, e.events, e.format, e.description, e.secret, e.previous_secret, e.previous_until, e.disabled_at, e.disabled_reason, e.failures,
               e.not_before, e.created_at, e.updated_at
        """;

    /// <summary>Serialises the creation of endpoints, so that their count is right. $1 project.</summary>
    public const string LockProject = "SELECT pg_advisory_xact_lock(7234007, $1)";

    /// <summary>Starts publishing with the facts that no finished transaction has written yet. $1 project.</summary>
    public const string BeginPublishing =
        """
        INSERT INTO webhook_projects (project_id, published_below)
             VALUES ($1, facts_stand_below())
        ON CONFLICT DO NOTHING
        """;

    /// <summary>$1 project.</summary>
    public const string CountEndpoints = "SELECT count(*) FROM webhook_endpoints WHERE project_id = $1 AND deleted_at IS NULL";

    /// <summary>$1 id, $2 project, $3 url, $4 events, $5 description, $6 secret, $7 format.</summary>
    public const string InsertEndpoint =
        $"""
        INSERT INTO webhook_endpoints AS e (id, project_id, url, events, description, secret, format)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
          RETURNING {EndpointColumns}
        """;

    /// <summary>Oldest first. $1 project, $2 the id after which it starts or null, $3 number of rows.</summary>
    public const string ListEndpoints =
        $"""
        SELECT {EndpointColumns}
          FROM webhook_endpoints e
         WHERE e.project_id = $1 AND e.deleted_at IS NULL AND ($2::uuid IS NULL OR e.id > $2)
         ORDER BY e.id
         LIMIT $3
        """;

    /// <summary>$1 project, $2 id.</summary>
    public const string ShowEndpoint =
        $"SELECT {EndpointColumns} FROM webhook_endpoints e WHERE e.project_id = $1 AND e.id = $2 AND e.deleted_at IS NULL";

    /// <summary>Includes deleted endpoints. $1 project, $2 ids.</summary>
    public const string ShowEndpoints = $"SELECT {EndpointColumns} FROM webhook_endpoints e WHERE e.project_id = $1 AND e.id = ANY ($2)";

    /// <summary>
    /// Null values do not change. A new address, or enabling, resets the record of failures. $1 project, $2 id, $3 url, $4 events, $5
    /// description, $6 whether it is enabled.
    /// </summary>
    public const string ChangeEndpoint =
        $"""
        UPDATE webhook_endpoints e
           SET url             = coalesce($3, url),
               events          = coalesce($4, events),
               description     = coalesce($5, description),
               disabled_at     = CASE WHEN $6 THEN NULL WHEN NOT $6 THEN coalesce(disabled_at, now()) ELSE disabled_at END,
               disabled_reason = CASE WHEN $6 THEN NULL WHEN NOT $6 THEN coalesce(disabled_reason, 'manual') ELSE disabled_reason END,
               failures        = CASE WHEN $6 OR $3 <> url THEN 0 ELSE failures END,
               not_before      = CASE WHEN $6 OR $3 <> url THEN NULL ELSE not_before END,
               failing_since   = CASE WHEN $6 OR $3 <> url THEN NULL ELSE failing_since END,
               updated_at      = now()
         WHERE e.project_id = $1 AND e.id = $2 AND e.deleted_at IS NULL
        RETURNING {EndpointColumns}
        """;

    /// <summary>The present secret also signs for $4 seconds. $1 project, $2 id, $3 secret, $4 seconds.</summary>
    public const string RotateSecret =
        $"""
        UPDATE webhook_endpoints e
           SET secret = $3, previous_secret = secret, previous_until = now() + make_interval(secs => $4), updated_at = now()
         WHERE e.project_id = $1 AND e.id = $2 AND e.deleted_at IS NULL
        RETURNING {EndpointColumns}
        """;

    /// <summary>Erases its secrets immediately. $1 project, $2 id.</summary>
    public const string DeleteEndpoint =
        """
        UPDATE webhook_endpoints
           SET deleted_at = now(), secret = '', previous_secret = NULL, previous_until = NULL, updated_at = now()
         WHERE project_id = $1 AND id = $2 AND deleted_at IS NULL
        """;

    // ---- publishing --------------------------------------------------------------------------------------------

    /// <summary>Projects whose facts are published.</summary>
    public const string Projects = "SELECT project_id FROM webhook_projects ORDER BY project_id";

    /// <summary>One server publishes for a project at a time. $1 project.</summary>
    public const string TryLockPublishing = "SELECT pg_try_advisory_xact_lock(7234006, $1)";

    /// <summary>
    /// The range of the next facts: from the first unpublished position to before the oldest running transaction. The position of a fact is
    /// never before its own transaction, so all of those transactions are finished, and no further one can appear among them. $1 project.
    /// </summary>
    public const string Span = "SELECT published_below, facts_stand_below() FROM webhook_projects WHERE project_id = $1";

    /// <summary>$1 project, $2 the transaction below which all facts are published.</summary>
    public const string MovePlace = "UPDATE webhook_projects SET published_below = $2 WHERE project_id = $1";

    /// <summary>
    /// Facts of a project in the order of their positions, which is the order in which those of one object took effect; at one position by
    /// their own numbers. All facts of a position or none. A credit note that leaves nothing to pay appears twice: as itself, and as the
    /// settlement of the invoice. $1 project, $2 from which position, $3 to before which, $4 about how many. Each part of the union reads
    /// as many rows as the result can take from it. Rows: position, object type, id, sequence, customer (null for an endpoint), verb or
    /// feature, at, columns of the source.
    /// </summary>
    public const string Facts =
        """
        SELECT t.*
          FROM (SELECT f.*
                  FROM ((SELECT f.xid, 'subscription' AS object_type, f.subscription AS id,
                    coalesce(s.reference, f.subscription::text) AS object, f.sequence::bigint AS sequence,
                                c.id AS customer, f.verb AS word, f.at, f.recorded_at, f.actor, f.cause AS note, f.invoice,
                                f.after::text AS after, p.after::text AS before,
                                NULL::bigint AS amount, false AS settles, NULL::timestamptz AS period_start, NULL::smallint AS percent,
                                NULL::numeric AS used, NULL::numeric AS granted
                           FROM subscription_facts f
                           JOIN customers     c ON c.partition = f.partition AND c.account = f.account AND c.project_id = $1
                           JOIN subscriptions s ON s.partition = f.partition AND s.account = f.account AND s.id = f.subscription
                           LEFT JOIN subscription_facts p ON p.partition = f.partition AND p.account = f.account
                             AND p.subscription = f.subscription AND p.sequence = f.sequence - 1
                          WHERE f.xid >= $2 AND f.xid < $3
                          ORDER BY f.xid
                          FETCH FIRST ($4) ROWS WITH TIES)
                         UNION ALL
                        (SELECT f.xid, 'invoice', f.invoice, f.invoice::text, f.sequence::bigint,
                                c.id, f.verb, f.at, f.recorded_at, f.actor, f.note, f.invoice, NULL, NULL,
                                f.amount, x.settles, NULL, NULL, NULL, NULL
                           FROM invoice_facts f
                           JOIN customers c ON c.partition = f.partition AND c.account = f.account AND c.project_id = $1
                           JOIN invoices  i ON i.partition = f.partition AND i.account = f.account AND i.id = f.invoice
                          CROSS JOIN LATERAL (SELECT coalesce(sum(g.amount) FILTER (WHERE g.verb IN ('pay', 'credit')), 0) AS before
                                                FROM invoice_facts g
                                               WHERE g.partition = f.partition AND g.account = f.account AND g.invoice = f.invoice
                                                 AND g.sequence < f.sequence) t
                          CROSS JOIN LATERAL (SELECT f.verb = 'pay' AND i.total <= t.before + f.amount AS settles
                                              UNION ALL
                                              SELECT true WHERE f.verb = 'credit' AND t.before < i.total
                                                     AND i.total <= t.before + f.amount) x
                          WHERE f.xid >= $2 AND f.xid < $3
                          ORDER BY f.xid
                          FETCH FIRST ($4) ROWS WITH TIES)
                         UNION ALL
                        (SELECT f.xid, 'invoice', f.invoice, f.invoice::text, f.sequence::bigint,
                                c.id, 'payment_failed', f.at, f.recorded_at, 'system', f.failure, f.invoice, NULL, NULL,
                                p.amount, false, NULL, NULL, NULL, NULL
                           FROM collection_facts f
                           JOIN customers c ON c.partition = f.partition AND c.account = f.account AND c.project_id = $1
                           JOIN payments  p ON p.partition = f.partition AND p.account = f.account AND p.id = f.payment
                          WHERE f.xid >= $2 AND f.xid < $3 AND f.verb IN ('fail', 'give_up')
                          ORDER BY f.xid
                          FETCH FIRST ($4) ROWS WITH TIES)
                         UNION ALL
                        (SELECT f.xid, 'checkout', f.checkout, f.checkout::text, f.sequence::bigint,
                                c.id, f.verb, f.at, f.recorded_at, f.actor, f.note, k.invoice, NULL, NULL,
                                NULL, false, NULL, NULL, NULL, NULL
                           FROM checkout_facts f
                           JOIN customers c ON c.partition = f.partition AND c.account = f.account AND c.project_id = $1
                           JOIN checkouts k ON k.partition = f.partition AND k.account = f.account AND k.id = f.checkout
                             AND k.token_hash IS NOT NULL
                          WHERE f.xid >= $2 AND f.xid < $3 AND f.verb <> 'open'
                          ORDER BY f.xid
                          FETCH FIRST ($4) ROWS WITH TIES)
                         UNION ALL
                        (SELECT f.xid, 'payment', f.payment, f.payment::text, f.sequence::bigint,
                                c.id, f.verb, f.at, f.recorded_at, f.actor, f.note, NULL, NULL, NULL,
                                f.amount, false, NULL, NULL, NULL, NULL
                           FROM payment_facts f
                           JOIN customers c ON c.partition = f.partition AND c.account = f.account AND c.project_id = $1
                          WHERE f.xid >= $2 AND f.xid < $3
                            AND f.verb IN ('succeed', 'fail', 'refund_succeed', 'refund_fail', 'dispute', 'dispute_won', 'dispute_lost')
                          ORDER BY f.xid
                          FETCH FIRST ($4) ROWS WITH TIES)
                         UNION ALL
                        (SELECT f.xid, 'quota', NULL, c.id || '/' || w.code, f.percent::bigint,
                                c.id, w.code, f.crossed_at, f.crossed_at, 'system', NULL, NULL, NULL, NULL,
                                NULL, false, f.period_start, f.percent, f.used, f.granted
                           FROM threshold_crossings f
                           JOIN customers c ON c.partition = f.partition AND c.account = f.account AND c.project_id = $1
                           JOIN features  w ON w.id = f.feature
                          WHERE f.xid >= $2 AND f.xid < $3
                          ORDER BY f.xid
                          FETCH FIRST ($4) ROWS WITH TIES)
                         UNION ALL
                        (SELECT f.xid, 'webhook_endpoint', f.endpoint, f.endpoint::text, f.sequence::bigint,
                                NULL, f.verb, f.at, f.at, 'system', f.reason, NULL, NULL, NULL,
                                NULL, false, NULL, NULL, NULL, NULL
                           FROM webhook_endpoint_facts f
                          WHERE f.xid >= $2 AND f.xid < $3 AND f.project_id = $1
                          ORDER BY f.xid
                          FETCH FIRST ($4) ROWS WITH TIES)
                         UNION ALL
                        (SELECT f.pushed, 'alert', f.id, f.id::text, 1,
                                NULL, array_to_string(f.channels, ','), f.at, f.fired_at, 'system', NULL, NULL, NULL, NULL,
                                NULL, false, NULL, NULL, NULL, NULL
                           FROM alerts f
                          WHERE f.pushed >= $2 AND f.pushed < $3 AND f.project_id = $1 AND f.channels && ARRAY['webhook', 'slack']
                          ORDER BY f.pushed
                          FETCH FIRST ($4) ROWS WITH TIES)) AS f
                 ORDER BY f.xid
                 FETCH FIRST ($4) ROWS WITH TIES) AS t
         ORDER BY t.xid, array_position(ARRAY['subscription', 'invoice', 'payment', 'checkout', 'quota', 'webhook_endpoint', 'alert'],
                  t.object_type), t.object COLLATE "C", t.period_start, t.sequence,
                  t.settles
        """;

    /// <summary>
    /// The time at which the first unpublished fact was written, even if an older transaction still holds it back; null: all are published.
    /// Thresholds have only the project's time: under a test clock they count as of now. $1 to $4 as in <see cref="Facts"/>, $5 whether the
    /// project has a test clock.
    /// </summary>
    public const string OldestUnpublished =
        $"""
        SELECT min(CASE WHEN $5 AND u.object_type = 'quota' THEN now() ELSE u.recorded_at END)
          FROM ({Facts}) AS u
        """;

    /// <summary>
    /// Counts the deliveries that wait for enabled endpoints, and the disabled endpoints. $1 the number of deliveries at which counting
    /// stops. Row: deliveries, then disabled endpoints by reason: manual, gone, failing.
    /// </summary>
    public const string Backlog =
        """
        SELECT (SELECT count(*)
                  FROM (SELECT FROM webhook_deliveries d
                          JOIN webhook_endpoints e ON e.id = d.endpoint AND e.disabled_at IS NULL AND e.deleted_at IS NULL
                         WHERE d.state = 'waiting'
                         LIMIT $1) w),
               count(*) FILTER (WHERE disabled_reason = 'manual'), count(*) FILTER (WHERE disabled_reason = 'gone'),
               count(*) FILTER (WHERE disabled_reason = 'failing')
          FROM webhook_endpoints
         WHERE deleted_at IS NULL
        """;

    /// <summary>
    /// Takes the next numbers of objects. Only the project's publisher calls it. $1 project, $2 types, $3 objects, $4 how many of each.
    /// Rows: type, object, the last number.
    /// </summary>
    public const string TakeSequences =
        """
        INSERT INTO webhook_objects AS o (project_id, object_type, object, sequence)
        SELECT $1, x.object_type, x.object, x.events
          FROM unnest($2::text[], $3::text[], $4::bigint[]) AS x (object_type, object, events)
        ON CONFLICT (project_id, object_type, object) DO UPDATE
           SET sequence = o.sequence + excluded.sequence
        RETURNING o.object_type, o.object, o.sequence
        """;

    /// <summary>
    /// In their order. $1 project, $2 ids, $3 types, $4 object types, $5 objects, $6 sequences, $7 occurred, $8 payloads. Rows: position,
    /// id.
    /// </summary>
    public const string InsertEvents =
        """
        INSERT INTO webhook_events (id, project_id, type, object_type, object, sequence, occurred_at, payload)
        SELECT x.id, $1, x.type, x.object_type, x.object, x.sequence, x.occurred_at, x.payload
          FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::timestamptz[], $8::text[]) WITH ORDINALITY
               AS x (id, type, object_type, object, sequence, occurred_at, payload, place)
         ORDER BY x.place
        RETURNING position, id
        """;

    // ---- events ------------------------------------------------------------------------------------------------

    private const string EventColumns =
        "v.position, v.id, v.type, v.object_type, v.object, v.sequence, v.occurred_at, v.published_at, v.payload";

    /// <summary>
    /// Oldest first. $1 project, $2 after which position, $3 number of rows, then the type, if any, and then the object and the object
    /// types, if any. An equality is written as a span that begins and ends at the value: only the index of these columns has that order,
    /// so the planner cannot scan all events in their order for rare rows.
    /// </summary>
    public static string ListEvents(bool ofType, bool ofObject)
    {
        var (@object, types) = ofType ? ("$5", "$6") : ("$4", "$5");
        var (which, order) = (ofType, ofObject) switch
        {
            (_, true) => ($"""
                v.position > $2 AND v.project_id = $1 {(ofType ? "AND v.type = $4" : "")}
                   AND v.position = ANY (ARRAY(SELECT o.position FROM webhook_events o WHERE o.project_id = $1 AND o.object_type = ANY ({types}) AND o.object = {@object}))
                """, "v.position"),
            (true, _) => ("v.project_id = $1 AND v.type <= $4 AND (v.type, v.position) > ($4, $2)", "v.type, v.position"),
            _ => ("v.project_id <= $1 AND (v.project_id, v.position) > ($1, $2)", "v.project_id, v.position"),
        };
        return $"""
            SELECT {EventColumns}
              FROM webhook_events v
             WHERE {which}
             ORDER BY {order}
             LIMIT $3
            """;
    }

    /// <summary>$1 project, $2 id.</summary>
    public const string ShowEvent = $"SELECT {EventColumns} FROM webhook_events v WHERE v.project_id = $1 AND v.id = $2";

    // ---- what is old -------------------------------------------------------------------------------------------

    /// <summary>
    /// Removes events without open deliveries, with their deliveries and attempts. $1 days, $2 number of rows.
    /// </summary>
    public const string ForgetOld =
        """
          WITH old AS MATERIALIZED (
                SELECT v.position
                  FROM webhook_events v
                 WHERE v.published_at < now() - make_interval(days => $1)
                   AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.event = v.position
                       AND (d.state = 'waiting' OR d.created_at > now() - make_interval(days => $1)))
                 LIMIT $2),
               attempts AS (DELETE FROM webhook_attempts a USING webhook_deliveries d, old WHERE d.event = old.position
               AND a.delivery = d.number),
               deliveries AS (DELETE FROM webhook_deliveries d USING old WHERE d.event = old.position)
        DELETE FROM webhook_events v USING old WHERE v.position = old.position
        """;
}
