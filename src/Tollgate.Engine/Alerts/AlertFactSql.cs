using Tollgate.Engine.Jobs;

namespace Tollgate.Engine.Alerts;

/// <summary>The statements that read facts. Other rooms write them.</summary>
internal static class AlertFactSql
{
    /// <summary>One server derives at a time.</summary>
    public const string TryLock = "SELECT pg_try_advisory_xact_lock(7234011, 0)";

    /// <inheritdoc cref="DeriveSql.Span"/>
    public static string Span { get; } = DeriveSql.Span(
        "alert_place", "subscription_facts", "collection_facts", "threshold_crossings", "webhook_endpoint_facts");

    /// <summary>$1 the transaction below which all facts have become alerts.</summary>
    public const string MovePlace = "UPDATE alert_place SET derived_below = $1";

    /// <summary>Moves the position unless another server has moved it. $1 as above, $2 the expected position.</summary>
    public const string MovePlaceFrom = "UPDATE alert_place SET derived_below = $1 WHERE derived_below = $2";

    /// <summary>
    /// The facts of a range of transactions, in their order. $1 the first transaction, $2 the end of the range (exclusive). Rows: position,
    /// project, kind, customer or null, its name, time, data by kind.
    /// </summary>
    public const string Facts =
        $"""
        SELECT f.*
          FROM ({Crossings}
                UNION ALL
                {Failures}
                UNION ALL
                {FailuresAtProviders}
                UNION ALL
                {Cancellations}
                UNION ALL
                {Months}
                UNION ALL
                {Endpoints}) AS f
         ORDER BY f.xid, f.at, f.kind, (f.data ->> 'percent')::integer, f.data::text
        """;

    /// <summary>If one step crossed several thresholds, the channels get the highest.</summary>
    private const string Crossings =
        """
        SELECT f.xid, c.project_id, 'usage_threshold' AS kind, c.id AS customer, c.name, f.crossed_at AS at,
                       jsonb_build_object('feature', f.feature, 'percent', f.percent, 'used', f.used, 'granted', f.granted,
                                          'period_start', f.period_start,
                                          'is_highest', NOT EXISTS (
                                              SELECT FROM threshold_crossings h
                                               WHERE h.partition = f.partition AND h.account = f.account AND h.feature = f.feature
                                                 AND h.period_start = f.period_start AND h.percent > f.percent AND h.xid = f.xid)) AS data
                  FROM threshold_crossings f
                  JOIN customers c ON c.partition = f.partition AND c.account = f.account
                 WHERE f.xid >= $1 AND f.xid < $2
        """;

    /// <summary>Failed attempts of Tollgate's own collections.</summary>
    private const string Failures =
        """
        SELECT f.xid, c.project_id, 'payment_failed', c.id, c.name, f.at,
                       jsonb_build_object('invoice', f.invoice, 'number', i.number, 'amount', p.amount, 'currency', p.currency,
                                          'failure', f.failure, 'next_at', f.next_at, 'attempt', f.sequence, 'is_last', f.verb <> 'fail')
                  FROM collection_facts f
                  JOIN customers c ON c.partition = f.partition AND c.account = f.account
                  JOIN invoices  i ON i.partition = f.partition AND i.account = f.account AND i.id = f.invoice
                  LEFT JOIN payments p ON p.partition = f.partition AND p.account = f.account AND p.id = f.payment
                 WHERE f.xid >= $1 AND f.xid < $2 AND f.verb IN ('fail', 'give_up', 'stop')
        """;

    /// <summary>Failed payments of subscriptions that a provider manages.</summary>
    private const string FailuresAtProviders =
        """
        SELECT f.xid, c.project_id, 'payment_failed', c.id, c.name, f.at,
                       jsonb_build_object('invoice', f.subscription, 'attempt', f.sequence, 'is_last', false)
                  FROM subscription_facts f
                  JOIN customers     c ON c.partition = f.partition AND c.account = f.account
                  JOIN subscriptions s ON s.partition = f.partition AND s.account = f.account AND s.id = f.subscription
                 WHERE f.xid >= $1 AND f.xid < $2 AND f.verb = 'fail_payment' AND s.managed_by IS NOT NULL
        """;

    /// <summary>Scheduled cancellations, and ends that nobody scheduled.</summary>
    private const string Cancellations =
        """
        SELECT f.xid, c.project_id, 'subscription_canceled', c.id, c.name, f.at,
                       jsonb_build_object('subscription', coalesce(s.reference, f.subscription::text), 'plan', f.after ->> 'plan',
                                          'reason', f.after ->> 'cancel_reason', 'is_over', f.verb = 'cancel', 'step', f.sequence,
                                          'ends_at', CASE f.verb WHEN 'cancel' THEN f.at ELSE (f.after ->> 'cancel_at')::timestamptz END)
                  FROM subscription_facts f
                  JOIN customers     c ON c.partition = f.partition AND c.account = f.account
                  JOIN subscriptions s ON s.partition = f.partition AND s.account = f.account AND s.id = f.subscription
                  LEFT JOIN subscription_facts p ON p.partition = f.partition AND p.account = f.account AND p.subscription = f.subscription
                    AND p.sequence = f.sequence - 1
                 WHERE f.xid >= $1 AND f.xid < $2
                   AND (f.verb = 'schedule_cancel' OR (f.verb = 'cancel' AND p.after ->> 'cancel_at' IS NULL))
        """;

