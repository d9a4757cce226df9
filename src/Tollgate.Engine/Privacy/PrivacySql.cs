namespace Tollgate.Engine.Privacy;

/// <summary>
/// The statements of the room, beside those of <see cref="PersonalTables"/>. An erasure is the only other writer of the tables of all
/// rooms: it removes texts, and no amount, quantity or state that a rule reads.
/// </summary>
internal static class PrivacySql
{
    // ---- erasures ----------------------------------------------------------------------------------------------

    private const string Columns = "e.id, e.sequence, e.customer, e.actor, e.requested_at, e.done_at, e.changes::text AS changes";

    /// <summary>$1 id, $2 project, $3 hash, $4 pseudonym, $5 actor, $6 terms, $7 changes.</summary>
    public const string Insert =
        """
        INSERT INTO erasures (id, project_id, id_hash, customer, actor, terms, changes)
             VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb)
        """;

    /// <summary>The last erasure of an id, or the one with this pseudonym. $1 project, $2 hash, $3 pseudonym.</summary>
    public const string Find =
        $"""
        SELECT {Columns}
          FROM erasures e
         WHERE e.project_id = $1 AND (e.id_hash = $2 OR e.customer = $3)
         ORDER BY e.sequence DESC
         LIMIT 1
        """;

    /// <summary>Newest first. $1 project, $2 the id after which the list starts, or null, $3 number of rows.</summary>
    public const string List =
        $"""
        SELECT {Columns}
          FROM erasures e
         WHERE e.project_id = $1
           AND ($2::uuid IS NULL OR e.sequence < (SELECT a.sequence FROM erasures a WHERE a.project_id = $1 AND a.id = $2))
         ORDER BY e.sequence DESC
         LIMIT $3
        """;

    /// <summary>Projects with a due step.</summary>
    public const string Due = "SELECT DISTINCT e.project_id FROM erasures e WHERE e.due_at <= now()";

    /// <summary>
    /// Takes the next step of one erasure; another server that has it is passed over. $1 project, $2 the erasure, or null: any.
    /// </summary>
    public const string Take =
        """
        SELECT e.id, e.customer, e.step, e.place, e.terms, e.done_at IS NOT NULL AS is_again
          FROM erasures e
         WHERE e.project_id = $1 AND e.due_at <= now() AND ($2::uuid IS NULL OR e.id = $2)
         ORDER BY e.due_at
         LIMIT 1
           FOR UPDATE SKIP LOCKED
        """;

    /// <summary>$1 id, $2 step, $3 place, $4 table, $5 rows changed.</summary>
    public const string Move =
        """
        UPDATE erasures
           SET step = $2, place = $3,
               changes = CASE WHEN $5 = 0 THEN changes
                              ELSE changes || jsonb_build_object($4::text, coalesce((changes ->> $4)::bigint, 0) + $5) END
         WHERE id = $1
        """;

    /// <summary>
    /// Everything was erased once: the last sweep follows when requests that ran meanwhile have ended. $1 id, $2 its first step, $3 pause.
    /// </summary>
    public const string Done = "UPDATE erasures SET done_at = now(), step = $2, place = '', due_at = now() + $3 WHERE id = $1";

    /// <summary>$1 id.</summary>
    public const string IsDone = "SELECT done_at IS NOT NULL FROM erasures WHERE id = $1";

    /// <summary>$1 partition, $2 project, $3 pseudonym.</summary>
    public const string AccountOf = "SELECT c.account FROM customers c WHERE c.partition = $1 AND c.project_id = $2 AND c.id = $3";

    /// <summary>$1 id.</summary>
    public const string Finish = "UPDATE erasures SET due_at = NULL, terms = NULL WHERE id = $1";

    // ---- before ------------------------------------------------------------------------------------------------

    /// <summary>Business that has to end first. $1 partition, $2 account. Rows: word, id.</summary>
    public const string Blockers =
        """
        SELECT 'members', m.id FROM members m WHERE m.partition = $1 AND m.account = $2
        UNION ALL
        SELECT 'subscription', coalesce(s.reference, s.id::text)
          FROM subscriptions s WHERE s.partition = $1 AND s.account = $2 AND s.ended_at IS NULL
        UNION ALL
        SELECT 'invoice', i.number FROM invoices i WHERE i.partition = $1 AND i.account = $2 AND i.status IN ('draft', 'open')
        UNION ALL
        SELECT 'payment', p.id::text FROM payments p WHERE p.partition = $1 AND p.account = $2 AND p.settled_at IS NULL
        UNION ALL
        SELECT 'refund', r.id::text FROM refunds r WHERE r.partition = $1 AND r.account = $2 AND r.settled_at IS NULL
        UNION ALL
        SELECT 'dispute', d.reference FROM disputes d WHERE d.partition = $1 AND d.account = $2 AND d.status = 'open'
        UNION ALL
        SELECT 'line', l.id::text FROM provider_lines l WHERE l.partition = $1 AND l.account = $2 AND l.sent_at IS NULL
        ORDER BY 1, 2
        LIMIT 20
        """;

