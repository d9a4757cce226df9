using Tollgate.Engine.Jobs;

namespace Tollgate.Engine.Mail;

/// <summary>Every statement that writes mails. Other rooms write the facts from which these statements derive mails.</summary>
internal static class MailSql
{
    /// <summary>One server derives at a time.</summary>
    public const string TryLock = "SELECT pg_try_advisory_xact_lock(7234009, 0)";

    /// <inheritdoc cref="DeriveSql.Span"/>
    public static string Span { get; } = DeriveSql.Span(
        "mail_place", "subscription_facts", "invoice_facts", "collection_facts", "threshold_crossings", "alerts.pushed");

    /// <summary>$1 the transaction below which all facts have become mails.</summary>
    public const string MovePlace = "UPDATE mail_place SET derived_below = $1";

    /// <summary>Moves the position unless another server has moved it. $1 as above, $2 the expected position.</summary>
    public const string MovePlaceFrom = "UPDATE mail_place SET derived_below = $1 WHERE derived_below = $2";

    /// <summary>
    /// Inserts the mails of a range of transactions. A mail to a customer without an address is recorded as skipped. Facts that already
    /// have a mail make no second one. $1 the first transaction, $2 the end of the range (exclusive).
    /// </summary>
    public const string Derive =
        $"""
        INSERT INTO mails (project_id, customer, type, cause, data, at, not_before, state, reason, due_at, finished_at)
        SELECT c.project_id, c.id, m.type, m.cause, m.data, m.at, m.not_before,
               CASE WHEN c.email IS NULL THEN 'skipped' ELSE 'waiting' END,
               CASE WHEN c.email IS NULL THEN 'no_address' END,
               CASE WHEN c.email IS NOT NULL AND m.not_before IS NULL THEN now() END,
               CASE WHEN c.email IS NULL THEN now() END
          FROM ({Receipts}
                UNION ALL
                {Failures}
                UNION ALL
                {Trials}
                UNION ALL
                {Changes}
                UNION ALL
                {Ends}
                UNION ALL
                {Thresholds}) m
          JOIN customers c ON c.partition = m.partition AND c.account = m.account
         ORDER BY m.xid, m.at, m.type, m.cause
        ON CONFLICT DO NOTHING
        """;

    /// <summary>Payments that settled an invoice in full. An invoice that credits pay when it is issued needs no receipt.</summary>
    private const string Receipts =
        """
        SELECT f.xid, f.partition, f.account, 'receipt' AS type, f.invoice || '/' || f.sequence AS cause, f.at,
               NULL::timestamptz AS not_before,
                       jsonb_build_object('invoice', i.id, 'number', i.number, 'amount', f.amount, 'currency', i.currency,
                       'total', i.total) AS data
                  FROM invoice_facts f
                  JOIN invoices i ON i.partition = f.partition AND i.account = f.account AND i.id = f.invoice
                 CROSS JOIN LATERAL (SELECT sum(CASE g.verb WHEN 'refund' THEN -g.amount ELSE g.amount END) AS settled
                                       FROM invoice_facts g
                                      WHERE g.partition = f.partition AND g.account = f.account AND g.invoice = f.invoice
                                        AND g.sequence <= f.sequence
                                        AND g.verb IN ('pay', 'credit', 'refund', 'refund_fail')) t
                 WHERE f.xid >= $1 AND f.xid < $2 AND f.verb = 'pay' AND f.note IS DISTINCT FROM 'credits' AND i.total <= t.settled
        """;

    /// <summary>
    /// Failed payments, with the plan, and whether the subscription ended with the last attempt: that is a fact of the same transaction,
    /// with the same <c>recorded_at</c>. Their <c>xid</c> cannot show this, because each is the position of its own statement.
    /// </summary>
    private const string Failures =
        """
        SELECT f.xid, f.partition, f.account, 'payment_failed', f.invoice || '/' || f.sequence, f.at, NULL,
                       jsonb_build_object('invoice', i.id, 'number', i.number, 'amount', y.amount, 'currency', i.currency, 'failure',
                       f.failure, 'next_at', f.next_at,
                                          'plan', e.plan, 'ends_plan', coalesce(f.verb = 'give_up' AND e.verb IN ('cancel', 'pause')
                                          AND e.recorded_at = f.recorded_at, false),
                                          'waits', coalesce(e.verb = 'pause', false))
                  FROM collection_facts f
                  JOIN collections k ON k.partition = f.partition AND k.account = f.account AND k.invoice = f.invoice
                  JOIN invoices i ON i.partition = f.partition AND i.account = f.account AND i.id = f.invoice
                  JOIN payments y ON y.partition = f.partition AND y.account = f.account AND y.id = f.payment
                  LEFT JOIN LATERAL (SELECT s.verb, s.recorded_at, s.after ->> 'plan' AS plan
                                       FROM subscription_facts s
                                      WHERE s.partition = f.partition AND s.account = f.account AND s.subscription = k.subscription
                                        AND s.recorded_at <= f.recorded_at
                                      ORDER BY s.sequence DESC
                                      LIMIT 1) e ON true
                 WHERE f.xid >= $1 AND f.xid < $2 AND f.verb IN ('fail', 'give_up')
        """;