    /// <summary>Ends of paid months, with the usage of the quota periods that ended then.</summary>
    private const string Months =
        """
        SELECT f.xid, c.project_id, 'usage_below', c.id, c.name, f.at,
                       jsonb_build_object('plan', p.after ->> 'plan', 'used', coalesce(
                           (SELECT jsonb_object_agg(b.feature, b.used)
                              FROM balances b
                             WHERE b.partition = f.partition AND b.account = f.account AND b.period_end = f.at), '{}'))
                  FROM subscription_facts f
                  JOIN customers c ON c.partition = f.partition AND c.account = f.account
                  JOIN subscription_facts p ON p.partition = f.partition AND p.account = f.account AND p.subscription = f.subscription
                    AND p.sequence = f.sequence - 1
                 WHERE f.xid >= $1 AND f.xid < $2 AND f.verb IN ('renew', 'bill_usage') AND p.after ->> 'status' = 'active'
        """;

    private const string Endpoints =
        """
        SELECT f.xid, f.project_id, 'webhook_failed', NULL, NULL, f.at,
                       jsonb_build_object('endpoint', f.endpoint, 'url', e.url, 'reason', f.reason, 'number', f.sequence)
                  FROM webhook_endpoint_facts f
                  JOIN webhook_endpoints e ON e.id = f.endpoint
                 WHERE f.xid >= $1 AND f.xid < $2
        """;

    // ---- present states ----------------------------------------------------------------------------------------

    /// <summary>Unpriced models about which no alert exists. $1 number of rows. Rows: project, provider, model, first seen.</summary>
    public const string UnknownModels =
        """
        SELECT u.project_id, u.provider, u.model, u.first_seen_at
          FROM unpriced_models u
         WHERE NOT EXISTS (SELECT FROM alerts a
                            WHERE a.project_id = u.project_id AND a.kind = 'unknown_model' AND a.subject = u.provider || '/' || u.model)
           AND EXISTS (SELECT FROM alert_rules r WHERE r.project_id = u.project_id AND r.kind = 'unknown_model' AND r.enabled)
         ORDER BY u.first_seen_at
         LIMIT $1
        """;

    /// <summary>
    /// The plans of customers and the usage at an instant of the periods that ran then, without customers who have terms of their own. The
    /// balances tell the usage of now; events tell it for an instant that is long ago, at the cost of a scan of the customer's events. $1
    /// project, then arrays: $2 customers, $3 instants; $4 the instant after which balances are exact enough. Rows:
    /// customer, instant, plan version or null, interval or null, currency or null, then for each feature, or once with nulls: feature,
    /// used, start, end.
    /// </summary>
    public const string Uses =
        """
        SELECT c.id AS customer, x.at, coalesce(s.plan_version_id, c.plan_version_id) AS plan_version_id, s.interval,
               coalesce(s.currency, c.currency) AS currency, b.feature,
               CASE WHEN x.at > $4 THEN b.used
                    ELSE coalesce((SELECT e.used_after
                                     FROM events e
                                    WHERE e.partition = b.partition AND e.account = b.account AND e.feature = b.feature
                                      AND e.period_start = b.period_start AND e.occurred_at <= x.at
                                      AND e.month BETWEEN date_trunc('month', b.period_start)::date - 31 AND x.at::date + 31
                                    ORDER BY e.occurred_at DESC, e.used_after DESC
                                    LIMIT 1), 0)
                END AS used,
               b.period_start, b.period_end
          FROM unnest($2::text[], $3::timestamptz[]) AS x (customer, at)
          JOIN customers c ON c.project_id = $1 AND c.id = x.customer
          LEFT JOIN subscriptions s ON s.partition = c.partition AND s.account = c.account AND s.ended_at IS NULL
            AND s.status IN ('trialing', 'active', 'past_due')
          LEFT JOIN balances b ON b.partition = c.partition AND b.account = c.account AND b.period_end > x.at AND b.period_start <= x.at
         WHERE c.overrides = '{}' AND c.add_ons = '[]'
           AND (s.id IS NULL OR (s.quantity = 1 AND s.custom_amount IS NULL AND s.discount IS NULL))
        """;

    /// <summary>
    /// The cost of calls to models in the running UTC month, of projects with a rule on it. $1 kind of rules, $2 project or null for all.
    /// Rows: project, month, dollars.
    /// </summary>
    public const string Costs =
        """
        SELECT p.id AS project_id, to_char(t.today, 'YYYY-MM') AS month, coalesce(sum(d.cost_usd), 0) AS cost
          FROM projects p
         CROSS JOIN LATERAL (SELECT (coalesce(p.test_clock, now()) AT TIME ZONE 'UTC')::date AS today) t
          LEFT JOIN call_days d ON d.project_id = p.id AND d.day BETWEEN date_trunc('month', t.today)::date AND t.today
         WHERE EXISTS (SELECT FROM alert_rules r WHERE r.project_id = p.id AND r.kind = $1 AND r.enabled)
           AND ($2::integer IS NULL OR p.id = $2)
         GROUP BY p.id, t.today
        """;

