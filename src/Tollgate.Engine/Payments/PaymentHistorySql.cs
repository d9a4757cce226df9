namespace Tollgate.Engine.Payments;

/// <summary>The statements on payments of imported invoices, which were made elsewhere.</summary>
internal static class PaymentHistorySql
{
    /// <summary>
    /// Parallel arrays: $1 partitions, $2 accounts, $3 ids, $4 projects, $5 invoices, $6 currencies, $7 amounts, $8 times.
    /// </summary>
    public const string Insert =
        """
        WITH given AS MATERIALIZED (
            SELECT *
              FROM unnest($1::smallint[], $2::integer[], $3::uuid[], $4::integer[], $5::uuid[], $6::text[], $7::bigint[], $8::timestamptz[])
                   AS x (partition, account, id, project_id, invoice, currency, amount, at)
        ), facts AS (
            INSERT INTO payment_facts (partition, account, payment, sequence, verb, at, amount, actor, xid)
            SELECT x.partition, x.account, x.id, 1, 'succeed', x.at, x.amount, 'import', '0'::xid8 FROM given x
        )
        INSERT INTO payments (partition, account, id, project_id, invoice, provider, currency, amount, status, created_at, settled_at)
        SELECT x.partition, x.account, x.id, x.project_id, x.invoice, 'manual', x.currency, x.amount, 'succeeded', x.at, x.at FROM given x
        """;
}
