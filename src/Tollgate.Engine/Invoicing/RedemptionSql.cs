namespace Tollgate.Engine.Invoicing;

/// <summary>
/// The statements on redemptions, which reduce invoices: coupons of subscriptions and promotional credits of customers. The caller locks
/// the customers.
/// </summary>
internal static class RedemptionSql
{
    /// <summary>
    /// A coupon. $1 partition, $2 account, $3 subscription, $4 project, $5 code, $6 true if the subscription begins with it, $7 redeemed
    /// at, $8 ends at, $9 currency and $10 amount of one that carries over, otherwise null.
    /// </summary>
    public const string InsertCoupon =
        """
        INSERT INTO redemptions (partition, account, subscription, project_id, code, at_start, redeemed_at, ends_at,
             currency, amount, remaining)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
        """;

    /// <summary>
    /// Adds promotional credit; returns its sequence number. $1 partition, $2 account, $3 project, $4 currency, $5 amount, $6 at, $7
    /// expires at, $8 actor, $9 note.
    /// </summary>
    public const string InsertCredit =
        """
        INSERT INTO redemptions (partition, account, project_id, currency, amount, remaining, redeemed_at, ends_at, actor, note)
             VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9)
        RETURNING sequence
        """;

    /// <summary>
    /// Redemptions that may reduce an invoice at an instant, in the order of redemption: every redemption locks the customer, so sequence
    /// numbers follow that order whatever a server's clock says. Expired promotional credits stay unspent for ever and are not read. The
    /// last column is the amount by which a coupon has reduced invoices of the billing period, computed from their lines. $1 partitions, $2
    /// accounts, $3 subscriptions, $4 instants, $5 starts of the billing periods.
    /// </summary>
    public const string Open =
        """
        SELECT r.account, r.sequence, r.code, c.document::text AS document, r.ends_at, r.used, r.currency, r.remaining,
               CASE WHEN r.used > 0 AND r.remaining IS NULL AND c.document ->> 'amount_off' IS NOT NULL
                    THEN (SELECT -sum(l.amount)::bigint
                            FROM invoices i
                            JOIN invoice_lines l ON l.partition = i.partition AND l.account = i.account AND l.invoice = i.id
                              AND l.redemption = r.sequence
                           WHERE i.partition = x.partition AND i.account = x.account AND i.subscription = x.subscription
                             AND i.status <> 'void' AND i.period_start >= x.period_start) END AS taken_in_period
          FROM unnest($1::smallint[], $2::integer[], $3::uuid[], $4::timestamptz[], $5::timestamptz[]) AS x (partition, account,
            subscription, at, period_start)
          JOIN redemptions r ON r.partition = x.partition AND r.account = x.account AND NOT r.spent
                            AND (r.subscription = x.subscription OR r.subscription IS NULL) AND (r.ends_at IS NULL OR r.ends_at > x.at)
          LEFT JOIN coupons c ON c.project_id = r.project_id AND c.code = r.code
         ORDER BY r.sequence
        """;

    /// <summary>All coupons of a subscription, in the order of redemption. $1 partition, $2 account, $3 subscription.</summary>
    public const string OfSubscription =
        """
        SELECT r.code, c.document::text, r.redeemed_at, r.ends_at, r.used, r.currency, r.remaining, r.sequence
          FROM redemptions r
          JOIN coupons c ON c.project_id = r.project_id AND c.code = r.code
         WHERE r.partition = $1 AND r.account = $2 AND r.subscription = $3
         ORDER BY r.sequence
        """;

    /// <summary>The coupon with which a subscription began. $1 partition, $2 account, $3 subscription.</summary>
    public const string CodeAtStart =
        "SELECT code FROM redemptions WHERE partition = $1 AND account = $2 AND subscription = $3 AND at_start";

    /// <summary>Ends a coupon. $1 partition, $2 account, $3 subscription, $4 code, $5 from when on.</summary>
    public const string End =
        """
        UPDATE redemptions
           SET ends_at = $5
         WHERE partition = $1 AND account = $2 AND subscription = $3 AND code = $4 AND (ends_at IS NULL OR ends_at > $5)
        """;

    /// <summary>
    /// Writes the state of redemptions after invoices. Arrays, position by position: $1 partitions, $2 accounts, $3 sequence numbers, $4
    /// used, $5 remaining, $6 spent.
    /// </summary>
    public const string WriteUses =
        """
        UPDATE redemptions r
           SET used = x.used, remaining = x.remaining, spent = x.spent
          FROM unnest($1::smallint[], $2::integer[], $3::bigint[], $4::integer[], $5::bigint[], $6::boolean[])
               AS x (partition, account, sequence, used, remaining, spent)
         WHERE r.partition = x.partition AND r.account = x.account AND r.sequence = x.sequence
        """;

    /// <summary>Returns the reductions of a void invoice, so that they may be used again. $1 partition, $2 account, $3 invoice.</summary>
    public const string Return =
        """
        UPDATE redemptions r
           SET used = r.used - 1, remaining = r.remaining - l.amount, spent = false
          FROM invoice_lines l
         WHERE l.partition = $1 AND l.account = $2 AND l.invoice = $3
           AND r.partition = l.partition AND r.account = l.account AND r.sequence = l.redemption
        """;

    /// <summary>The number of promotional credits that are unexpired and not used up. $1 partition, $2 account, $3 now.</summary>
    public const string CountOpenCredits =
        "SELECT count(*) FROM redemptions WHERE partition = $1 AND account = $2 AND code IS NULL AND NOT spent AND (ends_at IS NULL OR "
            + "ends_at > $3)";
}