    /// <summary>
    /// Inserts the mails of alerts, to each address of their rules. $1 and $2 as in <see cref="Derive"/>.
    /// </summary>
    public const string DeriveAlerts =
        """
        INSERT INTO mails (project_id, recipient, type, cause, data, at, state, due_at)
        SELECT f.project_id, a.address, 'alert', f.id || '/' || a.address,
               jsonb_build_object('alert', f.id, 'severity', f.severity, 'title', f.title, 'detail', f.detail,
                                  'recommendation', f.recommendation),
               f.at, 'waiting', now()
          FROM alerts f
         CROSS JOIN LATERAL unnest(f.mail_to) AS a (address)
         WHERE f.pushed >= $1 AND f.pushed < $2
         ORDER BY f.pushed, f.number, a.address
        ON CONFLICT DO NOTHING
        """;

    /// <summary>
    /// Inserts the mails of a scheduled report, to each address. $1 project, $2 the schedule and the first day, $3 data, $4 the project's
    /// time, $5 addresses.
    /// </summary>
    public const string InsertReports =
        """
        INSERT INTO mails (project_id, recipient, type, cause, data, at, state, due_at)
        SELECT $1, a.address, 'report', $2 || '/' || a.address, $3::jsonb, $4, 'waiting', now()
          FROM unnest($5::text[]) WITH ORDINALITY AS a (address, place)
         ORDER BY a.place
        ON CONFLICT DO NOTHING
        """;

    /// <summary>Trial reminders. Each is due three days before the trial ends.</summary>
    private const string Trials =
        """
        SELECT f.xid, f.partition, f.account, 'trial_ending', f.subscription::text, f.at,
               (f.after ->> 'period_end')::timestamptz - interval '3 days',
                       jsonb_build_object('subscription', f.subscription, 'plan', f.after ->> 'plan', 'amount',
                       (f.after ->> 'amount')::bigint, 'currency', s.currency,
                                          'interval', f.after ->> 'interval', 'ends_at', (f.after ->> 'period_end')::timestamptz,
                                          'converts', s.converts_trial)
                  FROM subscription_facts f
                  JOIN subscriptions s ON s.partition = f.partition AND s.account = f.account AND s.id = f.subscription
                 WHERE f.xid >= $1 AND f.xid < $2 AND f.verb = 'start' AND f.after ->> 'status' = 'trialing'
        """;

    private const string Changes =
        """
        SELECT f.xid, f.partition, f.account, 'plan_changed', f.subscription || '/' || f.sequence, f.at, NULL,
                       jsonb_build_object('subscription', f.subscription, 'from', p.after ->> 'plan', 'plan', f.after ->> 'plan', 'amount',
                       (f.after ->> 'amount')::bigint,
                                          'currency', s.currency, 'interval', f.after ->> 'interval')
                  FROM subscription_facts f
                  JOIN subscription_facts p ON p.partition = f.partition AND p.account = f.account AND p.subscription = f.subscription
                    AND p.sequence = f.sequence - 1
                  JOIN subscriptions s ON s.partition = f.partition AND s.account = f.account AND s.id = f.subscription
                 WHERE f.xid >= $1 AND f.xid < $2 AND f.after ->> 'plan' <> p.after ->> 'plan'
        """;

