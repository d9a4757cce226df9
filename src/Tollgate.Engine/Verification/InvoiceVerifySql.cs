using Tollgate.Engine.Invoicing;

namespace Tollgate.Engine.Verification;

/// <summary>
/// The checks of invoices, for <see cref="VerifyLedger"/>: sums from lines, states from facts, numbers without gaps, periods
/// that tile, usage from balances. Parameters and columns as in <see cref="VerifySql"/>.
/// </summary>
internal static class InvoiceVerifySql
{
    private const string Cut =
        """

           AND ($1::integer IS NULL OR p.id = $1)
         ORDER BY 1, 2, 4
         LIMIT 20
        """;

    /// <summary>A row for each sum of an invoice that differs from its lines and taxes. Place: number and sum.</summary>
    public const string Sums =
        $$"""
        SELECT p.code, c.id, NULL::text, i.number || ' ' || x.sum, x.expected, x.found, count(*) OVER ()
          FROM invoices i
          JOIN customers c ON c.partition = i.partition AND c.account = i.account
          JOIN projects  p ON p.id = i.project_id
         CROSS JOIN LATERAL (SELECT coalesce(sum(l.amount) FILTER (WHERE l.kind <> 'discount'), 0) AS sold,
                                    coalesce(-sum(l.amount) FILTER (WHERE l.kind = 'discount'), 0) AS discount
                               FROM invoice_lines l
                              WHERE l.partition = i.partition AND l.account = i.account AND l.invoice = i.id) l
         CROSS JOIN LATERAL (SELECT coalesce(sum((t ->> 'amount')::bigint), 0) AS tax,
                                    coalesce(sum((t ->> 'amount')::bigint) FILTER (WHERE NOT (t ->> 'inclusive')::boolean), 0) AS added
                               FROM jsonb_array_elements(i.details -> 'taxes') AS t) t
         CROSS JOIN LATERAL (VALUES ('subtotal', l.sold, i.subtotal), ('discount', l.discount, i.discount), ('tax', t.tax, i.tax),
                                    ('total', greatest(0, l.sold - l.discount + t.added), i.total)) AS x (sum, expected, found)
         WHERE x.expected <> x.found{{Cut}}
        """;

    /// <summary>The paid and credited amounts match the facts. Place: number and which.</summary>
    public const string States =
        $$"""
        SELECT p.code, c.id, NULL::text, i.number || ' ' || x.sum, x.expected, x.found, count(*) OVER ()
          FROM invoices i
          JOIN customers c ON c.partition = i.partition AND c.account = i.account
          JOIN projects  p ON p.id = i.project_id
         CROSS JOIN LATERAL (SELECT coalesce(sum(f.amount) FILTER (WHERE f.verb = 'pay'), 0) AS paid,
                                    coalesce(sum(f.amount) FILTER (WHERE f.verb = 'finalize'), -1) AS finalized
                               FROM invoice_facts f
                              WHERE f.partition = i.partition AND f.account = i.account AND f.invoice = i.id) f
         CROSS JOIN LATERAL (SELECT coalesce(sum(n.total), 0) AS credited
                               FROM credit_notes n
                              WHERE n.partition = i.partition AND n.account = i.account AND n.invoice = i.id) n
         CROSS JOIN LATERAL (VALUES ('paid', f.paid, i.paid), ('finalized', f.finalized, i.total), ('credited', n.credited, i.credited),
                                    ('given back beyond', 0, greatest(0, i.credited + i.prorated + i.prorated_tax - i.total))) AS x (sum,
                                    expected, found)
         WHERE x.expected <> x.found{{Cut}}
        """;

    /// <summary>
    /// The numbers of a project are 1, 2, 3 … up to the last of its series; imported invoices are in none. Place: the number that breaks
    /// the row.
    /// </summary>
    public const string Numbers =
        $$"""
        SELECT p.code, NULL::text, NULL::text, n.series || ' ' || n.serial, n.expected::numeric, n.serial::numeric, count(*) OVER ()
          FROM (SELECT project_id, 'invoice' AS series, serial, row_number() OVER (PARTITION BY project_id ORDER BY serial) AS expected
                FROM invoices
                WHERE imported_by IS NULL
                UNION ALL
                SELECT project_id, 'credit_note', serial, row_number() OVER (PARTITION BY project_id ORDER BY serial) FROM credit_notes
                UNION ALL
                SELECT s.project_id, s.series || ' last', s.last,
                       CASE s.series WHEN 'invoice' THEN (SELECT count(*) FROM invoices i WHERE i.project_id = s.project_id AND i.imported_by IS NULL)
                                     ELSE (SELECT count(*) FROM credit_notes i WHERE i.project_id = s.project_id) END
                  FROM invoice_series s) n
          JOIN projects p ON p.id = n.project_id
         WHERE n.serial <> n.expected{{Cut}}
        """;

