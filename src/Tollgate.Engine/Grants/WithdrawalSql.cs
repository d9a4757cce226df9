namespace Tollgate.Engine.Grants;

/// <summary>The statements on grant_withdrawals. <c>$1</c> is the partition and <c>$2</c> the account.</summary>
internal static class WithdrawalSql
{
    /// <summary>
    /// <c>$3</c> id. Row: feature, source, requested, up_to, reason, at, reference, and for each grant its name and amount.
    /// </summary>
    public const string Find =
        """
        SELECT f.code AS feature_code, w.source, w.requested, w.up_to, w.reason, w.at, w.reference,
               ARRAY(SELECT coalesce(g.reference, g.id::text)
                       FROM unnest(w.grants) WITH ORDINALITY AS x (id, place)
                       JOIN grants g ON g.partition = w.partition AND g.account = w.account AND g.id = x.id
                      ORDER BY x.place) AS grants,
               w.amounts
          FROM grant_withdrawals w
          JOIN features f ON f.id = w.feature
         WHERE w.partition = $1 AND w.account = $2 AND w.id = $3
        """;

    /// <summary>
    /// <c>$3</c> id, <c>$4</c> reference, <c>$5</c> feature, <c>$6</c> source, <c>$7</c> requested, <c>$8</c> up_to, <c>$9</c> grants,
    /// <c>$10</c> amounts, <c>$11</c> reason, <c>$12</c> at.
    /// </summary>
    public const string Insert =
        """
        INSERT INTO grant_withdrawals (partition, account, id, reference, feature, source, requested, up_to, grants, amounts, reason, at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """;

    public const string DeleteAll = "DELETE FROM grant_withdrawals WHERE partition = $1 AND account = $2";
}
