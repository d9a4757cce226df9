namespace Tollgate.Engine.Payments.Paymob;

/// <summary>The statements of <see cref="PaymobProvider"/> on its own tables.</summary>
internal static class PaymobSql
{
    /// <summary>
    /// $1 project, $2 key. Rows: reference, order, page, expiry of the page (all null until an answer arrives); time of the last attempt,
    /// time of the last query; whether a saved card pays it.
    /// </summary>
    public const string FindOrder =
        "SELECT reference, order_id, page, expires_at, made_at, asked_at, is_charge FROM paymob_orders WHERE project_id = $1 AND key = $2";

    /// <summary>
    /// Ends a payment without an order whose last attempt is older than $3 seconds; a payment without any attempt gets a row, from which
    /// that time counts. $1 project, $2 key. Returns whether it has ended; no row: it has an order.
    /// </summary>
    public const string EndWithoutOrder =
        """
        INSERT INTO paymob_orders AS o (project_id, key)
             VALUES ($1, $2)
        ON CONFLICT (project_id, key) DO UPDATE SET is_ended = o.is_ended OR o.made_at <= now() - make_interval(secs => $3)
              WHERE o.page IS NULL
          RETURNING is_ended
        """;

    /// <summary>$1 project, $2 key, $3 time of Paymob's last answer about it.</summary>
    public const string NoteAsked = "UPDATE paymob_orders SET asked_at = $3 WHERE project_id = $1 AND key = $2";

    /// <summary>$1 project, $2 Paymob's order. Returns the key.</summary>
    public const string KeyOfOrder = "SELECT key FROM paymob_orders WHERE project_id = $1 AND order_id = $2";

    /// <summary>$1 projects, $2 Paymob's order. Returns the project.</summary>
    public const string ProjectOfOrder =
        "SELECT project_id FROM paymob_orders WHERE project_id = ANY ($1) AND order_id = $2 ORDER BY project_id LIMIT 1";

    /// <summary>
    /// Reserves the name of a further attempt; no row: there is a page already, or the payment has ended. $1 project, $2 key. Returns its
    /// number.
    /// </summary>
    public const string NextAttempt =
        """
        INSERT INTO paymob_orders AS o (project_id, key)
             VALUES ($1, $2)
        ON CONFLICT (project_id, key) DO UPDATE SET attempts = o.attempts + 1, made_at = now()
              WHERE o.page IS NULL AND NOT o.is_ended
          RETURNING attempts
        """;

    /// <summary>Ends an attempt that stored no order, before its time is over. $1 project, $2 key, $3 its number, $4 seconds.</summary>
    public const string EndAttempt =
        """
        UPDATE paymob_orders
           SET made_at = now() - make_interval(secs => $4)
         WHERE project_id = $1 AND key = $2 AND attempts = $3 AND page IS NULL
        """;

    /// <summary>
    /// Stores the order that is shown: the first one stored wins, and none is stored after the payment's end. $1 project, $2 key, $3
    /// reference, $4 order, $5 page, $6 expiry, $7 whether a saved card pays it.
    /// </summary>
    public const string KeepOrder =
        """
        UPDATE paymob_orders
           SET reference = $3, order_id = $4, page = $5, expires_at = $6, is_charge = $7
         WHERE project_id = $1 AND key = $2 AND page IS NULL AND NOT is_ended
        """;

    /// <summary>$1 project, $2 key. Rows: before, reference, failure, whether it is done.</summary>
    public const string FindRefund = "SELECT before, reference, failure, is_done FROM paymob_refunds WHERE project_id = $1 AND key = $2";

    /// <summary>
    /// No row: the refund exists already, or another refund of the same transaction is pending. $1 project, $2 key, $3 transaction, $4
    /// amount, $5 the amount refunded before.
    /// </summary>
    public const string BeginRefund =
        """
        INSERT INTO paymob_refunds (project_id, key, transaction, amount, before)
             VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING
        """;

    /// <summary>Records the transaction of a refund that is still pending. $1 project, $2 key, $3 reference.</summary>
    public const string NoteRefund = "UPDATE paymob_refunds SET reference = $3 WHERE project_id = $1 AND key = $2 AND reference IS NULL";

    /// <summary>$1 project, $2 key, $3 reference or null, $4 failure or null.</summary>
    public const string EndRefund =
        """
        UPDATE paymob_refunds
           SET reference = coalesce(reference, $3), failure = $4, is_done = true
         WHERE project_id = $1 AND key = $2 AND NOT is_done
        """;

    /// <summary>
    /// Finds the refund that belongs to a transaction at Paymob: the one with that number, else the oldest one of the amount without a
    /// number. It gets the number and ends. $1 project, $2 transaction that was paid, $3 amount, $4 the refund's own transaction, $5
    /// failure or null. Returns the key; no row: none of ours.
    /// </summary>
    public const string NameRefund =
        """
        UPDATE paymob_refunds r
           SET reference = $4, failure = $5, is_done = true
         WHERE r.project_id = $1
           AND r.key = (SELECT o.key
                          FROM paymob_refunds o
                         WHERE o.project_id = $1 AND o.transaction = $2
                           AND (o.reference = $4 OR (o.reference IS NULL AND o.failure IS NULL AND o.amount = $3))
                         ORDER BY o.reference IS NULL, o.key
                         LIMIT 1
                           FOR UPDATE)
        RETURNING r.key
        """;
}
