
using Tollgate.Engine.Jobs;

namespace Tollgate.Engine.Payments;

/// <summary>Every statement on payments, refunds and payment methods.</summary>
internal static class PaymentSql
{
    /// <summary>The columns that <c>PaymentRow.Read</c> reads.</summary>
    internal const string Columns =
        """
        p.partition, p.account, p.id, c.id AS customer_id, p.invoice, p.provider, p.method, p.currency, p.amount, p.refunded, p.status, p.failure, p.reference,
               p.created_at, p.settled_at, p.checkout, p.quoted_at, p.expected_version, p.provider_invoice
        """;

    // ---- reading -----------------------------------------------------------------------------------------------

    /// <summary>$1 project, $2 id.</summary>
    public const string Find =
        $"""
        SELECT {Columns}
          FROM payments p
          JOIN customers c ON c.partition = p.partition AND c.account = p.account
         WHERE p.project_id = $1 AND p.id = $2
        """;

    /// <summary>$1 project, $2 provider, $3 the provider's own id.</summary>
    public const string FindByReference =
        $"""
        SELECT {Columns}
          FROM payments p
          JOIN customers c ON c.partition = p.partition AND c.account = p.account
         WHERE p.project_id = $1 AND p.provider = $2 AND p.reference = $3
        """;

    /// <summary>$1 project, $2 ids.</summary>
    public const string FindSeveral =
        $"""
        SELECT {Columns}
          FROM payments p
          JOIN customers c ON c.partition = p.partition AND c.account = p.account
         WHERE p.project_id = $1 AND p.id = ANY ($2)
        """;

    /// <summary>
    /// Newest first. $1 project, $2 customer or null, $3 invoice or null, $4 status or null, $5 the id after which it starts or null,
    /// $6 number of rows.
    /// </summary>
    /// <param name="by">The filters; the statement then reads only matching rows, not all of the project's.</param>
    public static string List(PaymentFilter by) =>
        $"""
        SELECT {Columns}
          FROM payments p
          JOIN customers c ON c.partition = p.partition AND c.account = p.account
         WHERE p.project_id = $1 AND {(by.Customer is null ? "$2::text IS NULL" : "c.project_id = $1 AND c.id = $2")}
           AND {(by.Invoice is null ? "$3::uuid IS NULL" : "p.invoice = $3")}
               AND {(by.Status is null ? "$4::text IS NULL" : "p.status = $4")}
           AND ($5::uuid IS NULL OR p.sequence < (SELECT f.sequence FROM payments f WHERE f.project_id = $1 AND f.id = $5))
         ORDER BY p.sequence DESC
         LIMIT $6
        """;

    /// <summary>Oldest first. $1 partitions, $2 accounts, $3 payments. Rows: as <c>PaymentQueries</c> reads them.</summary>
    public const string Refunds =
        """
        SELECT r.payment, r.id, r.amount, r.status, r.reason, r.reference, r.credit_note, r.created_at, r.settled_at, r.from_credit
          FROM unnest($1::smallint[], $2::integer[], $3::uuid[]) AS x (partition, account, payment)
          JOIN refunds r ON r.partition = x.partition AND r.account = x.account AND r.payment = x.payment
         ORDER BY r.sequence
        """;

    // ---- attempts ----------------------------------------------------------------------------------------------

    /// <summary>
    /// The caller must hold the customer's lock. $1 partition, $2 account, $3 id, $4 project, $5 invoice, $6 provider, $7 method, $8
    /// currency, $9 amount, $10 status, $11 reference, $12 created, $13 settled or null.
    /// </summary>
    public const string Insert =
        """
        INSERT INTO payments (partition, account, id, project_id, invoice, provider, method, currency, amount, status,
             reference, created_at, settled_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """;

    /// <summary>
    /// The payment of a checkout. $1 partition, $2 account, $3 id, $4 project, $5 invoice or null, $6 checkout, $7 provider, $8 method or
    /// null, $9 currency, $10 amount, $11 created, $12 version of the subscription or null, $13 time of the quote.
    /// </summary>
    public const string InsertOfCheckout =
        """
        INSERT INTO payments (partition, account, id, project_id, invoice, checkout, provider, method, currency, amount, status, created_at,
             quoted_at, expected_version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'pending', $11, $13, $12)
        """;

    /// <summary>$1 partition, $2 account, $3 invoice. Returns the id of the payment whose result is unknown.</summary>
    public const string PendingOf = "SELECT id FROM payments WHERE partition = $1 AND account = $2 AND invoice = $3 AND settled_at IS NULL";

    /// <summary>
    /// Settles a pending payment; a failed one may still succeed. $1 partition, $2 account, $3 id, $4 status, $5 failure or null, $6
    /// reference, $7 time.
    /// </summary>
    public const string Settle =
        """
        UPDATE payments
           SET status = $4, failure = $5, reference = $6, settled_at = $7
         WHERE partition = $1 AND account = $2 AND id = $3 AND (settled_at IS NULL OR (status = 'failed' AND $4 = 'succeeded'))
        """;

