namespace Tollgate.Engine.Payments;

/// <summary>Every statement on invoices that providers made, and on the payments of them.</summary>
internal static class ProviderInvoiceSql
{
    /// <summary>$1 partition, $2 account, $3 subscription. Returns a row if a provider manages it.</summary>
    public const string IsProviderManaged =
        "SELECT 1 FROM subscriptions WHERE partition = $1 AND account = $2 AND id = $3 AND managed_by IS NOT NULL";

    /// <summary>
    /// The caller must hold the customer's lock. No row: a newer state is already written. $1 partition, $2 account, $3 provider, $4
    /// reference, $5 project, $6 subscription, $7 number, $8 status, $9 currency, $10 total, $11 tax, $12 paid, $13 address, $14 lines, $15
    /// created, $16 paid at, $17 time of the query.
    /// </summary>
    public const string Write =
        """
        INSERT INTO provider_invoices AS i (partition, account, provider, reference, project_id, subscription, number, status, currency,
          total, tax, paid, url, lines,
                                            created_at, paid_at, heard_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        ON CONFLICT (partition, account, provider, reference) DO UPDATE
                SET number = excluded.number, status = excluded.status, total = excluded.total, tax = excluded.tax,
                    paid = excluded.paid, url = excluded.url,
                    lines = excluded.lines, paid_at = excluded.paid_at, heard_at = excluded.heard_at
              WHERE i.heard_at <= excluded.heard_at
        """;

    /// <summary>
    /// Newest first. $1 project, $2 customer or null, $3 the provider's id of a subscription or null, $4 status or null, $5 the reference
    /// after which it starts or null, $6 number of rows. Rows: as <c>ProviderInvoiceQueries</c> reads them.
    /// </summary>
    /// <param name="by">The filters; with a customer, the statement reads only its rows, not all of the project's.</param>
    public static string List(ProviderInvoiceFilter by) =>
        $"""
        SELECT i.reference, i.provider, c.id AS customer_id, s.reference AS subscription, i.number, i.status, i.currency, i.total, i.tax,
               i.paid, p.id AS payment, i.url, i.lines::text AS lines, i.created_at, i.paid_at
          FROM provider_invoices i
          JOIN customers     c ON c.partition = i.partition AND c.account = i.account
          JOIN subscriptions s ON s.partition = i.partition AND s.account = i.account AND s.id = i.subscription
          LEFT JOIN payments p ON p.partition = i.partition AND p.account = i.account AND p.provider = i.provider
            AND p.provider_invoice = i.reference
         WHERE i.project_id = $1 AND {(by.Customer is null ? "$2::text IS NULL" : "c.project_id = $1 AND c.id = $2")}
           AND ($3::text IS NULL OR s.reference = $3) AND ($4::text IS NULL OR i.status = $4)
           AND ($5::text IS NULL OR (i.created_at, i.reference) < (SELECT a.created_at, a.reference FROM provider_invoices a
               WHERE a.project_id = $1 AND a.reference = $5 LIMIT 1))
         ORDER BY i.created_at DESC, i.reference DESC
         LIMIT $6
        """;

    /// <summary>
    /// The caller must hold the customer's lock. A failed payment may succeed; a further failure changes nothing, and a success is final.
    /// $1 partition, $2 account, $3 id of a new one, $4 project, $5 provider, $6 its invoice, $7 currency, $8 amount, $9 status, $10
    /// failure or null, $11 reference, $12 created, $13 settled. Returns the id; no row: nothing changed.
    /// </summary>
    public const string WritePayment =
        """
        INSERT INTO payments AS p (partition, account, id, project_id, provider, provider_invoice, currency, amount, status, failure,
             reference, created_at, settled_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        ON CONFLICT (partition, account, provider, provider_invoice) WHERE provider_invoice IS NOT NULL DO UPDATE
                SET status = excluded.status, failure = excluded.failure, amount = excluded.amount, reference = excluded.reference,
                  settled_at = excluded.settled_at
              WHERE p.status = 'failed' AND excluded.status = 'succeeded'
          RETURNING p.id
        """;
}