    /// <summary>
    /// A period begins where the previous one ended, or where a step cut that. Place: subscription and sequence; seconds.
    /// </summary>
    public const string Periods =
        $$"""
        SELECT p.code, c.id, NULL::text, f.subscription || ' ' || f.sequence, extract(epoch FROM f.wanted), extract(epoch
          FROM f.began), count(*) OVER ()
          FROM (SELECT g.*, (g.after ->> 'period_start')::timestamptz AS began,
                       CASE WHEN g.verb = 'renew' THEN lag((g.after ->> 'period_end')::timestamptz) OVER w ELSE g.at END AS wanted,
                       lag(g.after ->> 'period_start') OVER w AS before
                  FROM subscription_facts g
                WINDOW w AS (PARTITION BY g.partition, g.account, g.subscription ORDER BY g.sequence)) f
          JOIN customers c ON c.partition = f.partition AND c.account = f.account
          JOIN projects  p ON p.id = c.project_id
         WHERE f.before IS NOT NULL AND f.before <> f.after ->> 'period_start' AND f.wanted <> f.began{{Cut}}
        """;

    /// <summary>Every start of a paid period has an invoice. Place: subscription and sequence.</summary>
    public const string Unbilled =
        $$"""
        SELECT p.code, c.id, NULL::text, f.subscription || ' ' || f.sequence, 1::numeric, 0::numeric, count(*) OVER ()
          FROM subscription_facts f
          JOIN customers c ON c.partition = f.partition AND c.account = f.account
          JOIN projects  p ON p.id = c.project_id
          LEFT JOIN invoices i ON i.partition = f.partition AND i.account = f.account AND i.id = f.invoice
         WHERE (f.verb IN ('renew', 'convert_trial', 'resume') OR (f.verb = 'start' AND f.after ->> 'status' = 'active')) AND i.id IS NULL
           AND NOT EXISTS (SELECT FROM subscriptions s
                            WHERE s.partition = f.partition AND s.account = f.account AND s.id = f.subscription
                              AND (s.managed_by IS NOT NULL OR s.imported_by IS NOT NULL)){{Cut}}
        """;

    /// <summary>The row matches its last fact. Place: the subscription; versions.</summary>
    public const string Timelines =
        $$"""
        SELECT p.code, c.id, NULL::text, s.id::text, f.facts::numeric, s.version::numeric, count(*) OVER ()
          FROM subscriptions s
          JOIN customers c ON c.partition = s.partition AND c.account = s.account
          JOIN projects  p ON p.id = s.project_id
         CROSS JOIN LATERAL (SELECT count(*) AS facts,
                                    (array_agg(g.after ->> 'status' ORDER BY g.sequence DESC))[1] AS status
                               FROM subscription_facts g
                              WHERE g.partition = s.partition AND g.account = s.account AND g.subscription = s.id) f
         WHERE (f.facts <> s.version OR f.status IS DISTINCT FROM s.status){{Cut}}
        """;

