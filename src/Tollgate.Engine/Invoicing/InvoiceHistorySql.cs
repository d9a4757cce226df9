namespace Tollgate.Engine.Invoicing;

/// <summary>The statements on imported invoices: paid or void, with the numbers that they had.</summary>
internal static class InvoiceHistorySql
{
    /// <summary>
    /// The serial is below 0, so that an imported invoice is in no series, and lists show it after those of Tollgate. Parallel arrays: $1
    /// partitions, $2 accounts, $3 ids, $4 projects, $5 numbers, $6 statuses, $7 subscriptions or nulls, $8 currencies, $9 starts and $10
    /// ends of periods, $11 issued, $12 due, $13 subtotals, $14 discounts, $15 taxes, $16 totals, $17 paid, $18 details, $19 numbers of
    /// imports.
    /// </summary>
    public const string Insert =
        """
        INSERT INTO invoices (partition, account, id, project_id, serial, number, kind, status, subscription, currency, period_start,
                              period_end, issued_at, due_at, subtotal, discount, tax, total, from_credits, paid, details, imported_by)
        SELECT x.partition, x.account, x.id, x.project_id, nextval('imported_invoice_serials') - 1000000000000000, x.number, 'one_off',
               x.status, x.subscription, x.currency, x.period_start, x.period_end, x.issued_at, x.due_at, x.subtotal, x.discount, x.tax,
               x.total, 0, x.paid, x.details::jsonb, x.imported_by
          FROM unnest($1::smallint[], $2::integer[], $3::uuid[], $4::integer[], $5::text[], $6::text[], $7::uuid[], $8::text[],
                      $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], $12::timestamptz[], $13::bigint[], $14::bigint[],
                      $15::bigint[], $16::bigint[], $17::bigint[], $18::text[], $19::integer[])
               AS x (partition, account, id, project_id, number, status, subscription, currency, period_start, period_end, issued_at, due_at,
                     subtotal, discount, tax, total, paid, details, imported_by)
        """;

    /// <summary>
    /// Parallel arrays: $1 partitions, $2 accounts, $3 invoices, $4 positions, $5 kinds, $6 descriptions, $7 quantities, $8 amounts, $9
    /// taxes, $10 starts and $11 ends of periods. A line of use names no feature: it bills no balance.
    /// </summary>
    public const string InsertLines =
        """
        INSERT INTO invoice_lines (partition, account, invoice, position, kind, description, quantity, amount, tax, period_start, period_end)
        SELECT * FROM unnest($1::smallint[], $2::integer[], $3::uuid[], $4::smallint[], $5::text[], $6::text[], $7::numeric[], $8::bigint[],
                             $9::bigint[], $10::timestamptz[], $11::timestamptz[])
        """;

    /// <summary>
    /// At the place 0, before every reader of facts. Parallel arrays: $1 partitions, $2 accounts, $3 invoices, $4 sequences, $5 verbs, $6
    /// times, $7 amounts, $8 notes or nulls.
    /// </summary>
    public const string InsertFacts =
        """
        INSERT INTO invoice_facts (partition, account, invoice, sequence, verb, at, amount, actor, note, xid)
        SELECT x.partition, x.account, x.invoice, x.sequence, x.verb, x.at, x.amount, 'import', x.note, '0'::xid8
          FROM unnest($1::smallint[], $2::integer[], $3::uuid[], $4::integer[], $5::text[], $6::timestamptz[], $7::bigint[], $8::text[])
               AS x (partition, account, invoice, sequence, verb, at, amount, note)
        """;
}