    /// <summary>The provider's ids by which its events name the customer. $1 partition, $2 account.</summary>
    public const string References = "SELECT c.reference FROM provider_customers c WHERE c.partition = $1 AND c.account = $2";

    /// <summary>
    /// The accounts whose events and holds name the customer as a member. $1 project, $2 id. Rows: partition, account.
    /// </summary>
    public const string Owners = "SELECT m.partition, m.account FROM past_members m WHERE m.project_id = $1 AND m.id = $2";

    /// <summary>The payment methods, whose tokens are encrypted one by one. $1 partition, $2 account.</summary>
    public const string Methods = "SELECT m.id FROM payment_methods m WHERE m.partition = $1 AND m.account = $2";

    /// <summary>$1 partition, $2 account, $3 id, $4 encrypted text.</summary>
    public const string SetToken = "UPDATE payment_methods SET token = $4 WHERE partition = $1 AND account = $2 AND id = $3";

    /// <summary>Ends all reservations. The caller has moved the versions of the balances. $1 partition, $2 account.</summary>
    public const string ReleaseHolds =
        """
          WITH released AS (
                UPDATE holds SET state = 'released', closed_at = now() WHERE partition = $1 AND account = $2 AND state = 'open')
        UPDATE balances
           SET held = 0, open_holds = 0, version = version + 1
         WHERE partition = $1 AND account = $2 AND (held <> 0 OR open_holds <> 0)
        """;

    /// <summary>
    /// The webhook objects that have the caller's ids as names. $1 partition, $2 account. Rows: the name, and the one from now on.
    /// </summary>
    public const string Names =
        """
        SELECT s.reference, s.id::text FROM subscriptions s WHERE s.partition = $1 AND s.account = $2 AND s.reference IS NOT NULL
        """;

    // ---- steps -------------------------------------------------------------------------------------------------

    /// <summary>
    /// Strips the next events of the account. $1 partition, $2 account, $3 id and $4 month of the last one, $5 number of rows, $6
    /// properties of calls that stay. Row: id and month of the last one, rows seen, rows changed.
    /// </summary>
    public const string StripEvents =
        """
          WITH page AS MATERIALIZED (
                SELECT e.id, e.month
                  FROM events e
                 WHERE e.partition = $1 AND e.account = $2 AND (e.id, e.month) > ($3, $4)
                 ORDER BY e.id, e.month
                 LIMIT $5),
               changed AS (
                UPDATE events e SET data = erased_event(e.data, e.feature, $6)
                  FROM page
                 WHERE e.partition = $1 AND e.account = $2 AND e.id = page.id AND e.month = page.month
                   AND e.data <> erased_event(e.data, e.feature, $6)
                RETURNING 1)
        SELECT (SELECT p.id || '/' || p.month FROM page p ORDER BY p.id DESC, p.month DESC LIMIT 1) AS place,
               (SELECT count(*) FROM page) AS seen, (SELECT count(*) FROM changed) AS changed
        """;

    /// <summary>The same for the events of an owner that name the member $7; $8 is its pseudonym.</summary>
    public const string StripEventsOfMember =
        """
          WITH page AS MATERIALIZED (
                SELECT e.id, e.month, e.data ->> 'by' = $7 AS is_wanted
                  FROM events e
                 WHERE e.partition = $1 AND e.account = $2 AND (e.id, e.month) > ($3, $4)
                 ORDER BY e.id, e.month
                 LIMIT $5),
               changed AS (
                UPDATE events e SET data = erased_event(e.data, e.feature, $6) || jsonb_build_object('by', $8::text)
                  FROM page
                 WHERE page.is_wanted AND e.partition = $1 AND e.account = $2 AND e.id = page.id AND e.month = page.month
                RETURNING 1)
        SELECT (SELECT p.id || '/' || p.month FROM page p ORDER BY p.id DESC, p.month DESC LIMIT 1) AS place,
               (SELECT count(*) FROM page) AS seen, (SELECT count(*) FROM changed) AS changed
        """;