    /// <summary>
    /// A movement of recurring revenue begins where the previous one of its subscription ended, and the last one ends at the revenue of the
    /// last fact: at most at it where the customer redeemed coupons. Place: subscription, and the movement's number; minor units per year.
    /// </summary>
    public const string Movements =
        $$"""
        SELECT p.code, c.id, NULL::text, x.place, x.expected, x.found, count(*) OVER ()
          FROM (SELECT m.project_id, m.partition, m.account, m.subscription || ' ' || m.sequence AS place, m.expected::numeric,
                       m.year_before::numeric AS found
                  FROM (SELECT n.*, coalesce(lag(n.year_after) OVER (PARTITION BY n.partition, n.account, n.subscription
                                                                         ORDER BY n.sequence), 0) AS expected
                          FROM mrr_movements n
                         WHERE $1::integer IS NULL OR n.project_id = $1) m
                 WHERE m.year_before <> m.expected
                UNION ALL
                SELECT s.project_id, s.partition, s.account, s.id::text, f.year_after, coalesce(m.year_after, 0)
                  FROM subscriptions s
                 CROSS JOIN LATERAL (SELECT CASE WHEN g.after ->> 'status' IN ('active', 'past_due')
                                                 THEN (g.after ->> 'amount')::bigint * CASE g.after ->> 'interval' WHEN 'weekly' THEN 52
                                                        WHEN 'yearly' THEN 1 ELSE 12 END
                                                 ELSE 0 END AS year_after
                                       FROM subscription_facts g
                                      WHERE g.partition = s.partition AND g.account = s.account AND g.subscription = s.id
                                      ORDER BY g.sequence DESC
                                      LIMIT 1) f
                  LEFT JOIN LATERAL (SELECT n.year_after
                                       FROM mrr_movements n
                                      WHERE n.partition = s.partition AND n.account = s.account AND n.subscription = s.id
                                      ORDER BY n.sequence DESC
                                      LIMIT 1) m ON true
                 WHERE ($1::integer IS NULL OR s.project_id = $1)
                   AND coalesce(m.year_after, 0) <> f.year_after
                   AND (coalesce(m.year_after, 0) > f.year_after
                        OR NOT EXISTS (SELECT FROM redemptions r WHERE r.partition = s.partition AND r.account = s.account))) x
          JOIN customers c ON c.partition = x.partition AND c.account = x.account
          JOIN projects  p ON p.id = x.project_id
         WHERE x.expected <> x.found{{Cut}}
        """;

    /// <summary>The units of a rated period beyond its quota; if its balance does not tell them, the sum of its stretches.</summary>
    private const string Beyond =
        """
        CASE WHEN jsonb_array_length(r.parts) > 1 OR (r.parts -> 0 ->> 'used')::numeric <> b.used - b.drawn THEN (SELECT sum((part ->> 'beyond')::numeric) FROM jsonb_array_elements(r.parts) AS part)
             ELSE greatest(0, b.used - b.drawn - r.quota) END
        """;

    /// <summary>
    /// The same for a balance that has changed since. For several stretches, only the events tell the units of each; the total is known.
    /// </summary>
    private const string BeyondNow =
        """
        CASE WHEN jsonb_array_length(r.parts) > 1
             THEN r.quantity + r.ignored_quantity + b.used - b.drawn - (SELECT sum((part ->> 'used')::numeric) FROM jsonb_array_elements(r.parts) AS part)
             ELSE greatest(0, b.used - b.drawn - r.quota) END
        """;

    /// <summary>
    /// The rated units, and those reported too late, match the balance's units beyond the quota, unless the balance has changed since.
    /// Place: the period's start.
    /// </summary>
    public const string RatedQuantities =
        $$"""
        SELECT p.code, c.id, e.code, r.period_start::text, {{Beyond}}, r.quantity + r.ignored_quantity, count(*) OVER ()
          FROM rated_usage r
          JOIN customers c ON c.partition = r.partition AND c.account = r.account
          JOIN projects  p ON p.id = c.project_id
          JOIN features  e ON e.id = r.feature
          LEFT JOIN balances b ON b.partition = r.partition AND b.account = r.account AND b.feature = r.feature
            AND b.period_start = r.period_start
         WHERE ((b.version IS NULL AND r.quantity <> 0)
                OR (b.version = r.balance_version AND {{Beyond}} <> r.quantity + r.ignored_quantity)){{Cut}}
        """;

    /// <summary>
    /// The usage of a rated period has changed, and the next invoice will not include it, because the change was not noted. For the range
    /// of an invoice see <see cref="UsageToBill"/>. Place: the period's start.
    /// </summary>
    public const string LateChanges =
        $$"""
        SELECT p.code, c.id, e.code, r.period_start::text, r.quantity + r.ignored_quantity, {{BeyondNow}}, count(*) OVER ()
          FROM rated_usage r
          JOIN balances b ON b.partition = r.partition AND b.account = r.account AND b.feature = r.feature
            AND b.period_start = r.period_start
          JOIN subscriptions s ON s.partition = r.partition AND s.account = r.account AND s.ended_at IS NULL
          JOIN customers c ON c.partition = r.partition AND c.account = r.account
          JOIN projects  p ON p.id = c.project_id
          JOIN features  e ON e.id = r.feature
         CROSS JOIN LATERAL (SELECT s.usage_from - CASE WHEN s.usage_from > coalesce(s.trial_end, s.started_at) THEN interval '2 days'
           ELSE interval '400 days' END AS at) x
         WHERE b.version <> r.balance_version AND b.period_end <= x.at
           AND {{BeyondNow}} <> r.quantity + r.ignored_quantity
           AND NOT EXISTS (SELECT FROM late_changes l
                            WHERE l.partition = b.partition AND l.account = b.account AND l.changed_at > x.at
                              AND l.feature = b.feature AND l.period_start = b.period_start){{Cut}}
        """;

