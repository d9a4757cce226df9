namespace Tollgate.Engine.Invoicing;

/// <summary>
/// The statements on invoices, rated usage, and credits. For coupons see <see cref="CouponSql"/> and <see cref="RedemptionSql"/>.
/// </summary>
internal static class InvoiceSql
{
    /// <summary>
    /// Balances that may need billing: of quota periods that ended by <c>$3</c> and were not rated yet, or whose row has changed since. It
    /// reads those that ended after <c>$5</c>, and of the others those that changed late after it, so the time of a read is bounded,
    /// however long an account's history. $1 partitions, $2 accounts, $3 until, $4 true to bill current periods too (at the end of a
    /// subscription), $5 since.
    /// </summary>
    public const string UsageToBill =
        """
        SELECT b.account, b.feature, b.period_start, b.period_end, b.version, b.used - b.drawn AS used,
               r.balance_version IS NULL AS is_new, r.quantity AS billed_quantity, r.amount AS billed_amount,
               r.period_end AS billed_until
          FROM unnest($1::smallint[], $2::integer[], $3::timestamptz[], $4::boolean[], $5::timestamptz[]) AS x (partition,
            account, until, ends, looked)
         CROSS JOIN LATERAL (
                SELECT b.*
                  FROM balances b
                 WHERE b.partition = x.partition AND b.account = x.account AND b.period_end > x.looked AND b.period_start < x.until
                   AND (x.ends OR b.period_end <= x.until)
                UNION ALL
                SELECT b.*
                  FROM late_changes l
                 CROSS JOIN LATERAL (SELECT b.*
                                       FROM balances b
                                      WHERE b.partition = x.partition AND b.account = x.account AND b.feature = l.feature
                                        AND b.period_start = l.period_start
                                      LIMIT 1) b
                 WHERE l.partition = x.partition AND l.account = x.account AND l.changed_at > x.looked AND b.period_end <= x.looked) b
          LEFT JOIN rated_usage r ON r.partition = b.partition AND r.account = b.account AND r.feature = b.feature
            AND r.period_start = b.period_start
         WHERE CASE WHEN r.balance_version IS NULL THEN b.used > b.drawn ELSE r.balance_version <> b.version END
         ORDER BY b.account, b.period_start, b.feature
        """;

    /// <summary>
    /// The times at which subscriptions began and stopped selling overage: on trial, paused and ended they do not sell it. Consecutive rows
    /// of a subscription differ, and the first one sells. It reads facts since <c>$3</c>, and of each subscription the last one before; an
    /// imported one sells nothing. $1 partitions, $2 accounts, $3 since. Rows: account, when, true if it sells from then on, currency.
    /// </summary>
    public const string Selling =
        """
        SELECT f.account, f.at, f.sells, f.currency
          FROM (SELECT g.*, s.currency, a.sells, lag(a.sells, 1, false) OVER (PARTITION BY g.partition, g.account, g.subscription
                  ORDER BY g.sequence) AS sold
                  FROM unnest($1::smallint[], $2::integer[], $3::timestamptz[]) AS x (partition, account, since)
                  JOIN subscriptions s ON s.partition = x.partition AND s.account = x.account
                    AND (s.ended_at IS NULL OR s.ended_at >= x.since) AND s.imported_by IS NULL
                 CROSS JOIN LATERAL (SELECT coalesce(max(b.sequence), 0) AS sequence
                                       FROM (SELECT b.sequence
                                               FROM subscription_facts b
                                              WHERE b.partition = s.partition AND b.account = s.account
                                                AND b.subscription = s.id AND b.at <= x.since
                                              ORDER BY b.sequence DESC
                                              LIMIT 1) b) b
                  JOIN subscription_facts g ON g.partition = s.partition AND g.account = s.account AND g.subscription = s.id
                    AND g.sequence >= b.sequence
                 CROSS JOIN LATERAL (SELECT g.after ->> 'status' IN ('active', 'past_due') AS sells) a) f
         WHERE f.sells <> f.sold
         ORDER BY f.account, f.subscription, f.sequence
        """;