    /// <summary>$1 partition, $2 account, $3 member, $4 pseudonym.</summary>
    public const string StripHoldsOfMember =
        "UPDATE holds SET member = $4, reference = NULL, data = '{}' WHERE partition = $1 AND account = $2 AND member = $3";

    /// <summary>$1 partition, $2 account, $3 member.</summary>
    public const string ForgetMemberships = "DELETE FROM past_members WHERE partition = $1 AND account = $2 AND id = $3";

    /// <summary>$1 partition, $2 account, $3 number of rows.</summary>
    public const string DeleteHolds =
        """
        DELETE FROM holds
         WHERE partition = $1 AND account = $2
           AND id = ANY (ARRAY(SELECT h.id FROM holds h WHERE h.partition = $1 AND h.account = $2 LIMIT $3))
        """;

    /// <summary>
    /// Deletes the hashes of values from the events and from the list together, because verify compares the two. $1 partition, $2 account.
    /// </summary>
    public const string DeleteHashes =
        """
          WITH hashes AS (
                DELETE FROM unique_values WHERE partition = $1 AND account = $2)
        UPDATE events SET data = data - 'uniq' WHERE partition = $1 AND account = $2 AND data ? 'uniq'
        """;

    /// <summary>
    /// Renames webhook objects, which go on with their sequences. Events that were published meanwhile under a former name come after those
    /// of the new one. The caller keeps the publisher away. $1 project, $2 the customer's id, $3 pseudonym, $4 names of subscriptions, $5
    /// their new names.
    /// </summary>
    public const string Rename =
        """
          WITH late AS MATERIALIZED (
                SELECT n.object_type, n.before, n.after, o.sequence AS events, coalesce(p.sequence, 0) AS shift
                  FROM (SELECT 'subscription' AS object_type, x.before, x.after FROM unnest($4::text[], $5::text[]) AS x (before, after)
                        UNION ALL
                        SELECT 'quota', $2 || '/' || f.code, $3 || '/' || f.code FROM features f WHERE f.project_id = $1) AS n
                  JOIN webhook_objects o ON o.project_id = $1 AND o.object_type = n.object_type AND o.object = n.before
                  LEFT JOIN webhook_objects p ON p.project_id = $1 AND p.object_type = n.object_type AND p.object = n.after),
               deliveries AS (
                UPDATE webhook_deliveries d SET object = l.after
                  FROM late l
                  JOIN webhook_events v ON v.project_id = $1 AND v.object_type = l.object_type AND v.object = l.before
                 WHERE d.event = v.position),
               events AS (
                UPDATE webhook_events v SET object = l.after, sequence = v.sequence + l.shift
                  FROM late l
                 WHERE v.project_id = $1 AND v.object_type = l.object_type AND v.object = l.before),
               renamed AS (
                INSERT INTO webhook_objects (project_id, object_type, object, sequence)
                SELECT $1, l.object_type, l.after, l.shift + l.events FROM late l
                ON CONFLICT (project_id, object_type, object) DO UPDATE SET sequence = excluded.sequence)
        DELETE FROM webhook_objects o USING late l
         WHERE o.project_id = $1 AND o.object_type = l.object_type AND o.object = l.before
        """;

    /// <summary>
    /// Empties the payloads of the next webhook events that show the customer, and what the receivers answered. $1 project, $2 the last
    /// position, $3 number of rows, $4 the customer's id and its pseudonym: an event about an invoice shows the buyer also afterwards. Row:
    /// the last position, rows seen, rows changed.
    /// </summary>
    public const string StripWebhooks =
        """
          WITH page AS MATERIALIZED (
                SELECT v.position,
                       coalesce(v.payload::jsonb #>> '{data,customer,id}', v.payload::jsonb #>> '{data,alert,customer}') = ANY ($4) AS is_wanted
                  FROM webhook_events v
                 WHERE v.project_id = $1 AND v.position > $2
                 ORDER BY v.position
                 LIMIT $3),
               changed AS (
                UPDATE webhook_events v SET payload = (v.payload::jsonb || '{"data": {"erased": true}}')::text
                  FROM page
                 WHERE page.is_wanted AND v.position = page.position
                RETURNING v.position),
               attempts AS (
                UPDATE webhook_attempts a SET response = NULL, error = NULL
                  FROM page
                  JOIN webhook_deliveries d ON d.event = page.position
                 WHERE page.is_wanted AND a.delivery = d.number)
        SELECT (SELECT max(p.position)::text FROM page p) AS place, (SELECT count(*) FROM page) AS seen,
               (SELECT count(*) FROM changed) AS changed
        """;