    /// <summary>The lines bill exactly the rated usage. Place: the period's start.</summary>
    public const string RatedLines =
        $$"""
        SELECT p.code, c.id, e.code, x.period_start::text, x.lines, x.rated, count(*) OVER ()
          FROM (SELECT partition, account, feature, period_start, coalesce(l.amount, 0) AS lines, coalesce(r.amount, 0)::numeric AS rated
                  FROM rated_usage r
                  FULL JOIN (SELECT partition, account, feature, period_start, sum(amount) AS amount
                               FROM (SELECT partition, account, feature, period_start, coalesce(rated, amount) AS amount
                                      FROM invoice_lines WHERE kind = 'usage'
                                      UNION ALL
                                     SELECT partition, account, feature, period_start, amount FROM provider_lines
                                            WHERE feature IS NOT NULL) b
                              GROUP BY partition, account, feature, period_start) l USING (partition, account, feature, period_start)) x
          JOIN customers c ON c.partition = x.partition AND c.account = x.account
          JOIN projects  p ON p.id = c.project_id
          JOIN features  e ON e.id = x.feature
         WHERE x.lines <> x.rated{{Cut}}
        """;

    /// <summary>
    /// No customer has used more credit than it had, and the credits that paid an invoice match the invoice; for a void one, the part that
    /// a change had returned before. Place: the currency, or the invoice's number.
    /// </summary>
    public const string Credits =
        $$"""
        SELECT p.code, c.id, NULL::text, s.place, s.expected, s.found, count(*) OVER ()
          FROM (SELECT partition, account, currency AS place, 0::numeric AS expected, sum(amount) AS found
                  FROM customer_credits
                 GROUP BY partition, account, currency
                HAVING sum(amount) < 0
                UNION ALL
                SELECT partition, account, coalesce(i.number, invoice::text),
                       CASE WHEN i.status <> 'void' THEN i.from_credits
                         ELSE least(i.from_credits, i.prorated + i.prorated_tax) END::numeric, coalesce(k.paid, 0)
                  FROM (SELECT partition, account, id AS invoice, number, status, from_credits, prorated, prorated_tax FROM invoices) i
                  FULL JOIN (SELECT partition, account, invoice, -sum(amount) AS paid
                               FROM customer_credits
                              WHERE cause = 'invoice'
                              GROUP BY partition, account, invoice) k USING (partition, account, invoice)) s
          JOIN customers c ON c.partition = s.partition AND c.account = s.account
          JOIN projects  p ON p.id = c.project_id
         WHERE s.expected <> s.found{{Cut}}
        """;

    /// <summary>The count of a coupon matches its redemptions. Place: the code.</summary>
    public const string Coupons =
        $$"""
        SELECT p.code, NULL::text, NULL::text, k.code, r.times::numeric, k.redemptions::numeric, count(*) OVER ()
          FROM coupons k
          JOIN projects p ON p.id = k.project_id
         CROSS JOIN LATERAL (SELECT count(*) AS times FROM redemptions r WHERE r.project_id = k.project_id AND r.code = k.code) r
         WHERE r.times <> k.redemptions{{Cut}}
        """;

