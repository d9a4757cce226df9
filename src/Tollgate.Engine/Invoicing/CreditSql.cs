namespace Tollgate.Engine.Invoicing;

/// <summary>
/// Credits that operators give to customers, and customers' balances. <c>$1</c> is the partition and <c>$2</c> the account.
/// </summary>
internal static class CreditSql
{
    /// <summary>
    /// Adds or, with a negative amount, takes back prepaid credit; returns its sequence number. $3 currency, $4 amount, $5 at, $6 actor, $7
    /// note.
    /// </summary>
    public const string Insert =
        """
        INSERT INTO customer_credits (partition, account, currency, amount, at, cause, actor, note)
             VALUES ($1, $2, $3, $4, $5, 'manual', $6, $7)
        RETURNING sequence
        """;

    /// <summary>A customer's credits, by currency and kind. $3 now. Rows: kind, currency, sum.</summary>
    public const string Balances =
        """
        SELECT 'prepaid', k.currency, sum(k.amount)::bigint
          FROM customer_credits k
         WHERE k.partition = $1 AND k.account = $2
         GROUP BY k.currency
        UNION ALL
        SELECT 'promotional', r.currency, coalesce(sum(r.remaining) FILTER (WHERE r.ends_at IS NULL OR r.ends_at > $3), 0)::bigint
          FROM redemptions r
         WHERE r.partition = $1 AND r.account = $2 AND r.code IS NULL
         GROUP BY r.currency
         ORDER BY 2, 1
        """;

    /// <summary>
    /// All credit facts, newest first. Those of promotional credit come from its records: the gift, the lines of invoices, voids, and the
    /// expiry of the rest: credit that a void returned after the expiry expired with it. Ids contain sequence numbers, and sort facts of
    /// one instant. $3 now, $4 the id after which the list starts (null: the beginning), $5 number of rows, $6 only the one of this id, or
    /// null.
    /// </summary>
    public const string Facts =
        """
          WITH given AS (
                SELECT r.*, 'p-' || lpad(r.sequence::text, 12, '0') AS id
                  FROM redemptions r
                 WHERE r.partition = $1 AND r.account = $2 AND r.code IS NULL),
               taken AS (
                SELECT g.id || '-' || l.invoice AS id, l.redemption, g.currency, l.amount, i.issued_at, l.invoice
                  FROM given g
                  JOIN invoice_lines l ON l.partition = $1 AND l.account = $2 AND l.redemption = g.sequence
                  JOIN invoices      i ON i.partition = $1 AND i.account = $2 AND i.id = l.invoice),
               voided AS (
                SELECT t.*, f.at, f.note, f.actor
                  FROM taken t
                  JOIN invoice_facts f ON f.partition = $1 AND f.account = $2 AND f.invoice = t.invoice AND f.verb = 'void'),
               facts AS (
                SELECT 'c-' || lpad(k.sequence::text, 12, '0') AS id, 'prepaid' AS kind, k.cause, k.currency, k.amount, k.at,
                       NULL::timestamptz AS expires_at,
                       k.invoice, k.note, k.actor
                  FROM customer_credits k
                 WHERE k.partition = $1 AND k.account = $2
                UNION ALL
                SELECT id, 'promotional', 'manual', currency, amount, redeemed_at, ends_at, NULL, note, actor FROM given
                UNION ALL
                SELECT id, 'promotional', 'invoice', currency, amount, issued_at, NULL, invoice, NULL, NULL FROM taken
                UNION ALL
                SELECT id || '-void', 'promotional', 'invoice', currency, -amount, at, NULL, invoice, note, actor FROM voided
                UNION ALL
                SELECT id || '-x', 'promotional', 'expired', currency, -remaining,
                       greatest(ends_at, (SELECT max(v.at) FROM voided v WHERE v.redemption = given.sequence)), NULL, NULL, NULL, NULL
                  FROM given
                 WHERE ends_at <= $3 AND remaining > 0)
        SELECT f.id, f.kind, f.cause, f.currency, f.amount, f.at, f.expires_at, f.invoice, f.note, f.actor
          FROM facts f
         WHERE ($4::text IS NULL OR (f.at, f.id COLLATE "C") < (SELECT s.at, s.id FROM facts s WHERE s.id = $4))
           AND ($6::text IS NULL OR f.id = $6)
         ORDER BY f.at DESC, f.id COLLATE "C" DESC
         LIMIT $5
        """;
}