    /// <summary>The next events of providers. $1 project, $2 the last sequence, $3 number of rows.</summary>
    public const string ProviderEvents =
        """
        SELECT e.provider, e.id, e.sequence, e.object, e.body
          FROM provider_events e
         WHERE e.project_id = $1 AND e.sequence > $2
         ORDER BY e.sequence
         LIMIT $3
        """;

    /// <summary>
    /// Empties an event; one that was not processed yet will not be. $1 project, $2 provider, $3 id, $4 encrypted empty body.
    /// </summary>
    public const string StripProviderEvent =
        """
        UPDATE provider_events
           SET body = $4, object = NULL, due_at = NULL, waits_for = NULL, waits_for_id = NULL,
               reason = CASE WHEN state IN ('waiting', 'parked') THEN 'erased' END,
               state = CASE WHEN state IN ('waiting', 'parked') THEN 'ignored' ELSE state END
         WHERE project_id = $1 AND provider = $2 AND id = $3
        """;

    /// <summary>
    /// Deletes stored answers that show the customer, and those of requests to its paths. $1 project, $2 the last key, $3 number of rows,
    /// $4 the customer's id, $5 its address or null, $6 the id as it is in paths. Row: the last key, rows seen, rows changed.
    /// </summary>
    public const string ForgetAnswers =
        """
          WITH page AS MATERIALIZED (
                SELECT k.key,
                       strpos(k.operation || '/', '/' || $6 || '/') > 0 OR strpos(k.key, $5) > 0
                       OR CASE WHEN k.sealed OR k.body IS NULL OR coalesce(k.content_type, '') NOT LIKE '%json%' THEN false
                               WHEN json_of_answer(k.body) IS NULL THEN position(convert_to('"' || $4 || '"', 'UTF8') IN k.body) > 0
                               ELSE jsonb_path_exists(
                                    json_of_answer(k.body),
                                    '$.** ? (@.customer == $id || @.customer.id == $id || @.customer_id == $id || @.user_id == $id
                                             || @.userId == $id || @.email == $email)',
                                    jsonb_build_object('id', $4::text, 'email', coalesce($5::text, chr(1))))
                                 OR k.operation LIKE '%/customers' AND json_of_answer(k.body) ->> 'id' = $4 END AS is_wanted
                  FROM idempotency_keys k
                 WHERE k.project_id = $1 AND k.key > $2
                 ORDER BY k.key
                 LIMIT $3),
               changed AS (
                DELETE FROM idempotency_keys k USING page
                 WHERE page.is_wanted AND k.project_id = $1 AND k.key = page.key
                RETURNING 1)
        SELECT (SELECT max(p.key) FROM page p) AS place, (SELECT count(*) FROM page) AS seen, (SELECT count(*) FROM changed) AS changed
        """;

    /// <summary>$1 project, $2 the customer's id, $3 its address or null.</summary>
    public const string ForgetFailures =
        """
        DELETE FROM parked_work
         WHERE project_id = $1 AND (subject = $2 OR strpos(error, '''' || $2 || '''') > 0 OR strpos(error, $3) > 0)
        """;

    /// <summary>
    /// Rejected records of imports that are the customer's or show it, and those of which nobody knows the customer. $1 project, $2 the
    /// customer's id, $3 its address or null.
    /// </summary>
    public const string ForgetRejections =
        """
        DELETE FROM import_rejections r USING imports i
         WHERE i.id = r.import AND i.project_id = $1
           AND (r.customer IS NULL OR r.customer = $2 OR r.record = $2 OR strpos(r.detail, '''' || $2 || '''') > 0
                OR strpos(r.detail, $3) > 0)
        """;

    // ---- exports -----------------------------------------------------------------------------------------------

    /// <summary>Columns of tables, in their order. $1 tables. Rows: table, column, type, position in the primary key or null.</summary>
    public const string TableColumns =
        """
        SELECT c.relname::text AS table_name, a.attname::text AS column_name, format_type(a.atttypid, NULL) AS type,
               array_position(i.indkey::smallint[], a.attnum) AS place
          FROM pg_class c
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
         WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($1)
         ORDER BY c.relname, a.attnum
        """;
}
