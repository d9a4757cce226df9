namespace Tollgate.Engine.Invoicing;

/// <summary>The statements on purchases of credit packs. <c>$1</c> is the partition and <c>$2</c> the account.</summary>
internal static class PackSql
{
    private const string Columns =
        """
        k.id, k.reference, k.pack, k.name, f.code AS feature_code, k.count, k.units, k.currency, k.unit_amount, k.priority, k.expires_after_days, k.invoice, k.grant_id, k.bought_at,
               k.feature, EXISTS (SELECT FROM grants g WHERE g.partition = k.partition AND g.account = k.account AND g.id = k.grant_id) AS grant_exists
        """;

    /// <summary>
    /// $3 id, $4 project, $5 reference, $6 pack, $7 name, $8 feature, $9 count, $10 units, $11 currency, $12 unit amount, $13 priority, $14
    /// days, $15 invoice, $16 grant, $17 at.
    /// </summary>
    public const string Insert =
        """
        INSERT INTO pack_purchases (partition, account, id, project_id, reference, pack, name, feature, count, units,
          currency, unit_amount, priority,
                                    expires_after_days, invoice, grant_id, bought_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        """;

    /// <summary>$3 id.</summary>
    public const string Find =
        $"""
        SELECT {Columns}
          FROM pack_purchases k
          JOIN features f ON f.id = k.feature
         WHERE k.partition = $1 AND k.account = $2 AND k.id = $3
        """;

    /// <summary>$3 invoice.</summary>
    public const string OfInvoice =
        $"""
        SELECT {Columns}
          FROM pack_purchases k
          JOIN features f ON f.id = k.feature
         WHERE k.partition = $1 AND k.account = $2 AND k.invoice = $3
        """;

    /// <summary>Newest first. $3 the purchase after which the list starts (null: the beginning), $4 number of rows.</summary>
    public const string List =
        $"""
        SELECT {Columns}
          FROM pack_purchases k
          JOIN features f ON f.id = k.feature
         WHERE k.partition = $1 AND k.account = $2
           AND ($3::uuid IS NULL
                OR (k.bought_at, k.id) < (SELECT s.bought_at, s.id FROM pack_purchases s WHERE s.partition = $1
                    AND s.account = $2 AND s.id = $3))
         ORDER BY k.bought_at DESC, k.id DESC
         LIMIT $4
        """;
}
