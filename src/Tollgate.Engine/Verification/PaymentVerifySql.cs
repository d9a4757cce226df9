namespace Tollgate.Engine.Verification;

/// <summary>The checks of payments, for <see cref="VerifyLedger"/>. Parameters and columns as in <see cref="VerifySql"/>.</summary>
internal static class PaymentVerifySql
{
    /// <summary>
    /// The money received for an invoice matches its facts and the customer's credit; the money returned matches the refunds of the payment
    /// and of the invoice, and has a credit note or came out of credit; a payment matches its own facts. Place: which, and its id.
    /// </summary>
    public const string Payments =
        """
        SELECT p.code, c.id, NULL::text, x.place, x.expected::numeric, x.found::numeric, count(*) OVER ()
          FROM (SELECT coalesce(a.partition, f.partition) AS partition, coalesce(a.account, f.account) AS account,
                       coalesce('invoice ' || coalesce(a.invoice, f.invoice), 'no invoice') AS place, coalesce(f.amount, 0) AS expected,
                       coalesce(a.amount, 0) AS found
                  FROM (SELECT partition, account, invoice, sum(amount) AS amount
                          FROM payments
                         WHERE status = 'succeeded' AND provider_invoice IS NULL
                         GROUP BY partition, account, invoice) a
                  FULL JOIN (SELECT m.partition, m.account, m.invoice, sum(m.amount) AS amount
                               FROM (SELECT partition, account, invoice, amount FROM invoice_facts WHERE verb = 'pay'
                                      AND note IS DISTINCT FROM 'credits'
                                      UNION ALL
                                     SELECT partition, account, invoice, amount FROM customer_credits WHERE cause = 'payment') m
                              GROUP BY m.partition, m.account, m.invoice) f
                         ON f.partition = a.partition AND f.account = a.account
                           AND coalesce(f.invoice::text, '') = coalesce(a.invoice::text, '')
                UNION ALL
                SELECT y.partition, y.account, 'refunds of ' || y.id, coalesce(sum(r.amount) FILTER (WHERE r.status <> 'failed'), 0),
                  y.refunded
                  FROM payments y
                  LEFT JOIN refunds r ON r.partition = y.partition AND r.account = y.account AND r.payment = y.id
                 GROUP BY y.partition, y.account, y.id, y.refunded
                UNION ALL
                SELECT coalesce(r.partition, f.partition), coalesce(r.account, f.account),
                       'refunded of invoice ' || coalesce(r.invoice, f.invoice),
                       coalesce(f.amount, 0), coalesce(r.amount, 0)
                  FROM (SELECT partition, account, invoice, sum(amount - from_credit) AS amount
                          FROM refunds
                         WHERE status = 'succeeded' AND credit_note IS NOT NULL
                         GROUP BY partition, account, invoice) r
                  FULL JOIN (SELECT partition, account, invoice, sum(CASE verb WHEN 'refund' THEN amount ELSE -amount END) AS amount
                               FROM invoice_facts
                              WHERE verb IN ('refund', 'refund_fail')
                              GROUP BY partition, account, invoice) f
                         ON f.partition = r.partition AND f.account = r.account AND f.invoice = r.invoice
                UNION ALL
                SELECT y.partition, y.account, 'facts of ' || y.id, CASE WHEN y.status = 'succeeded' THEN y.amount ELSE 0 END + y.refunded,
                       coalesce(sum(f.amount) FILTER (WHERE f.verb = 'succeed'),
                       0) + coalesce(sum(f.amount) FILTER (WHERE f.verb = 'refund'), 0)
                       - coalesce(sum(f.amount) FILTER (WHERE f.verb = 'refund_fail'), 0)
                  FROM payments y
                  LEFT JOIN payment_facts f ON f.partition = y.partition AND f.account = y.account AND f.payment = y.id
                 GROUP BY y.partition, y.account, y.id, y.status, y.amount, y.refunded
                UNION ALL
                SELECT y.partition, y.account, 'currency of ' || y.id, 1, 0
                  FROM payments y
                  JOIN invoices i ON i.partition = y.partition AND i.account = y.account AND i.id = y.invoice
                 WHERE i.currency <> y.currency
                UNION ALL
                SELECT r.partition, r.account, 'document of refund ' || r.id, r.amount - r.from_credit, coalesce(n.total, 0)
                  FROM refunds r
                  JOIN payments y ON y.partition = r.partition AND y.account = r.account AND y.id = r.payment AND y.provider_invoice IS NULL
                  LEFT JOIN credit_notes n ON n.partition = r.partition AND n.account = r.account AND n.id = r.credit_note
                    AND n.invoice = r.invoice
                UNION ALL
                SELECT coalesce(r.partition, k.partition), coalesce(r.account, k.account), 'credit taken for refunds',
                  coalesce(r.amount, 0), coalesce(k.amount, 0)
                  FROM (SELECT partition, account, sum(from_credit) AS amount FROM refunds WHERE status <> 'failed'
                    GROUP BY partition, account) r
                  FULL JOIN (SELECT partition, account, -sum(amount) AS amount FROM customer_credits WHERE cause = 'refund'
                         GROUP BY partition, account) k
                         ON k.partition = r.partition AND k.account = r.account) x
          JOIN customers c ON c.partition = x.partition AND c.account = x.account
          JOIN projects  p ON p.id = c.project_id
         WHERE x.expected <> x.found
           AND ($1::integer IS NULL OR p.id = $1)
         ORDER BY 1, 2, 4
         LIMIT 20
        """;
}