    /// <summary>
    /// Scheduled cancellations, and cancellations that nobody scheduled. The mail about the last failed payment already reports an end for
    /// nonpayment.
    /// </summary>
    private const string Ends =
        """
        SELECT f.xid, f.partition, f.account, 'canceled', f.subscription || '/' || f.sequence, f.at, NULL,
                       jsonb_build_object('subscription', f.subscription, 'plan', f.after ->> 'plan',
                                          'ends_at', CASE f.verb WHEN 'cancel' THEN f.at
                                          ELSE (f.after ->> 'cancel_at')::timestamptz END, 'is_over', f.verb = 'cancel')
                  FROM subscription_facts f
                  LEFT JOIN subscription_facts p ON p.partition = f.partition AND p.account = f.account AND p.subscription = f.subscription
                    AND p.sequence = f.sequence - 1
                 WHERE f.xid >= $1 AND f.xid < $2
                   AND (f.verb = 'schedule_cancel'
                        OR (f.verb = 'cancel' AND p.after ->> 'cancel_at' IS NULL AND f.after ->> 'cancel_reason' IS DISTINCT
                            FROM 'payment_failed'))
        """;

    /// <summary>Crossed thresholds. If one step crossed several, only the highest counts.</summary>
    private const string Thresholds =
        """
        SELECT f.xid, f.partition, f.account, 'quota_threshold', f.partition || '/' || f.account || '/' || f.feature || '/' || extract(epoch
               FROM f.period_start)::bigint || '/' || f.percent,
                       f.crossed_at, NULL,
                       jsonb_build_object('feature', w.code, 'percent', f.percent, 'used', f.used, 'granted', f.granted,
                       'period_start', f.period_start)
                  FROM threshold_crossings f
                  JOIN features w ON w.id = f.feature
                 WHERE f.xid >= $1 AND f.xid < $2
                   AND NOT EXISTS (SELECT FROM threshold_crossings h
                                    WHERE h.partition = f.partition AND h.account = f.account AND h.feature = f.feature
                                      AND h.period_start = f.period_start
                                      AND h.percent > f.percent AND h.xid = f.xid)
        """;

    // ---- sending -----------------------------------------------------------------------------------------------

    /// <summary>Makes mails due whose day has come: by the database's clock in live projects, by the test clock in sandboxes.</summary>
    public const string Wake =
        """
        UPDATE mails m
           SET due_at = now()
          FROM projects p
         WHERE m.project_id = p.id AND m.state = 'waiting' AND m.due_at IS NULL AND m.not_before <= coalesce(p.test_clock, now())
        """;

    /// <summary>
    /// Claims due mails: oldest first within a project, the projects in turn. When there are more projects than rows, the order of the
    /// projects is random, so that none waits for ever. The number of attempts stays within its type, as in the inbox. $1 lease,
    /// $2 number of rows, $3 number of rows of one project, $4 projects to pass over, $5 whether it claims reports, or all other mails.
    /// </summary>
    public const string Claim =
        $"""
          WITH first AS MATERIALIZED (
                SELECT w.number, w.turn, random() AS lot
                  FROM projects p
                 CROSS JOIN LATERAL (SELECT d.number, row_number() OVER (ORDER BY d.due_at, d.number) AS turn
                                       FROM mails d
                                      WHERE d.project_id = p.id AND d.due_at <= now() AND (d.type = 'report') = $5
                                        AND {ParkedSql.NotParked} 'mails' AND q.project_id = d.project_id AND q.subject = d.id::text)
                                      ORDER BY d.due_at, d.number
                                      LIMIT $3) AS w
                 WHERE p.id <> ALL ($4))
        UPDATE mails m
           SET leased_until = now() + $1, due_at = now() + $1, attempts = least(greatest(m.attempts, 0), 30000) + 1
         WHERE m.number IN (SELECT d.number
                              FROM first f
                              JOIN mails d ON d.number = f.number
                             WHERE d.due_at <= now()
                             ORDER BY f.turn, f.lot
                             LIMIT $2
                               FOR NO KEY UPDATE OF d SKIP LOCKED)
        RETURNING {Columns}
        """;

    /// <summary>$1 project, $2 id.</summary>
    public const string SendNow =
        "UPDATE mails SET due_at = now() WHERE project_id = $1 AND id = $2 AND state = 'waiting' AND due_at IS NOT NULL";

    /// <summary>
    /// Returns the reason to skip a mail after all: the customer is gone, has no address any more, has opted out, or the mail's subject has
    /// passed. Also returns the customer's name and address. $1 project, $2 partition, $3 customer, $4 type, $5 subscription of a reminder
    /// or null, $6 the reminder's day or null.
    /// </summary>
    public const string Check =
        """
        SELECT c.name, c.email, EXISTS (SELECT FROM mail_refusals r WHERE r.project_id = $1 AND r.customer = $3 AND r.type = $4),
               EXISTS (SELECT FROM subscription_facts f
                        WHERE f.partition = c.partition AND f.account = c.account AND f.subscription = $5 AND f.at < $6
                          AND (f.verb IN ('convert_trial', 'expire_trial', 'cancel')))
          FROM customers c
         WHERE c.partition = $2 AND c.project_id = $1 AND c.id = $3
        """;

