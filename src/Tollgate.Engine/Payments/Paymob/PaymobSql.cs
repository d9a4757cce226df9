namespace Tollgate.Engine.Payments.Paymob;

/// <summary>What <see cref="PaymobProvider"/> keeps beside payments.</summary>
internal static class PaymobSql
{
    /// <summary>
    /// $1 project, $2 key. Rows: reference, order, page, until when it can be paid, all null while no answer has come; when it was made,
    /// asked for; whether a saved card pays it.
    /// </summary>
    public const string FindOrder =
        "SELECT reference, order_id, page, expires_at, made_at, asked_at, is_charge FROM paymob_orders WHERE project_id = $1 AND key = $2";

    /// <summary>$1 project, $2 key, $3 when Paymob answered what became of it.</summary>
    public const string NoteAsked = "UPDATE paymob_orders SET asked_at = $3 WHERE project_id = $1 AND key = $2";

    /// <summary>$1 project, $2 Paymob's order. Answers the key.</summary>
    public const string KeyOfOrder = "SELECT key FROM paymob_orders WHERE project_id = $1 AND order_id = $2";

    /// <summary>$1 projects, $2 Paymob's order. Answers the project.</summary>
    public const string ProjectOfOrder =
        "SELECT project_id FROM paymob_orders WHERE project_id = ANY ($1) AND order_id = $2 ORDER BY project_id LIMIT 1";

    /// <summary>A name for one more attempt; no row: there is a page already. $1 project, $2 key. Answers its number.</summary>
    public const string NextAttempt =
        """
        INSERT INTO paymob_orders AS o (project_id, key)
             VALUES ($1, $2)
        ON CONFLICT (project_id, key) DO UPDATE SET attempts = o.attempts + 1
              WHERE o.page IS NULL
          RETURNING attempts
        """;

    /// <summary>
    /// The first that is kept is shown, and no other. $1 project, $2 key, $3 reference, $4 order, $5 page, $6 until when, $7 whether a
    /// saved card pays it.
    /// </summary>
    public const string KeepOrder =
        """
        UPDATE paymob_orders
           SET reference = $3, order_id = $4, page = $5, expires_at = $6, is_charge = $7
         WHERE project_id = $1 AND key = $2 AND page IS NULL
        """;

    /// <summary>$1 project, $2 key. Rows: before, reference, failure, whether it is done.</summary>
    public const string FindRefund = "SELECT before, reference, failure, is_done FROM paymob_refunds WHERE project_id = $1 AND key = $2";

    /// <summary>
    /// No row: it is known, or another of the same transaction is under way. $1 project, $2 key, $3 transaction, $4 amount, $5 what had
    /// gone back.
    /// </summary>
    public const string BeginRefund =
        """
        INSERT INTO paymob_refunds (project_id, key, transaction, amount, before)
             VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING
        """;

    /// <summary>Its own transaction is known, and is not over. $1 project, $2 key, $3 reference.</summary>
    public const string NoteRefund = "UPDATE paymob_refunds SET reference = $3 WHERE project_id = $1 AND key = $2 AND reference IS NULL";

    /// <summary>$1 project, $2 key, $3 reference or null, $4 failure or null.</summary>
    public const string EndRefund =
        """
        UPDATE paymob_refunds
           SET reference = coalesce(reference, $3), failure = $4, is_done = true
         WHERE project_id = $1 AND key = $2 AND NOT is_done
        """;

    /// <summary>
    /// Which of ours a refund at Paymob is: the one of that number, else the oldest of the amount that has no number yet. It gets the
    /// number, and is over. $1 project, $2 transaction that was paid, $3 amount, $4 the refund's own transaction, $5 failure or null.
    /// Answers the key; no row: none of ours.
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
