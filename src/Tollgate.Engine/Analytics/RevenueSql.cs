namespace Tollgate.Engine.Analytics;

/// <summary>The names by which lines of invoices are reported.</summary>
internal enum RevenueName
{
    None,
    Customer,

    /// <summary>The plan of the subscription at the start of the line's service period.</summary>
    Plan,

    /// <summary>The feature whose use or pack the line charges; subscriptions, seats and minimums have none.</summary>
    Feature,
}

/// <summary>The statements on revenue.</summary>
internal static class RevenueSql
{
    /// <summary>
    /// The lines of a project's invoices that may earn revenue in a range, grouped by invoice. Ids are in the order of time, so the range
    /// bounds the rows that the statement reads. $1 project, $2 the least id, $3 the range's start, $4 its end, $5 currency. Rows: invoice,
    /// status, discount, total, tax, credited or lost, paid, amount, start, end, name.
    /// </summary>
    /// <param name="by">The invoices of a customer follow each other.</param>
    public static string Lines(RevenueName by) =>
        $"""
        SELECT i.id, i.status, i.discount, i.total, i.tax, i.credited + coalesce(x.lost, 0) AS given_back, i.paid, l.amount,
               l.period_start, l.period_end, {NameOf(by, "l.period_start", "l.kind = 'proration_credit'")} AS name
          FROM invoices i
          {(by == RevenueName.Customer ? CustomerOf : "")}
          LEFT JOIN LATERAL (SELECT sum(d.amount)::bigint AS lost
                               FROM payments p
                               JOIN disputes d ON d.partition = p.partition AND d.account = p.account
                                 AND d.payment = p.id AND d.status = 'lost'
                              WHERE p.partition = i.partition AND p.account = i.account AND p.invoice = i.id) x ON true
          JOIN invoice_lines l ON l.partition = i.partition AND l.account = i.account AND l.invoice = i.id
         WHERE i.project_id = $1 AND i.id >= $2 AND i.currency = $5 AND i.status IN ('open', 'paid', 'uncollectible')
           AND l.kind NOT IN ('discount', 'tax')
           AND EXISTS (SELECT FROM invoice_lines e
                        WHERE e.partition = i.partition AND e.account = i.account AND e.invoice = i.id AND e.period_end >= $3
                          AND e.period_start < $4)
         ORDER BY {(by == RevenueName.Customer ? "name, " : "")}i.id
        """;

    private const string CustomerOf = "JOIN customers c ON c.partition = i.partition AND c.account = i.account";

    /// <summary>
    /// The same for invoices that providers made; Tollgate stores their lines after discounts. $1 project, $2 the earliest creation, $3 the
    /// range's start, $4 its end, $5 currency. Rows: as of <see cref="Lines"/>.
    /// </summary>
    /// <inheritdoc cref="Lines" path="/param"/>
    public static string LinesOfProviders(RevenueName by) =>
        $"""
        SELECT md5(i.provider || ' ' || i.reference)::uuid AS id, i.status, 0::bigint AS discount, i.total, i.tax,
               coalesce(p.refunded, 0) + coalesce(x.lost, 0) AS given_back, i.paid, l.amount, l.start AS period_start,
               l."end" AS period_end, {(by == RevenueName.Feature ? "NULL::text" : NameOf(by, "l.start", "l.amount < 0"))} AS name
          FROM provider_invoices i
          {(by == RevenueName.Customer ? CustomerOf : "")}
         CROSS JOIN LATERAL jsonb_to_recordset(i.lines) AS l (amount bigint, start timestamptz, "end" timestamptz)
          LEFT JOIN payments p ON p.partition = i.partition AND p.account = i.account AND p.provider = i.provider
            AND p.provider_invoice = i.reference
          LEFT JOIN LATERAL (SELECT sum(d.amount)::bigint AS lost
                               FROM disputes d
                              WHERE d.partition = p.partition AND d.account = p.account AND d.payment = p.id AND d.status = 'lost') x
                                ON true
         WHERE i.project_id = $1 AND i.created_at >= $2 AND i.currency = $5 AND i.status IN ('open', 'paid', 'uncollectible')
           AND EXISTS (SELECT FROM jsonb_to_recordset(i.lines) AS e (start timestamptz, "end" timestamptz)
               WHERE e."end" >= $3 AND e.start < $4)
         ORDER BY {(by == RevenueName.Customer ? "name, " : "")}i.created_at, i.reference
        """;

    private static string NameOf(RevenueName by, string start, string isCredit) => by switch
    {
        RevenueName.Customer => "c.id",
        RevenueName.Plan => PlanAt(start, isCredit),
        RevenueName.Feature => "(SELECT f.code FROM features f WHERE f.id = l.feature AND f.project_id = i.project_id)",
        _ => "NULL::text",
    };

    /// <summary>
    /// The plan of the invoice's subscription when a line's service period begins; null without a subscription. A credit for the rest of a
    /// period belongs to the plan before the step that happened then. A period that begins before the subscription has its first plan.
    /// </summary>
    private static string PlanAt(string start, string isCredit) =>
        $"""
        coalesce((SELECT f.after ->> 'plan'
                    FROM subscription_facts f
                   WHERE f.partition = i.partition AND f.account = i.account AND f.subscription = i.subscription
                     AND (f.at < {start} OR (f.at = {start} AND NOT {isCredit}))
                   ORDER BY f.sequence DESC LIMIT 1),
                 (SELECT f.after ->> 'plan'
                    FROM subscription_facts f
                   WHERE f.partition = i.partition AND f.account = i.account AND f.subscription = i.subscription
                   ORDER BY f.sequence LIMIT 1))
        """;

    /// <summary>The currencies of invoices. $1 project, $2 the least id, $3 the earliest creation of a provider's.</summary>
    public const string Currencies =
        """
        SELECT i.currency FROM invoices i WHERE i.project_id = $1 AND i.id >= $2
         UNION
        SELECT i.currency FROM provider_invoices i WHERE i.project_id = $1 AND i.created_at >= $3
        """;
}