    /// <summary>
    /// The units taken from the plan's own quota in stretches of quota periods, by the time of use: a void counts at the time of its event.
    /// The stretches of a period cover it without gaps. It reads the customers' events of the period's time in months from <c>$5</c> on,
    /// once for the columns and once for postings, which may be of any feature; 1,000,000 events of a month in 11 stretches take 2.6 s, and
    /// would take 8 s if each were compared with each stretch. Position by position: $1 partitions, $2 accounts, $3 features, $4 starts of
    /// quota periods, $5 the first month whose ids may belong to the period, $6 from, $7 until. Rows: the stretch's number from 1, sum.
    /// </summary>
    public const string UsedInStretches =
        """
        WITH periods AS (
                SELECT partition, account, feature, period_start, min(month) AS month, min(since) AS since, max(until) AS until,
                       array_agg(since ORDER BY since) AS starts, array_agg(number ORDER BY since) AS numbers
                  FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::timestamptz[], $5::date[],
                         $6::timestamptz[], $7::timestamptz[])
                         WITH ORDINALITY AS x (partition, account, feature, period_start, month, since, until, number)
                 GROUP BY partition, account, feature, period_start),
             used AS (
                SELECT p.numbers[width_bucket(e.occurred_at, p.starts)] AS number, sum(e.quantity) AS of_plan
                  FROM periods p
                  JOIN events e ON e.partition = p.partition AND e.account = p.account AND e.month >= p.month AND e.occurred_at >= p.since
                    AND e.occurred_at < p.until
                               AND e.feature = p.feature AND e.period_start = p.period_start AND NOT e.data ? 'post'
                 GROUP BY 1
                 UNION ALL
                SELECT p.numbers[width_bucket(e.occurred_at, p.starts)], sum((t ->> 2)::numeric - (t ->> 3)::numeric)
                  FROM periods p
                  JOIN events e ON e.partition = p.partition AND e.account = p.account AND e.month >= p.month AND e.occurred_at >= p.since
                    AND e.occurred_at < p.until
                               AND e.data ? 'post'
                 CROSS JOIN LATERAL jsonb_array_elements(e.data -> 'post') AS t
                 WHERE (t ->> 0)::integer = p.feature AND (t ->> 1)::bigint = (extract(epoch FROM p.period_start) * 1000000)::bigint
                 GROUP BY 1)
        SELECT number, sum(of_plan)
          FROM used
         GROUP BY number
        """;

    /// <summary>
    /// The values of levels at the ends of stretches: the last report of the period until then, or the highest one of max meters, without
    /// voided ones; a void has the time of its event. Parameters as of <see cref="UsedInStretches"/>. Rows: the stretch's number from 1,
    /// value; none if nothing was reported by then.
    /// </summary>
    public const string LevelsInStretches =
        """
        SELECT x.number, l.value
          FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::timestamptz[], $5::date[], $6::timestamptz[], $7::timestamptz[])
                 WITH ORDINALITY AS x (partition, account, feature, period_start, month, since, until, number)
         CROSS JOIN LATERAL (
                SELECT (r.report ->> 1)::numeric AS value
                  FROM events e
                 CROSS JOIN LATERAL jsonb_array_elements(coalesce(e.data -> 'last', '[]') || coalesce(e.data -> 'raw', '[]')) AS r (report)
                 WHERE e.partition = x.partition AND e.account = x.account AND e.month >= x.month
                   AND e.occurred_at >= x.period_start AND e.occurred_at < x.until
                   AND e.data ?| '{last,raw}' AND (r.report ->> 0)::integer = x.feature
                   AND coalesce((SELECT (p ->> 1)::bigint FROM jsonb_array_elements(e.data -> 'post') AS p
                       WHERE (p ->> 0)::integer = x.feature LIMIT 1),
                                (extract(epoch FROM e.period_start) * 1000000)::bigint) = (extract(epoch
                                FROM x.period_start) * 1000000)::bigint
                   AND NOT EXISTS (SELECT FROM events v
                                    WHERE v.partition = x.partition AND v.account = x.account AND v.month >= x.month
                                      AND v.occurred_at >= x.period_start AND v.occurred_at < x.until
                                      AND v.data ? 'void' AND (v.data ->> 'void')::uuid = e.id)
                 ORDER BY CASE WHEN jsonb_array_length(r.report) = 2 THEN (r.report ->> 1)::numeric END DESC, e.occurred_at DESC,
                   (r.report ->> 2)::integer DESC
                 LIMIT 1) l
        """;

