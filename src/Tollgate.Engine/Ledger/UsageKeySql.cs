namespace Tollgate.Engine.Ledger;

/// <summary>The statements on the keys that encrypt the texts of usage. Only an erasure deletes a key.</summary>
internal static class UsageKeySql
{
    /// <summary>
    /// The keys of accounts, the newest of each last. $1 partitions, $2 accounts. Columns: partition, account, number, key.
    /// </summary>
    public const string Read =
        """
        SELECT k.partition, k.account, k.number, k.key
          FROM unnest($1::smallint[], $2::integer[]) AS x (partition, account)
          JOIN usage_keys k ON k.partition = x.partition AND k.account = x.account
         ORDER BY k.partition, k.account, k.number
        """;

    /// <summary>
    /// Adds keys; another server may have added them just now. An erased customer gets none: it has another id. The lock waits for an
    /// erasure, and for no other change. $1 partitions, $2 accounts, $3 customers' ids (null: not checked), $4 numbers, $5 keys.
    /// </summary>
    public const string Add =
        """
        INSERT INTO usage_keys (partition, account, number, key)
        SELECT x.partition, x.account, x.number, x.key
          FROM unnest($1::smallint[], $2::integer[], $3::text[], $4::smallint[], $5::bytea[]) AS x (partition, account, id, number, key)
          JOIN customers c ON c.partition = x.partition AND c.account = x.account AND (x.id IS NULL OR c.id = x.id)
         ORDER BY x.partition, x.account
           FOR KEY SHARE OF c
            ON CONFLICT DO NOTHING
        """;
}
