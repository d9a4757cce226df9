namespace Tollgate.Engine.Analytics;

/// <summary>Every statement of the room Analytics.</summary>
internal static class RevenueSql
{
    /// <summary>
    /// The lines of a project's invoices that may earn something in a range, an invoice's together. Ids are in the order of time, so that the range bounds
    /// what is read. $1 project, $2 the least id, $3 the range's start, $4 its end, $5 currency.
    /// Rows: invoice, status, discount, total, tax, credited, paid, amount, start, end.
    /// </summary>
    public const string Lines =
        """
        SELECT i.id, i.status, i.discount, i.total, i.tax, i.credited, i.paid + i.from_credits, l.amount, l.period_start, l.period_end
          FROM invoices i
          JOIN invoice_lines l ON l.partition = i.partition AND l.account = i.account AND l.invoice = i.id
         WHERE i.project_id = $1 AND i.id >= $2 AND i.currency = $5 AND i.status IN ('open', 'paid', 'uncollectible')
           AND l.kind NOT IN ('discount', 'tax')
           AND EXISTS (SELECT FROM invoice_lines e
                        WHERE e.partition = i.partition AND e.account = i.account AND e.invoice = i.id AND e.period_end >= $3 AND e.period_start < $4)
         ORDER BY i.id
        """;
}