    /// <summary>
    /// The usage of time-weighted levels, from the start of their quota period to the ends of stretches. Position by position: $1
    /// partitions, $2 accounts, $3 features, $4 starts of quota periods, $5 is not used, $6 from, $7 until. Rows: the stretch's number from
    /// 1, used.
    /// </summary>
    public const string TimedInStretches =
        """
        SELECT x.number, level_used(l.level_time, b.level_whole)
          FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::timestamptz[], $5::date[], $6::timestamptz[], $7::timestamptz[])
                 WITH ORDINALITY AS x (partition, account, feature, period_start, month, since, until, number)
          JOIN balances b ON b.partition = x.partition AND b.account = x.account AND b.feature = x.feature AND b.period_start = x.period_start
         CROSS JOIN LATERAL level_over(x.partition, x.account, x.feature, x.period_start, x.until) AS l
         WHERE b.level_time IS NOT NULL
        """;

    /// <summary>
    /// The rows of time-weighted levels. $1 partitions, $2 accounts, $3 features, $4 since. Rows: account, feature, start and end of the
    /// period.
    /// </summary>
    public const string TimedRows =
        """
        SELECT b.account, b.feature, b.period_start, b.period_end
          FROM unnest($1::smallint[], $2::integer[], $4::timestamptz[]) AS x (partition, account, since)
          JOIN balances b ON b.partition = x.partition AND b.account = x.account AND b.feature = ANY ($3) AND b.period_end > x.since
        """;

    /// <summary>
    /// The first reports of time-weighted levels. Parameters of <see cref="TimedRows"/>. Rows: account, feature, time, and again time.
    /// </summary>
    public const string FirstReports =
        """
        SELECT x.account, f.feature, l.first, l.first
          FROM unnest($1::smallint[], $2::integer[], $4::timestamptz[]) AS x (partition, account, since)
         CROSS JOIN unnest($3::integer[]) AS f (feature)
         CROSS JOIN LATERAL (SELECT min(r.occurred_at) AS first
                               FROM level_reports r
                              WHERE r.partition = x.partition AND r.account = x.account AND r.feature = f.feature) AS l
         WHERE l.first IS NOT NULL
        """;

    /// <summary>
    /// The periods among these that were rated. $1 partitions, $2 accounts, $3 features, $4 starts. Rows: account, feature, start.
    /// </summary>
    public const string RatedBefore =
        """
        SELECT r.account, r.feature, r.period_start
          FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::timestamptz[]) AS x (partition, account, feature, period_start)
          JOIN rated_usage r ON r.partition = x.partition AND r.account = x.account AND r.feature = x.feature
            AND r.period_start = x.period_start
        """;

    /// <summary>Writes periods that were not rated before, which the caller knows because it locks the customers.</summary>
    public const string WriteRated =
        """
        COPY rated_usage (partition, account, feature, period_start, period_end, subscription, currency, quota, quantity, amount,
                          balance_version, ignored_quantity, ignored_amount, parts) FROM STDIN (FORMAT BINARY)
        """;

    /// <summary>Updates periods that were rated before; they keep the time of their first rating. Arrays, position by position.</summary>
    public const string WriteRatedAgain =
        """
        UPDATE rated_usage r
           SET quantity = x.quantity, amount = x.amount, balance_version = x.version, subscription = x.subscription,
               period_end = x.period_end,
               ignored_quantity = x.ignored_quantity, ignored_amount = x.ignored_amount, quota = coalesce(x.quota, r.quota),
               parts = x.parts
          FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::timestamptz[], $5::timestamptz[], $6::uuid[], $7::numeric[],
                      $8::numeric[], $9::bigint[], $10::bigint[], $11::numeric[], $12::bigint[], $13::jsonb[])
               AS x (partition, account, feature, period_start, period_end, subscription, quota, quantity, amount, version,
                 ignored_quantity, ignored_amount, parts)
         WHERE r.partition = x.partition AND r.account = x.account AND r.feature = x.feature AND r.period_start = x.period_start
        """;