    /// <summary>
    /// Replaces a reminder's data, which describe the trial's start, by the present terms or the last ones of the trial. The reminder of an
    /// extended trial moves to its new day. $1 number, $2 attempts, $3 project, $4 partition, $5 customer, $6 subscription, $7 the
    /// project's time. No row: another server holds the mail, or the subscription is gone.
    /// </summary>
    public const string Remind =
        $"""
        UPDATE mails m
           SET data         = m.data || jsonb_build_object('plan', f.after ->> 'plan', 'amount', (f.after ->> 'amount')::bigint, 'interval',
             f.after ->> 'interval', 'ends_at', f.ends_at,
                                                           'canceled', coalesce((f.after ->> 'cancel_at')::timestamptz <= f.ends_at, false),
                                                           'converts', s.converts_trial, 'managed', s.managed_by IS NOT NULL),
               not_before   = CASE WHEN f.ends_at - interval '3 days' > $7 THEN f.ends_at - interval '3 days' ELSE m.not_before END,
               due_at       = CASE WHEN f.ends_at - interval '3 days' > $7 THEN NULL ELSE m.due_at END,
               leased_until = CASE WHEN f.ends_at - interval '3 days' > $7 THEN NULL ELSE m.leased_until END,
               attempts     = CASE WHEN f.ends_at - interval '3 days' > $7 THEN 0 ELSE m.attempts END
          FROM customers c
          JOIN subscriptions s ON s.partition = c.partition AND s.account = c.account AND s.id = $6
         CROSS JOIN LATERAL (SELECT t.after, (t.after ->> 'period_end')::timestamptz AS ends_at
                               FROM subscription_facts t
                              WHERE t.partition = s.partition AND t.account = s.account AND t.subscription = s.id
                                AND t.after ->> 'status' = 'trialing'
                              ORDER BY t.sequence DESC
                              LIMIT 1) f
         WHERE m.number = $1 AND m.attempts = $2 AND m.state = 'waiting' AND c.partition = $4 AND c.project_id = $3 AND c.id = $5
        RETURNING {Columns}
        """;

    /// <summary>
    /// Records a result, only for the server that still holds the lease. $1 number, $2 attempts, $3 state, $4 reason or null, $5 address or
    /// null, $6 until the next attempt or null.
    /// </summary>
    public const string Finish =
        """
        UPDATE mails
           SET state = $3, reason = $4, address = $5, leased_until = NULL,
               due_at = CASE WHEN $6::interval IS NULL THEN NULL ELSE now() + $6 END,
               finished_at = CASE WHEN $3 = 'waiting' THEN NULL ELSE now() END
         WHERE number = $1 AND attempts = $2 AND state = 'waiting'
        """;

    /// <summary>$1 days, $2 number of rows.</summary>
    public const string ForgetOld =
        """
        DELETE FROM mails
         WHERE number IN (SELECT number FROM mails WHERE created_at < now() - make_interval(days => $1) AND state <> 'waiting'
           ORDER BY number LIMIT $2)
        """;

    /// <summary>$1 project, $2 customer, $3 type.</summary>
    public const string Refuse = "INSERT INTO mail_refusals (project_id, customer, type) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";

    // ---- reading -----------------------------------------------------------------------------------------------

    private const string Columns =
        "m.number, m.id, m.project_id, m.customer, m.recipient, m.type, m.data::text AS data, m.at, m.not_before, m.state, m.reason, "
            + "m.address, m.attempts, m.created_at, m.finished_at";

    /// <summary>
    /// Newest first. $1 project, $2 customer or null, $3 type or null, $4 the id after which it starts or null, $5 number of rows, $6 state
    /// or null.
    /// </summary>
    public const string List =
        $"""
        SELECT {Columns}
          FROM mails m
         WHERE m.project_id = $1 AND ($2::text IS NULL OR m.customer = $2) AND ($3::text IS NULL OR m.type = $3)
           AND ($6::text IS NULL OR m.state = $6)
           AND ($4::uuid IS NULL OR m.number < (SELECT b.number FROM mails b WHERE b.id = $4 AND b.project_id = $1))
         ORDER BY m.number DESC
         LIMIT $5
        """;

    /// <summary>$1 project, $2 id.</summary>
    public const string Show = $"SELECT {Columns} FROM mails m WHERE m.id = $2 AND m.project_id = $1";
}