    /// <summary>
    /// Adds the next fact of a payment. The caller must hold the customer's lock. $1 partition, $2 account, $3 payment, $4 verb, $5 at, $6
    /// amount, $7 actor, $8 note.
    /// </summary>
    public const string AddFact =
        """
        INSERT INTO payment_facts (partition, account, payment, sequence, verb, at, amount, actor, note)
        SELECT $1, $2, $3, coalesce(max(sequence), 0) + 1, $4, $5, $6, $7, $8
          FROM payment_facts
         WHERE partition = $1 AND account = $2 AND payment = $3
        """;

    /// <summary>$1 partition, $2 account, $3 payment, $4 the provider's id.</summary>
    public const string RequireAction =
        "UPDATE payments SET status = 'requires_action', reference = $4 WHERE partition = $1 AND account = $2 AND id = $3 AND status = "
            + "'pending'";

    /// <summary>Sets the invoice that the money paid. $1 partition, $2 account, $3 payment, $4 invoice.</summary>
    public const string NameInvoice = "UPDATE payments SET invoice = $4 WHERE partition = $1 AND account = $2 AND id = $3";

    // ---- refunds -----------------------------------------------------------------------------------------------

    /// <summary>The caller must hold the customer's lock. $1 partition, $2 account, $3 payment, $4 amount to add.</summary>
    public const string Reserve = "UPDATE payments SET refunded = refunded + $4 WHERE partition = $1 AND account = $2 AND id = $3";

    /// <summary>
    /// $1 partition, $2 account, $3 id, $4 payment, $5 invoice or null, $6 amount, $7 reason, $8 created, $9 credit note or null, $10 the
    /// part of the amount that comes from credit.
    /// </summary>
    public const string InsertRefund =
        """
        INSERT INTO refunds (partition, account, id, payment, invoice, amount, status, reason, created_at, credit_note, from_credit)
             VALUES ($1, $2, $3, $4, $5, $6, 'pending', $7, $8, $9, $10)
        """;

    /// <summary>
    /// The part of a payment that became credit, including failed refunds, less the part that was taken out again. $1 partition, $2
    /// account, $3 the note that names the payment.
    /// </summary>
    public const string OverpaidOf =
        """
        SELECT coalesce(sum(amount), 0)::bigint
          FROM customer_credits
         WHERE partition = $1 AND account = $2 AND cause IN ('payment', 'refund', 'credit_note') AND note = $3
        """;

    /// <summary>
    /// Settles a refund; a successful one may still fail. $1 partition, $2 account, $3 id, $4 status, $5 reference, $6 time.
    /// </summary>
    public const string SettleRefund =
        """
        UPDATE refunds
           SET status = $4, reference = $5, settled_at = $6
         WHERE partition = $1 AND account = $2 AND id = $3 AND (status = 'pending' OR (status = 'succeeded' AND $4 = 'failed'))
        """;

    // ---- outcomes that are not known ---------------------------------------------------------------------------

    /// <summary>
    /// Claims payments with an unknown result whose last query is older than $1, with their project. Several servers claim different rows.
    /// $1 seconds, $2 number of rows. Rows: project, payment.
    /// </summary>
    public const string TakeUnknown =
        $"""
          WITH first AS MATERIALIZED (
                SELECT w.*
                  FROM projects j
                 CROSS JOIN LATERAL (SELECT d.partition, d.account, d.id, row_number() OVER (ORDER BY d.asked_at) AS turn
                                       FROM payments d
                                      WHERE d.project_id = j.id AND d.settled_at IS NULL AND d.asked_at < now() - make_interval(secs => $1)
                                        AND {ParkedSql.NotParked} 'payments' AND q.project_id = d.project_id AND q.subject = d.id::text)
                                      ORDER BY d.asked_at
                                      LIMIT $2) AS w)
        UPDATE payments p
           SET asked_at = now()
         WHERE (p.partition, p.account, p.id) IN (SELECT u.partition, u.account, u.id
                                                    FROM first f
                                                    JOIN payments u ON u.partition = f.partition AND u.account = f.account AND u.id = f.id
                                                   WHERE u.settled_at IS NULL AND u.asked_at < now() - make_interval(secs => $1)
                                                   ORDER BY f.turn, u.asked_at
                                                   LIMIT $2
                                                     FOR NO KEY UPDATE OF u SKIP LOCKED)
        RETURNING p.project_id, p.id
        """;