    /// <summary>Customers' prepaid credits. $1 partitions, $2 accounts, $3 currencies. Rows: account, sum.</summary>
    public const string Credits =
        """
        SELECT x.account, sum(c.amount)::bigint
          FROM unnest($1::smallint[], $2::integer[], $3::text[]) AS x (partition, account, currency)
          JOIN customer_credits c ON c.partition = x.partition AND c.account = x.account AND c.currency = x.currency
         GROUP BY x.account
        """;

    /// <summary>
    /// Billed usage of periods that ended after <c>$4</c>, as it was rated: a minimum is compared before discounts, and with usage of void
    /// invoices too. $1 partitions, $2 accounts, $3 subscriptions. Rows: account, sum.
    /// </summary>
    public const string UsageBilled =
        """
        SELECT x.account, sum(coalesce(l.rated, l.amount))::bigint
          FROM unnest($1::smallint[], $2::integer[], $3::uuid[], $4::timestamptz[]) AS x (partition, account, subscription, since)
          JOIN invoices      i ON i.partition = x.partition AND i.account = x.account AND i.subscription = x.subscription
            AND i.period_end > x.since
          JOIN invoice_lines l ON l.partition = i.partition AND l.account = i.account AND l.invoice = i.id AND l.kind = 'usage'
            AND l.period_end > x.since
         GROUP BY x.account
        """;

    /// <summary>
    /// Lines that billed usage of a quota period or the minimum of a billing period, and those that took some of it back, the oldest first.
    /// Position by position: $1 partitions, $2 accounts, $3 features; null: a minimum, $4 starts of quota periods and ends of periods with
    /// a minimum, $5 subscriptions of minimums, $6 currencies. Rows: number of the position from 1, invoice, position of the line, amount
    /// before discounts, percentages of the invoice's coupons.
    /// </summary>
    public const string BilledLines =
        """
        SELECT x.number, l.invoice, l.position, coalesce(l.rated, l.amount),
               ARRAY(SELECT (c.document ->> 'percent_off')::numeric
                       FROM invoice_lines d
                       JOIN redemptions r ON r.partition = d.partition AND r.account = d.account AND r.sequence = d.redemption
                       JOIN coupons     c ON c.project_id = r.project_id AND c.code = r.code
                      WHERE d.partition = l.partition AND d.account = l.account AND d.invoice = l.invoice
                        AND c.document ->> 'percent_off' IS NOT NULL)
          FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::timestamptz[], $5::uuid[], $6::text[])
               WITH ORDINALITY AS x (partition, account, feature, at, subscription, currency, number)
          JOIN invoice_lines l ON l.partition = x.partition AND l.account = x.account
                              AND CASE WHEN x.feature IS NULL THEN l.kind = 'minimum' AND l.period_end = x.at
                                       ELSE l.kind = 'usage' AND l.feature = x.feature AND l.period_start = x.at END
          JOIN invoices      i ON i.partition = l.partition AND i.account = l.account AND i.id = l.invoice AND i.currency = x.currency
                              AND (x.subscription IS NULL OR i.subscription = x.subscription)
         ORDER BY x.number, i.serial, l.position
        """;

    /// <summary>
    /// Billing periods with a minimum that ended at an instant or later. $1 partitions, $2 accounts, $3 currencies, $4 the instants. Rows:
    /// account, subscription, start, end, required usage, actual usage, billed amount, tax category.
    /// </summary>
    public const string MinimumPeriods =
        """
        SELECT m.account, m.subscription, m.period_start, m.period_end, m.required, m.usage, m.billed, m.tax_category
          FROM unnest($1::smallint[], $2::integer[], $3::text[], $4::timestamptz[]) AS x (partition, account, currency, since)
          JOIN minimum_periods m ON m.partition = x.partition AND m.account = x.account AND m.currency = x.currency
            AND m.period_end >= x.since
         ORDER BY m.account, m.period_start
        """;

