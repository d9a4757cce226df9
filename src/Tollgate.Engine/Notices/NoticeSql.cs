namespace Tollgate.Engine.Notices;

/// <summary>Every statement of the room. All of them only read.</summary>
internal static class NoticeSql
{
    /// <summary>
    /// Payable invoices, the oldest first, with the state of their collection, and the plan that ended with the last attempt: the
    /// subscription was canceled or paused in the same second. A stopped collection is left out, because the project and not the customer
    /// has to act. $1 partition, $2 account, $3 number of rows. Rows: id, number, currency, due, issued, due at, collect at, whether it
    /// failed and goes on, failures, last failure, first failed at, planned at, subscription, its status, its plan's version, when that
    /// ended or null.
    /// </summary>
    public const string Owed =
        """
        SELECT i.id, i.number, i.currency, i.total - i.paid - i.credited AS due, i.issued_at, i.due_at, k.collect_at,
               coalesce(k.state = 'open' AND k.failures > 0, false) AS is_failing, k.failures, k.last_failure, k.first_failed_at, k.planned_at,
               coalesce(s.reference, s.id::text) AS subscription, s.status AS subscription_status, s.plan_version_id,
               CASE WHEN k.state = 'given_up' AND (s.status = 'paused' OR s.cancel_reason = 'payment_failed')
                     AND date_trunc('second', k.ended_at) = coalesce(s.ended_at, s.paused_at) THEN k.ended_at END AS ended_at
          FROM invoices i
          LEFT JOIN collections   k ON k.partition = i.partition AND k.account = i.account AND k.invoice = i.id
          LEFT JOIN subscriptions s ON s.partition = k.partition AND s.account = k.account AND s.id = k.subscription
         WHERE i.partition = $1 AND i.account = $2 AND i.status IN ('open', 'uncollectible') AND i.total > i.paid + i.credited
           AND k.state IS DISTINCT FROM 'stopped'
         ORDER BY i.issued_at, i.id
         LIMIT $3
        """;

    /// <summary>
    /// The oldest open invoice of the provider that manages a subscription. $1 partition, $2 account, $3 subscription. Rows: number,
    /// currency, due, page (encrypted), project, provider, reference.
    /// </summary>
    public const string Bill =
        """
        SELECT i.number, i.currency, i.total - i.paid, i.url, i.project_id, i.provider, i.reference
          FROM provider_invoices i
         WHERE i.partition = $1 AND i.account = $2 AND i.subscription = $3 AND i.status = 'open' AND i.total > i.paid
         ORDER BY i.created_at, i.reference
         LIMIT 1
        """;

    /// <summary>
    /// The last time of a verb: of the request for the pending end or change, or of the failed payment. $1 partition, $2 account, $3
    /// subscription, $4 verb.
    /// </summary>
    public const string LastTime =
        "SELECT max(at) FROM subscription_facts WHERE partition = $1 AND account = $2 AND subscription = $3 AND verb = $4";
}
