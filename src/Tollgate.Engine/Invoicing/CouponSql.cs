namespace Tollgate.Engine.Invoicing;

/// <summary>The statements on coupons. For redemptions see <see cref="RedemptionSql"/>.</summary>
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

    /// <summary>Locks the coupon, so that its last redemption happens once.</summary>
    public const string FindAndLock = Find + " FOR NO KEY UPDATE";

    /// <summary>$1 project, $2 the code after which the list starts, $3 number of rows.</summary>
    public const string List = $"SELECT {Columns} FROM coupons c WHERE c.project_id = $1 AND c.code > $2 ORDER BY c.code LIMIT $3";

    /// <summary>$1 project, $2 number of rows.</summary>
    public const string Codes = "SELECT code FROM coupons WHERE project_id = $1 AND active ORDER BY created_at DESC, code LIMIT $2";

    /// <summary>$1 project, $2 code.</summary>
    public const string End = "UPDATE coupons SET active = false WHERE project_id = $1 AND code = $2";

    /// <summary>
    /// The number of pending payments that will redeem the coupon, so that nobody pays for a coupon that is used up then. A payment that
    /// has ended does not count, whatever its result. $1 project, $2 code.
    /// </summary>
    public const string CountClaims =
        """
        SELECT count(*)
          FROM payments p
          JOIN checkouts k ON k.partition = p.partition AND k.account = p.account AND k.id = p.checkout
         WHERE p.project_id = $1 AND p.status IN ('pending', 'requires_action') AND k.status = 'open' AND k.wanted ->> 'coupon' = $2
        """;

    public const string CountRedemption = "UPDATE coupons SET redemptions = redemptions + 1 WHERE project_id = $1 AND code = $2";
}