    /// <summary>Writes periods that ended, and those whose usage was corrected. Arrays, position by position.</summary>
    public const string WriteMinimums =
        """
        INSERT INTO minimum_periods (partition, account, subscription, period_start, period_end, currency, required,
          usage, billed, tax_category)
        SELECT * FROM unnest($1::smallint[], $2::integer[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::bigint[],
            $8::bigint[], $9::bigint[], $10::text[])
            ON CONFLICT (partition, account, subscription, period_start) DO UPDATE
           SET period_end = excluded.period_end, required = excluded.required, usage = excluded.usage, billed = excluded.billed
        """;

    /// <summary>Arrays, position by position; $6 causes, $7 invoices, $8 notes.</summary>
    public const string WriteCredits =
        """
        INSERT INTO customer_credits (partition, account, currency, amount, at, cause, invoice, note)
        SELECT x.partition, x.account, x.currency, x.amount, x.at, x.cause, x.invoice, x.note
          FROM unnest($1::smallint[], $2::integer[], $3::text[], $4::bigint[], $5::timestamptz[], $6::text[], $7::uuid[], $8::text[])
               AS x (partition, account, currency, amount, at, cause, invoice, note)
        """;

    /// <summary>Pays a part of an invoice from credits. $1 partition, $2 account, $3 currency, $4 amount, $5 at, $6 invoice.</summary>
    public const string TakeCredit =
        "INSERT INTO customer_credits (partition, account, currency, amount, at, cause, invoice) VALUES ($1, $2, $3, -$4::bigint, $5, "
            + "'invoice', $6)";

    /// <summary>
    /// Takes numbers and returns the last one. The row stays locked until commit: numbers have no gaps, and concurrent transactions that
    /// finalise wait. $1 project, $2 series, $3 the number of numbers.
    /// </summary>
    public const string TakeNumbers =
        """
        INSERT INTO invoice_series AS s (project_id, series, last) VALUES ($1, $2, $3)
            ON CONFLICT (project_id, series) DO UPDATE SET last = s.last + excluded.last
        RETURNING last
        """;

    public const string WriteInvoices =
        """
        COPY invoices (partition, account, id, project_id, serial, number, kind, status, subscription, currency, period_start,
          period_end, issued_at, due_at,
                       subtotal, discount, tax, total, from_credits, paid, details) FROM STDIN (FORMAT BINARY)
        """;

    public const string WriteLines =
        """
        COPY invoice_lines (partition, account, invoice, position, kind, description, feature, quantity, unit_price, amount, tax,
          period_start, period_end, steps,
                            redemption, rated)
             FROM STDIN (FORMAT BINARY)
        """;

    public const string WriteFacts =
        """
        COPY invoice_facts (partition, account, invoice, sequence, verb, at, amount, actor, note) FROM STDIN (FORMAT BINARY)
        """;

    public const string Settings = "SELECT document::text, logo FROM invoice_settings WHERE project_id = $1";

    /// <summary>Also locks a project without settings. $1 project.</summary>
    public const string LockSettings = "SELECT pg_advisory_xact_lock(7234004, $1)";

    /// <summary>$1 project, $2 document, $3 logo or null, $4 true to set the logo.</summary>
    public const string SetSettings =
        """
        INSERT INTO invoice_settings AS s (project_id, document, logo) VALUES ($1, $2::jsonb, $3)
            ON CONFLICT (project_id) DO UPDATE
           SET document = excluded.document, logo = CASE WHEN $4 THEN excluded.logo ELSE s.logo END, updated_at = now()
        """;

    // ---- reading -----------------------------------------------------------------------------------------------