    /// <summary>
    /// The remaining amount is the amount less the deductions of invoices that are not void. Each deduction is a use; so is each discount
    /// line without a redemption, from the time when a subscription had one coupon, if that was redeemed at the start. Place: the coupon,
    /// or promotional credit, its number, and which.
    /// </summary>
    public const string Redemptions =
        $$"""
        SELECT p.code, c.id, NULL::text, coalesce(r.code, 'promotional') || ' ' || r.sequence || x.what, x.expected,
          x.found, count(*) OVER ()
          FROM redemptions r
          JOIN customers c ON c.partition = r.partition AND c.account = r.account
          JOIN projects  p ON p.id = r.project_id
          LEFT JOIN coupons k ON k.project_id = r.project_id AND k.code = r.code
         CROSS JOIN LATERAL (SELECT coalesce(sum(l.amount), 0) AS taken, count(*) AS uses
                               FROM invoice_lines l
                               JOIN invoices i ON i.partition = l.partition AND i.account = l.account
                                 AND i.id = l.invoice AND i.status <> 'void'
                              WHERE l.partition = r.partition AND l.account = r.account AND l.redemption = r.sequence) l
         CROSS JOIN LATERAL (SELECT count(*) AS uses
                               FROM invoices i
                               JOIN invoice_lines d ON d.partition = i.partition AND d.account = i.account AND d.invoice = i.id
                                                   AND d.kind = 'discount' AND d.redemption IS NULL
                              WHERE r.at_start AND i.partition = r.partition AND i.account = r.account
                                AND i.subscription = r.subscription) unnamed
         CROSS JOIN LATERAL (VALUES ('', r.amount + l.taken, r.remaining::numeric), (' used', l.uses + unnamed.uses, r.used),
                                    (' spent', CASE WHEN r.amount IS NULL THEN k.document ->> 'duration' = 'once' AND r.used > 0
                                    ELSE r.remaining = 0 END::integer,
                                     r.spent::integer)) AS x (what, expected, found)
         WHERE x.expected <> x.found{{Cut}}
        """;

    /// <summary>
    /// Each paid purchase was granted once with its units, and no unpaid one was. A purchase whose invoice was credited in full may have
    /// been granted before. Place: the purchase and which.
    /// </summary>
    public const string Packs =
        $$"""
        SELECT p.code, c.id, e.code, k.id || ' ' || x.what, x.expected, x.found, count(*) OVER ()
          FROM pack_purchases k
          JOIN customers c ON c.partition = k.partition AND c.account = k.account
          JOIN projects  p ON p.id = k.project_id
          JOIN features  e ON e.id = k.feature
          LEFT JOIN invoices i ON i.partition = k.partition AND i.account = k.account AND i.id = k.invoice
          LEFT JOIN invoice_lines l ON l.partition = k.partition AND l.account = k.account AND l.invoice = k.invoice
            AND l.kind = 'credit_pack'
          LEFT JOIN grants g ON g.partition = k.partition AND g.account = k.account AND g.id = k.grant_id
                            AND g.feature = k.feature AND g.source = 'topup' AND g.priority = k.priority
         CROSS JOIN LATERAL (SELECT coalesce(i.status, 'void') AS status, coalesce(i.total > 0
           AND i.credited >= i.total, false) AS taken_back) s
         CROSS JOIN LATERAL (VALUES ('units', CASE WHEN s.status <> 'paid' THEN 0 WHEN s.taken_back THEN coalesce(g.amount, 0)
           ELSE k.units END, coalesce(g.amount, 0)),
                                    ('amount', (k.count * k.unit_amount)::numeric, coalesce(l.amount, 0)::numeric)) AS x (what, expected,
                                    found)
         WHERE x.expected <> x.found{{Cut}}
        """;

    /// <summary>
    /// The input of the recomputation by the rules: the parts of rated usage, or a line's quantity and unit price, with the billed amounts.
    /// Usage includes its ignored part, because both together were rated, and <see cref="RatedLines"/> checks the billed part. $1 project
    /// or null. Columns: project, customer, feature, place, parts (null for a line), quantity and unit price of a line, currency, amount.
    /// </summary>
    public const string Rates =
        """
        SELECT p.code AS project, c.id AS customer, e.code AS feature, r.period_start::text AS place, r.parts::text AS parts,
               NULL::numeric AS quantity, NULL::numeric AS unit_price, r.currency, r.amount + r.ignored_amount AS amount
          FROM rated_usage r
          JOIN customers c ON c.partition = r.partition AND c.account = r.account
          JOIN projects  p ON p.id = c.project_id
          JOIN features  e ON e.id = r.feature
         WHERE $1::integer IS NULL OR p.id = $1
         UNION ALL
        SELECT p.code, c.id, NULL, i.number || ' line ' || l.position, NULL, l.quantity, l.unit_price, i.currency, l.amount
          FROM invoice_lines l
          JOIN invoices  i ON i.partition = l.partition AND i.account = l.account AND i.id = l.invoice
          JOIN customers c ON c.partition = l.partition AND c.account = l.account
          JOIN projects  p ON p.id = i.project_id
         WHERE l.unit_price IS NOT NULL AND ($1::integer IS NULL OR p.id = $1)
        """;
}
