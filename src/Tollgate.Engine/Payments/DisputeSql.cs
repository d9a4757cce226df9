namespace Tollgate.Engine.Payments;

/// <summary>Every statement on disputes.</summary>
internal static class DisputeSql
{
    /// <summary>The caller must hold the customer's lock. $1 partition, $2 account, $3 payment, $4 reference. Rows: status.</summary>
    public const string StatusOf = "SELECT status FROM disputes WHERE partition = $1 AND account = $2 AND payment = $3 AND reference = $4";

    /// <summary>
    /// $1 partition, $2 account, $3 payment, $4 reference, $5 amount, $6 status, $7 reason or null, $8 time, $9 closing time or null, $10
    /// project.
    /// </summary>
    public const string Write =
        """
        INSERT INTO disputes AS d (partition, account, payment, reference, amount, status, reason, opened_at, closed_at, project_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (partition, account, payment, reference) DO UPDATE
                SET amount = excluded.amount, status = excluded.status, reason = coalesce(excluded.reason, d.reason),
                  closed_at = excluded.closed_at
        """;

    /// <summary>The amount of a payment that a bank holds or took. $1 partition, $2 account, $3 payment.</summary>
    public const string HeldOf =
        "SELECT coalesce(sum(amount), 0)::bigint FROM disputes WHERE partition = $1 AND account = $2 AND payment = $3 AND status <> 'won'";

    /// <summary>
    /// The amounts of payments that banks hold or took, and the status of their disputes: open before lost before won. $1 partitions, $2
    /// accounts, $3 payments. Rows: payment, amount, status.
    /// </summary>
    public const string OfPayments =
        """
        SELECT d.payment, coalesce(sum(d.amount) FILTER (WHERE d.status <> 'won'), 0)::bigint,
               CASE WHEN bool_or(d.status = 'open') THEN 'open' WHEN bool_or(d.status = 'lost') THEN 'lost' ELSE 'won' END
          FROM unnest($1::smallint[], $2::integer[], $3::uuid[]) AS x (partition, account, payment)
          JOIN disputes d ON d.partition = x.partition AND d.account = x.account AND d.payment = x.payment
         GROUP BY d.payment
        """;

    /// <summary>
    /// Newest first. $1 project, $2 status or null, $3 payment or null, $4 the reference after which it starts or null, $5 number of rows,
    /// $6 customer or null. Rows: as <c>DisputeQueries</c> reads them.
    /// </summary>
    public const string List =
        """
        SELECT d.payment, c.id AS customer_id, p.provider, d.reference, d.amount, p.currency, d.status, d.reason, d.opened_at, d.closed_at
          FROM disputes d
          JOIN payments  p ON p.partition = d.partition AND p.account = d.account AND p.id = d.payment
          JOIN customers c ON c.partition = d.partition AND c.account = d.account
         WHERE d.project_id = $1 AND ($2::text IS NULL OR d.status = $2) AND ($3::uuid IS NULL OR d.payment = $3)
           AND ($6::text IS NULL OR c.id = $6)
           AND ($4::text IS NULL OR d.sequence < (SELECT a.sequence FROM disputes a WHERE a.project_id = $1 AND a.reference = $4
               ORDER BY a.sequence LIMIT 1))
         ORDER BY d.sequence DESC
         LIMIT $5
        """;
}