    private const string Columns =
        """
        i.id, i.number, i.status, i.kind, c.id AS customer_id, i.subscription, i.currency, i.period_start, i.period_end, i.issued_at, i.due_at,
               i.subtotal, i.discount, i.tax, i.total, i.from_credits, i.paid, i.details::text AS details, i.partition, i.account,
               (SELECT s.reference FROM subscriptions s WHERE s.partition = i.partition AND s.account = i.account AND s.id = i.subscription) AS subscription_reference,
               CASE WHEN i.status IN ('paid', 'void', 'uncollectible')
                    THEN (SELECT max(f.at) FROM invoice_facts f WHERE f.partition = i.partition AND f.account = i.account AND f.invoice = i.id AND f.verb NOT IN ('credit', 'refund', 'refund_fail')) END AS closed_at,
               i.prorated, i.prorated_tax
        """;

    /// <summary>$1 project, $2 id.</summary>
    public const string Show =
        $"""
        SELECT {Columns}
          FROM invoices i
          JOIN customers c ON c.partition = i.partition AND c.account = i.account
         WHERE i.project_id = $1 AND i.id = $2
        """;

    /// <summary>$1 project, $2 ids.</summary>
    public const string ShowSeveral =
        $"""
        SELECT {Columns}
          FROM invoices i
          JOIN customers c ON c.partition = i.partition AND c.account = i.account
         WHERE i.project_id = $1 AND i.id = ANY ($2::uuid[])
        """;

    /// <summary>
    /// By number, newest first or oldest first. $1 project, $2 customer or null, $3 status or null, $4 the id after which the list starts
    /// or null, $5 number of rows, $6 subscription or null, $7 issued from or null, $8 issued before or null, $9 the serial in a number or
    /// null, which the index contains, $10 the number.
    /// </summary>
    /// <param name="ofCustomer">True: the statement reads only the customer's invoices, not the project's.</param>
    public static string List(bool ascending, bool ofCustomer) =>
        $"""
        SELECT {Columns}
          FROM invoices i
          JOIN customers c ON c.partition = i.partition AND c.account = i.account
         WHERE i.project_id = $1 AND {(ofCustomer ? "c.project_id = $1 AND c.id = $2" : "$2::text IS NULL")}
           AND ($3::text IS NULL OR i.status = $3)
           AND ($4::uuid IS NULL OR i.serial {(ascending ? ">" : "<")} (SELECT f.serial FROM invoices f
               WHERE f.project_id = $1 AND f.id = $4))
           AND ($6::uuid IS NULL OR i.subscription = $6)
           AND ($7::timestamptz IS NULL OR i.issued_at >= $7) AND ($8::timestamptz IS NULL OR i.issued_at < $8)
           AND ($9::bigint IS NULL OR (i.serial = $9 AND i.number = $10::text))
         ORDER BY i.serial {(ascending ? "" : "DESC")}
         LIMIT $5
        """;

    /// <summary>$1 partitions, $2 accounts, $3 invoices.</summary>
    public const string Lines =
        """
        SELECT l.invoice, l.kind, l.description, l.feature, l.quantity, l.unit_price, l.amount, l.period_start, l.period_end,
               l.steps::text AS steps, CASE WHEN l.kind <> 'discount' THEN l.tax END AS tax
          FROM unnest($1::smallint[], $2::integer[], $3::uuid[]) AS x (partition, account, invoice)
          JOIN invoice_lines l ON l.partition = x.partition AND l.account = x.account AND l.invoice = x.invoice
         ORDER BY l.invoice, l.position
        """;

    /// <summary>$1 partitions, $2 accounts, $3 invoices.</summary>
    public const string CreditNotes =
        """
        SELECT n.invoice, n.id, n.number, n.issued_at, n.reason, n.tax, n.total, n.lines::text AS lines
          FROM unnest($1::smallint[], $2::integer[], $3::uuid[]) AS x (partition, account, invoice)
          JOIN credit_notes n ON n.partition = x.partition AND n.account = x.account AND n.invoice = x.invoice
         ORDER BY n.serial
        """;