    /// <summary>The same for refunds. Rows: project, payment, refund.</summary>
    public const string TakeUnknownRefunds =
        $"""
          WITH first AS MATERIALIZED (
                SELECT d.partition, d.account, d.id, row_number() OVER (PARTITION BY y.project_id ORDER BY d.asked_at) AS turn
                  FROM refunds d
                  JOIN payments y ON y.partition = d.partition AND y.account = d.account AND y.id = d.payment
                 WHERE d.status = 'pending' AND d.asked_at < now() - make_interval(secs => $1)
                   AND {ParkedSql.NotParked} 'refunds' AND q.subject = d.id::text))
        UPDATE refunds r
           SET asked_at = now()
          FROM payments p
         WHERE p.partition = r.partition AND p.account = r.account AND p.id = r.payment
           AND (r.partition, r.account, r.id) IN (SELECT u.partition, u.account, u.id
                                                    FROM first f
                                                    JOIN refunds u ON u.partition = f.partition AND u.account = f.account AND u.id = f.id
                                                   WHERE u.status = 'pending' AND u.asked_at < now() - make_interval(secs => $1)
                                                   ORDER BY f.turn, u.asked_at
                                                   LIMIT $2
                                                     FOR NO KEY UPDATE OF u SKIP LOCKED)
        RETURNING p.project_id, p.id, r.id
        """;

    // ---- methods -----------------------------------------------------------------------------------------------

    private const string MethodColumns = "id, provider, token, brand, last4, is_default, added_at";

    /// <summary>
    /// The methods that were not removed, the oldest first; at most $3, with the default among them. $1 partition, $2 account.
    /// </summary>
    public const string Methods =
        $"""
        SELECT {MethodColumns}
          FROM (SELECT {MethodColumns}, sequence FROM payment_methods WHERE partition = $1 AND account = $2 AND removed_at IS NULL
            ORDER BY is_default DESC, sequence DESC LIMIT $3) AS m
         ORDER BY sequence
        """;

    /// <summary>
    /// Removes the oldest methods beyond the bound, never the default. There must be a default. $1 partition, $2 account, $3 time, $4
    /// number of methods that stay in addition to the default.
    /// </summary>
    public const string RemoveOldMethods =
        """
        UPDATE payment_methods
           SET removed_at = $3
         WHERE partition = $1 AND account = $2
           AND id IN (SELECT o.id FROM payment_methods o
                       WHERE o.partition = $1 AND o.account = $2 AND o.removed_at IS NULL AND NOT o.is_default
                       ORDER BY o.sequence DESC
                      OFFSET $4)
        """;

    /// <summary>Includes removed methods, because they were charged. $1 partition, $2 account, $3 id.</summary>
    public const string Method = $"SELECT {MethodColumns} FROM payment_methods WHERE partition = $1 AND account = $2 AND id = $3";

    /// <summary>$1 partition, $2 account.</summary>
    public const string NoDefault =
        "UPDATE payment_methods SET is_default = false WHERE partition = $1 AND account = $2 AND is_default AND removed_at IS NULL";

    /// <summary>$1 partition, $2 account, $3 id, $4 provider, $5 token, $6 brand, $7 last digits, $8 added.</summary>
    public const string InsertMethod =
        """
        INSERT INTO payment_methods (partition, account, id, provider, token, brand, last4, is_default, added_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, true, $8)
        """;

    /// <summary>$1 partition, $2 account, $3 id, $4 when.</summary>
    public const string RemoveMethod =
        "UPDATE payment_methods SET removed_at = $4 WHERE partition = $1 AND account = $2 AND id = $3 AND removed_at IS NULL";

    /// <summary>Makes the newest remaining method the default if there is none. $1 partition, $2 account.</summary>
    public const string MakeNewestDefault =
        """
        UPDATE payment_methods m
           SET is_default = true
         WHERE m.partition = $1 AND m.account = $2
           AND m.id = (SELECT n.id FROM payment_methods n
                        WHERE n.partition = $1 AND n.account = $2 AND n.removed_at IS NULL
                        ORDER BY n.sequence DESC LIMIT 1)
           AND NOT EXISTS (SELECT FROM payment_methods d WHERE d.partition = $1 AND d.account = $2
               AND d.removed_at IS NULL AND d.is_default)
        """;

    /// <summary>
    /// Inserts a method that is saved only after it has paid. $1 partition, $2 account, $3 id, $4 provider, $5 token, $6 brand, $7 last
    /// digits, $8 added.
    /// </summary>
    public const string InsertUntriedMethod =
        """
        INSERT INTO payment_methods (partition, account, id, provider, token, brand, last4, is_default, added_at, removed_at, was_kept)
             VALUES ($1, $2, $3, $4, $5, $6, $7, false, $8, $8, false)
        """;

    /// <summary>Saves a method and makes it the one to charge from now on. $1 partition, $2 account, $3 id.</summary>
    public const string KeepMethod =
        "UPDATE payment_methods SET removed_at = NULL, is_default = true, was_kept = true WHERE partition = $1 AND account = $2 AND id = $3";

    /// <summary>$1 partition, $2 account, $3 id.</summary>
    public const string MethodIsKept =
        "SELECT true FROM payment_methods WHERE partition = $1 AND account = $2 AND id = $3 AND removed_at IS NULL";
}
