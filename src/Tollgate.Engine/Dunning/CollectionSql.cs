
using Tollgate.Engine.Jobs;

namespace Tollgate.Engine.Dunning;

/// <summary>The statements on automatic collection and on the dunning policy.</summary>
internal static class CollectionSql
{
    /// <summary>
    /// Starts the collection of invoices of customers who have, or had, a saved payment method. Other customers, including those who only
    /// tried a method that did not pay, pay when they like. Arrays, position by position: $1 partitions, $2 accounts, $3 invoices, $4
    /// subscriptions, $5 first attempts, $6 began; $7 project.
    /// </summary>
    public const string Begin =
        """
        INSERT INTO collections (partition, account, invoice, project_id, subscription, collect_at, began_at)
        SELECT x.partition, x.account, x.invoice, $7, x.subscription, x.collect_at, x.began_at
          FROM unnest($1::smallint[], $2::integer[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::timestamptz[])
               AS x (partition, account, invoice, subscription, collect_at, began_at)
         WHERE EXISTS (SELECT FROM payment_methods m
                        WHERE m.partition = x.partition AND m.account = x.account AND m.was_kept)
        """;

    /// <summary>
    /// $1 partition, $2 account, $3 invoice. Rows: state, subscription, collect_at, payment, failures, first_failed_at, planned_at,
    /// ended_at.
    /// </summary>
    public const string Find =
        """
        SELECT state, subscription, collect_at, payment, failures, first_failed_at, planned_at, ended_at
          FROM collections
         WHERE partition = $1 AND account = $2 AND invoice = $3
        """;

    /// <summary>
    /// Takes due collections for a while, so that each server takes others. $1 project, $2 due until, $3 number of rows, $4 seconds after
    /// which another server may take those of a server that died. Rows: invoice, collect_at.
    /// </summary>
    public const string Take =
        $"""
        UPDATE collections c
           SET taken_at = now()
         WHERE (c.partition, c.account, c.invoice) IN (SELECT d.partition, d.account, d.invoice
                                                         FROM collections d
                                                        WHERE d.project_id = $1 AND d.collect_at <= $2 AND d.collect_at IS NOT NULL
                                                          AND (d.taken_at IS NULL OR d.taken_at < now() - make_interval(secs => $4))
                                                          AND {ParkedSql.NotParked} 'collections' AND q.project_id = d.project_id
                                                              AND q.subject = d.invoice::text)
                                                        ORDER BY d.collect_at
                                                        LIMIT $3
                                                          FOR NO KEY UPDATE SKIP LOCKED)
        RETURNING c.invoice, c.collect_at
        """;

    /// <summary>Releases a collection whose attempt failed before it was made. $1 project, $2 invoice.</summary>
    public const string Release = "UPDATE collections SET taken_at = NULL WHERE project_id = $1 AND invoice = $2";

    /// <summary>The earliest time of a collection; null: none is due. $1 project.</summary>
    public const string FirstDue =
        $"SELECT min(c.collect_at) FROM collections c WHERE c.project_id = $1 AND c.collect_at IS NOT NULL AND {NotParked}";

    private const string NotParked =
        $"{ParkedSql.NotParked} 'collections' AND q.project_id = c.project_id AND q.subject = c.invoice::text)";

    /// <summary>The earliest time of a collection for each project. $1 projects. Rows: project, collect_at.</summary>
    public const string NextDue =
        $"""
        SELECT p.id, (SELECT min(c.collect_at) FROM collections c WHERE c.project_id = p.id AND c.collect_at IS NOT NULL AND {NotParked})
          FROM unnest($1::integer[]) AS p (id)
        """;

    /// <summary>Records that an attempt is pending. $1 partition, $2 account, $3 invoice, $4 payment.</summary>
    public const string Await =
        """
        UPDATE collections
           SET collect_at = NULL, payment = $4, taken_at = NULL
         WHERE partition = $1 AND account = $2 AND invoice = $3
        """;

    /// <summary>$1 partition, $2 account, $3 invoice, $4 when.</summary>
    public const string PutOff =
        "UPDATE collections SET collect_at = $4, taken_at = NULL WHERE partition = $1 AND account = $2 AND invoice = $3";

    /// <summary>
    /// Schedules the next attempt. $1 partition, $2 account, $3 invoice, $4 when, $5 failures, $6 the first failure, $7 the reason.
    /// </summary>
    public const string Fail =
        """
        UPDATE collections
           SET collect_at = $4, failures = $5, first_failed_at = $6, last_failure = $7, payment = NULL, planned_at = NULL, taken_at = NULL
         WHERE partition = $1 AND account = $2 AND invoice = $3
        """;

    /// <summary>$1 partition, $2 account, $3 invoice, $4 state, $5 when.</summary>
    public const string End =
        """
        UPDATE collections
           SET state = $4, ended_at = $5, collect_at = NULL, payment = NULL, planned_at = NULL, taken_at = NULL
         WHERE partition = $1 AND account = $2 AND invoice = $3 AND state IN ('open', 'stopped')
        """;

    /// <summary>
    /// The subscriptions that ended when Tollgate gave up collecting one of the invoices, and their last invoices. A period ends at a whole
    /// second. $1 project, $2 invoices, $3 cause of the end. Row: subscriptions, invoices.
    /// </summary>
    public const string Ended =
        """
        SELECT count(DISTINCT f.subscription)::integer, count(DISTINCT f.invoice)::integer
          FROM collections c
          JOIN subscription_facts f ON f.partition = c.partition AND f.account = c.account AND f.subscription = c.subscription
                                   AND f.verb = 'cancel' AND f.cause = $3 AND f.at = date_trunc('second', c.ended_at)
         WHERE c.project_id = $1 AND c.invoice = ANY ($2::uuid[]) AND c.state = 'given_up'
        """;