    /// <summary>The computation of a usage line. $1 partition, $2 account, $3 feature, $4 period start.</summary>
    public const string RatedPeriod =
        """
        SELECT r.period_end, r.quota, r.quantity, coalesce(b.used, 0), coalesce(b.drawn, 0), r.parts::text
          FROM rated_usage r
          LEFT JOIN balances b ON b.partition = r.partition AND b.account = r.account AND b.feature = r.feature
            AND b.period_start = r.period_start
         WHERE r.partition = $1 AND r.account = $2 AND r.feature = $3 AND r.period_start = $4
        """;

    /// <summary>
    /// Its events, oldest first, with their number. $1 partition, $2 account, $3 feature, $4 period start, $5 number of rows.
    /// </summary>
    public const string EventsOfPeriod =
        """
        SELECT coalesce(e.data ->> 'id', e.id::text), e.occurred_at, e.quantity, count(*) OVER ()
          FROM events e
         WHERE e.partition = $1 AND e.account = $2 AND e.feature = $3 AND e.period_start = $4 AND NOT e.data ? 'import'
         ORDER BY e.occurred_at, e.id
         LIMIT $5
        """;

    /// <summary>
    /// Usage that arrived too late to be billed, the newest period first. $1 project, $2 period start, $3 account and $4 feature of the row
    /// after which the list starts, or null, $5 number of rows.
    /// </summary>
    public const string LateUsage =
        """
        SELECT r.account, r.feature, c.id AS customer_id, e.code AS feature_code, r.period_start, r.period_end, r.ignored_quantity,
               r.ignored_amount, r.currency
          FROM rated_usage r
          JOIN customers c ON c.partition = r.partition AND c.account = r.account
          JOIN features  e ON e.id = r.feature
         WHERE c.project_id = $1 AND r.ignored_quantity > 0
           AND ($2::timestamptz IS NULL OR r.period_start < $2
               OR (r.period_start = $2 AND (r.account, r.feature) > ($3::integer, $4::integer)))
         ORDER BY r.period_start DESC, r.account, r.feature
         LIMIT $5
        """;

    // ---- after it was finalised --------------------------------------------------------------------------------

    /// <summary>The caller locks the customer. $1 partition, $2 account, $3 invoice, $4 status, $5 paid, $6 credited.</summary>
    public const string SetState =
        """
        UPDATE invoices
           SET status = $4, paid = $5, credited = $6
         WHERE partition = $1 AND account = $2 AND id = $3
        """;

    /// <summary>
    /// The end of the current period of a subscription that has not ended. The caller locks the customer. $1 partition, $2 account, $3
    /// subscription.
    /// </summary>
    public const string RunningPeriodEnd =
        "SELECT period_end FROM subscriptions WHERE partition = $1 AND account = $2 AND id = $3 AND ended_at IS NULL";

    /// <summary>
    /// Reduces the billed amount. It is below zero if more was credited than is paid for the period: nothing more is credited until as much
    /// was billed again. $1 partition, $2 account, $3 subscription, $4 the reduction; a negative one raises it.
    /// </summary>
    public const string LowerBilled =
        "UPDATE subscriptions SET billed = billed - $4 WHERE partition = $1 AND account = $2 AND id = $3";

    /// <summary>
    /// Adds to the amount that steps credited. It stays within the invoice's total: the part that its own credit lines paid was billed on
    /// earlier invoices. Taxes on parts are rounded separately. $1 partition, $2 account, $3 invoice, $4 the part that a step credited, $5
    /// the taxes on top of it.
    /// </summary>
    public const string NoteProrated =
        """
        UPDATE invoices
           SET prorated = prorated + greatest(0, least($4, total - credited - prorated - prorated_tax)),
               prorated_tax = prorated_tax + greatest(0, least($5, total - credited - prorated - prorated_tax - $4))
         WHERE partition = $1 AND account = $2 AND id = $3
        """;

    /// <summary>$1 partition, $2 account, $3 invoice, $4 the part that credits pay, $5 status.</summary>
    public const string PayFromCredits =
        "UPDATE invoices SET paid = paid + $4, from_credits = from_credits + $4, status = $5 WHERE partition = $1 AND account = $2 AND id "
            + "= $3";