    /// <summary>
    /// The calls to providers on the running UTC day, of projects with a rule on them. $1 the fewest calls. Rows: project, provider, day,
    /// calls, errors.
    /// </summary>
    public const string ProviderErrors =
        """
        SELECT d.project_id, d.provider, to_char(d.day, 'YYYY-MM-DD') AS day, sum(d.calls)::bigint AS calls, sum(d.errors)::bigint AS errors
          FROM projects p
          JOIN call_days d ON d.project_id = p.id AND d.day = (coalesce(p.test_clock, now()) AT TIME ZONE 'UTC')::date
         WHERE EXISTS (SELECT FROM alert_rules r WHERE r.project_id = p.id AND r.kind = 'provider_errors' AND r.enabled)
         GROUP BY d.project_id, d.provider, d.day
        HAVING sum(d.calls) >= $1 AND sum(d.errors) > 0
        """;

    /// <summary>
    /// Prices of the last hour, by the request that entered them. A shared price concerns each project that existed before it, and the
    /// first prices of a server or a project are no change. Rows: project, models, one of them, the time.
    /// </summary>
    public const string PriceChanges =
        """
        SELECT p.id AS project_id, count(DISTINCT (m.provider, m.model)) AS models, min(m.provider || '/' || m.model) AS first, m.created_at
          FROM model_prices m
          JOIN alert_place b ON m.created_at > b.began_at
          JOIN projects p ON p.id = m.project_id OR (m.project_id IS NULL AND p.created_at < m.created_at)
         WHERE m.created_at > now() - interval '1 hour'
           AND m.created_at > CASE WHEN m.project_id IS NULL
                                   THEN (SELECT min(f.created_at) + interval '1 hour' FROM model_prices f WHERE f.project_id IS NULL)
                                   ELSE (SELECT min(f.created_at) FROM model_prices f WHERE f.project_id = m.project_id) END
         GROUP BY p.id, m.created_at
         ORDER BY m.created_at, p.id
        """;

    /// <summary>Work that waits for a retry, by its kind. Rows: project, work, items, the oldest error, its time.</summary>
    public const string FailedWork =
        """
        SELECT project_id, work, count(*) AS items, (array_agg(error ORDER BY first_failed_at, id))[1] AS error,
               min(first_failed_at) AS since
          FROM parked_work
         WHERE project_id IS NOT NULL
         GROUP BY project_id, work
         ORDER BY project_id, work
        """;

    // ---- figures -----------------------------------------------------------------------------------------------

    /// <summary>
    /// Features of which decisions were refused in the running period. $1 project, $2 now, $3 the fewest refusals, $4 number of rows. Rows:
    /// customer, its name, feature, refusals, start of the period.
    /// </summary>
    public const string Refusals =
        """
        SELECT c.id AS customer, c.name, b.feature, b.denied, b.period_start
          FROM customers c
          JOIN balances b ON b.partition = c.partition AND b.account = c.account
         WHERE c.project_id = $1 AND b.period_end > $2 AND b.period_start <= $2 AND b.denied >= $3::numeric
         ORDER BY b.denied DESC, c.id, b.feature
         LIMIT $4
        """;

    /// <summary>
    /// Features whose quota would not last at the pace so far, after a tenth of the period. Grants do not use the quota. $1 project, $2
    /// now, $3 the least projected share of the quota in percent, $4 number of rows. Rows: customer, its name, feature, used of the quota,
    /// quota, start and end of the period.
    /// </summary>
    public const string Overruns =
        """
        SELECT x.*
          FROM (SELECT c.id AS customer, c.name, b.feature, b.used - b.drawn AS used, b.quota, b.period_start, b.period_end,
                       extract(epoch FROM $2 - b.period_start) AS elapsed, extract(epoch FROM b.period_end - b.period_start) AS whole
                  FROM customers c
                  JOIN balances b ON b.partition = c.partition AND b.account = c.account
                 WHERE c.project_id = $1 AND b.period_end > $2 AND b.period_start <= $2 AND b.quota > 0 AND b.used > b.drawn) x
         WHERE x.elapsed * 10 >= x.whole AND x.used * x.whole * 100 >= x.quota * x.elapsed * $3::numeric
         ORDER BY x.used * x.whole / x.elapsed / x.quota DESC, x.customer, x.feature
         LIMIT $4
        """;

    /// <summary>$1 project, $2 customers.</summary>
    public const string Names = "SELECT id AS customer, name FROM customers WHERE project_id = $1 AND id = ANY ($2)";

    /// <summary>The place of the next transaction, and the place below which all facts stand.</summary>
    public const string Places = "SELECT pg_snapshot_xmax(pg_current_snapshot()), facts_stand_below()";
}
