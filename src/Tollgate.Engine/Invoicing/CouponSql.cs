namespace Tollgate.Engine.Invoicing;

/// <summary>Every statement of coupons and their redemptions.</summary>
internal static class CouponSql
{
    /// <summary>No row: the code exists. $1 project, $2 code, $3 document, $4 now.</summary>
    public const string Insert =
        """
        INSERT INTO coupons (project_id, code, document, created_at) VALUES ($1, $2, $3::jsonb, $4)
            ON CONFLICT DO NOTHING
        RETURNING 1
        """;

    private const string Columns = "c.code, c.document::text, c.redemptions, c.active, c.created_at";

    /// <summary>$1 project, $2 code.</summary>
    public const string Find = $"SELECT {Columns} FROM coupons c WHERE c.project_id = $1 AND c.code = $2";

    /// <summary>Held, so that the last redemption is had once.</summary>
    public const string FindAndLock = Find + " FOR NO KEY UPDATE";

    /// <summary>$1 project, $2 the code after which it starts, $3 number of rows.</summary>
    public const string List = $"SELECT {Columns} FROM coupons c WHERE c.project_id = $1 AND c.code > $2 ORDER BY c.code LIMIT $3";

    /// <summary>$1 project, $2 code.</summary>
    public const string End = "UPDATE coupons SET active = false WHERE project_id = $1 AND code = $2";

    public const string CountRedemption = "UPDATE coupons SET redemptions = redemptions + 1 WHERE project_id = $1 AND code = $2";

    /// <summary>$1 partition, $2 account, $3 subscription, $4 project, $5 code, $6 redeemed at, $7 ends at.</summary>
    public const string Redeem =
        """
        INSERT INTO coupon_redemptions (partition, account, subscription, project_id, code, redeemed_at, ends_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
        """;

    /// <summary>Those that may still take something off, in the order of redemption. $1 partitions, $2 accounts, $3 subscriptions.</summary>
    public const string OfSubscriptions =
        """
        SELECT r.subscription, c.code, c.document::text, r.redeemed_at, r.ends_at, r.used
          FROM unnest($1::smallint[], $2::integer[], $3::uuid[]) AS x (partition, account, subscription)
          JOIN coupon_redemptions r ON r.partition = x.partition AND r.account = x.account AND r.subscription = x.subscription AND NOT r.spent
          JOIN coupons c ON c.project_id = r.project_id AND c.code = r.code
         ORDER BY r.redeemed_at, r.code
        """;

    /// <summary>The code of the one that it was begun with. $1 partition, $2 account, $3 subscription.</summary>
    public const string CodeOf = "SELECT code FROM coupon_redemptions WHERE partition = $1 AND account = $2 AND subscription = $3";

    /// <summary>$1 partitions, $2 accounts, $3 subscriptions, $4 codes, $5 used, $6 spent.</summary>
    public const string WriteUses =
        """
        UPDATE coupon_redemptions r
           SET used = x.used, spent = x.spent
          FROM unnest($1::smallint[], $2::integer[], $3::uuid[], $4::text[], $5::integer[], $6::boolean[])
               AS x (partition, account, subscription, code, used, spent)
         WHERE r.partition = x.partition AND r.account = x.account AND r.subscription = x.subscription AND r.code = x.code
        """;
}