    /// <summary>
    /// Invoices that billed a period of a subscription, and those with an open amount; the newest first. $1 partition, $2 account, $3
    /// subscription, $4 the period's end.
    /// </summary>
    public const string OfPeriod =
        """
        SELECT i.id
          FROM invoices i
         WHERE i.partition = $1 AND i.account = $2 AND i.subscription = $3
           AND (i.status = 'open'
                OR (i.status IN ('paid', 'uncollectible') AND i.period_end >= $4
                    AND EXISTS (SELECT FROM invoice_lines l
                                 WHERE l.partition = i.partition AND l.account = i.account AND l.invoice = i.id AND l.kind <> 'usage'
                                   AND l.period_end = $4)))
         ORDER BY i.serial DESC
        """;

    /// <summary>The amount of an invoice's payments that is in open or lost disputes. $1 partition, $2 account, $3 invoice.</summary>
    public const string HeldOf =
        """
        SELECT coalesce(sum(d.amount), 0)::bigint
          FROM payments p
          JOIN disputes d ON d.partition = p.partition AND d.account = p.account AND d.payment = p.id AND d.status <> 'won'
         WHERE p.partition = $1 AND p.account = $2 AND p.invoice = $3
        """;

    /// <summary>
    /// Adds the next fact of an invoice. The caller locks the customer. $1 partition, $2 account, $3 invoice, $4 verb, $5 at, $6 amount, $7
    /// actor, $8 note.
    /// </summary>
    public const string AddFact =
        """
        INSERT INTO invoice_facts (partition, account, invoice, sequence, verb, at, amount, actor, note)
        SELECT $1, $2, $3, coalesce(max(sequence), 0) + 1, $4, $5, $6, $7, $8
          FROM invoice_facts
         WHERE partition = $1 AND account = $2 AND invoice = $3
        """;

    /// <summary>
    /// $1 partition, $2 account, $3 id, $4 project, $5 invoice, $6 serial, $7 number, $8 issued, $9 reason, $10 tax, $11 total, $12 lines.
    /// </summary>
    public const string InsertCreditNote =
        """
        INSERT INTO credit_notes (partition, account, id, project_id, invoice, serial, number, issued_at, reason, tax, total, lines)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::jsonb)
        """;

    // ---- a customer's account ----------------------------------------------------------------------------------

    /// <summary>All invoices of a customer in a currency, oldest first. $1 project, $2 customer, $3 currency, $4 number of rows.</summary>
    public const string Account =
        $"""
        SELECT {Columns}
          FROM invoices i
          JOIN customers c ON c.partition = i.partition AND c.account = i.account
         WHERE i.project_id = $1 AND c.id = $2 AND i.currency = $3
         ORDER BY i.serial
         LIMIT $4
        """;

    /// <summary>
    /// Payments of a customer's invoices, their refunds and failed refunds (less than 0), and amounts that credit notes turned into
    /// credits. Parameters as <see cref="Account"/>, without the last.
    /// </summary>
    public const string AccountPayments =
        """
        SELECT CASE WHEN f.verb <> 'pay' THEN 'refund' WHEN f.note = 'credits' THEN 'from_credits'
          ELSE 'payment' END, f.at, i.number, CASE f.verb WHEN 'refund_fail' THEN -f.amount ELSE f.amount END
          FROM customers c
          JOIN invoices      i ON i.partition = c.partition AND i.account = c.account AND i.currency = $3
          JOIN invoice_facts f ON f.partition = i.partition AND f.account = i.account AND f.invoice = i.id
                              AND f.verb IN ('pay', 'refund', 'refund_fail')
         WHERE c.project_id = $1 AND c.id = $2
         UNION ALL
        SELECT 'to_credits', k.at, i.number, k.amount
          FROM customers c
          JOIN customer_credits k ON k.partition = c.partition AND k.account = c.account AND k.currency = $3 AND k.cause = 'credit_note'
          JOIN invoices         i ON i.partition = k.partition AND i.account = k.account AND i.id = k.invoice
         WHERE c.project_id = $1 AND c.id = $2
        """;
}