    /// <summary>Stops automatic attempts. $1 partition, $2 account, $3 invoice, $4 when, $5 the reason.</summary>
    public const string Stop =
        """
        UPDATE collections
           SET state = 'stopped', ended_at = $4, last_failure = $5, collect_at = NULL, payment = NULL, planned_at = NULL, taken_at = NULL
         WHERE partition = $1 AND account = $2 AND invoice = $3 AND state = 'open'
        """;

    /// <summary>
    /// Adds the next fact of a collection. $1 partition, $2 account, $3 invoice, $4 verb, $5 at, $6 payment or null, $7 failure or null, $8
    /// failures, $9 next or null.
    /// </summary>
    public const string AddFact =
        """
        INSERT INTO collection_facts (partition, account, invoice, sequence, verb, at, payment, failure, failures, next_at)
        SELECT $1, $2, $3, coalesce(max(sequence), 0) + 1, $4, $5, $6, $7, $8, $9
          FROM collection_facts
         WHERE partition = $1 AND account = $2 AND invoice = $3
        """;

    /// <summary>
    /// True if other invoices of a subscription failed and are still collected. $1 partition, $2 account, $3 subscription.
    /// </summary>
    public const string IsFailing =
        "SELECT EXISTS (SELECT FROM collections WHERE partition = $1 AND account = $2 AND subscription = $3 AND state = 'open' AND "
            + "failures > 0)";

    /// <summary>
    /// Retries failed collections at once, outside the schedule, after a customer saved a new payment method. $1 partition, $2 account, $3
    /// now.
    /// </summary>
    public const string Hasten =
        """
          WITH hastened AS (
                UPDATE collections
                   SET planned_at = coalesce(planned_at, collect_at), collect_at = $3, taken_at = NULL
                 WHERE partition = $1 AND account = $2 AND state = 'open' AND failures > 0 AND collect_at > $3
             RETURNING partition, account, invoice, failures)
        INSERT INTO collection_facts (partition, account, invoice, sequence, verb, at, failures, next_at)
        SELECT h.partition, h.account, h.invoice,
               1 + (SELECT coalesce(max(f.sequence), 0) FROM collection_facts f WHERE f.partition = h.partition AND f.account = h.account
               AND f.invoice = h.invoice),
               'hasten', $3, h.failures, $3
          FROM hastened h
        """;

    /// <summary>
    /// Makes the collection of an invoice that no longer has an amount due run at once. $1 partition, $2 account, $3 invoice, $4 now.
    /// </summary>
    public const string LookNow =
        """
        UPDATE collections
           SET collect_at = least(collect_at, $4), taken_at = NULL
         WHERE partition = $1 AND account = $2 AND invoice = $3 AND collect_at IS NOT NULL
        """;

    // ---- reading -----------------------------------------------------------------------------------------------

    /// <summary>
    /// Failed collections that go on, and stopped ones whose invoice is still open, oldest first. $1 project, $2 customer or null, $3 the
    /// invoice after which the list starts or null, $4 number of rows. Rows: invoice, number, customer, subscription, its status, currency,
    /// due, failures, last failure, first failed at, next, stopped at.
    /// </summary>
    public const string ListFailing =
        """
        SELECT k.invoice, i.number, c.id AS customer_id, coalesce(s.reference, k.subscription::text) AS subscription,
               s.status AS subscription_status, i.currency, i.total - i.paid - i.credited AS due, k.failures,
               k.last_failure, coalesce(k.first_failed_at, k.ended_at) AS first_failed_at, k.collect_at, k.ended_at
          FROM collections k
          JOIN customers     c ON c.partition = k.partition AND c.account = k.account
          JOIN invoices      i ON i.partition = k.partition AND i.account = k.account AND i.id = k.invoice
          JOIN subscriptions s ON s.partition = k.partition AND s.account = k.account AND s.id = k.subscription
         WHERE k.project_id = $1 AND ((k.state = 'open' AND k.failures > 0) OR k.state = 'stopped')
           AND (k.state = 'open' OR i.status = 'open')
           AND ($2::text IS NULL OR c.id = $2)
           AND ($3::uuid IS NULL OR (coalesce(k.first_failed_at, k.ended_at), k.invoice) > (SELECT coalesce(a.first_failed_at, a.ended_at),
               a.invoice
                                                                                             FROM collections a
                                                                                            WHERE a.project_id = $1 AND a.invoice = $3))
         ORDER BY coalesce(k.first_failed_at, k.ended_at), k.invoice
         LIMIT $4
        """;

    // ---- the policy --------------------------------------------------------------------------------------------

    /// <summary>$1 project. Rows: retry_days, final_action.</summary>
    public const string Policy = "SELECT retry_days, final_action FROM dunning_policies WHERE project_id = $1";

    /// <summary>$1 project, $2 days, $3 action.</summary>
    public const string SetPolicy =
        """
        INSERT INTO dunning_policies (project_id, retry_days, final_action)
             VALUES ($1, $2, $3)
        ON CONFLICT (project_id) DO UPDATE
           SET retry_days = excluded.retry_days, final_action = excluded.final_action, updated_at = now()
        """;
}
