using Tollgate.Engine.Customers;
using Tollgate.Engine.Jobs;

namespace Tollgate.Engine.Subscriptions;

/// <summary>
/// Every statement of the room. No other room writes <c>subscriptions</c>, <c>subscription_facts</c> and <c>trial_fingerprints</c>.
/// </summary>
internal static class SubscriptionSql
{
    /// <summary>The columns that <c>SubscriptionRow.Read</c> reads.</summary>
    private const string Columns =
        """
        s.id, s.reference, s.version, s.status, s.plan_version_id, s.interval, s.currency, s.quantity, s.custom_amount, s.add_ons::text AS add_ons,
               s.scheduled::text AS scheduled, s.started_at, s.anchor, s.anchor_day, s.period_start, s.period_end, s.billed, s.usage_from, s.usage_due_at,
               s.trial_end, s.converts_trial, s.cancel_at, s.cancel_reason, s.cancel_comment, s.paused_at, s.resume_at, s.ended_at,
               s.parked_at, s.parked_reason, s.partition, s.account, s.terms_since, s.committed, s.managed_by, s.reduced, s.discount::text AS discount,
               s.amount_off, s.provider_price
        """;

    /// <summary>The customer's live subscription. The caller must hold the customer's lock. $1 partition, $2 account.</summary>
    public const string Live = $"SELECT {Columns} FROM subscriptions s WHERE s.partition = $1 AND s.account = $2 AND s.ended_at IS NULL";

    /// <summary>$1 partition, $2 account, $3 id.</summary>
    public const string ById = $"SELECT {Columns} FROM subscriptions s WHERE s.partition = $1 AND s.account = $2 AND s.id = $3";

    /// <summary>Finds the customer of a subscription. $1 project, $2 id.</summary>
    public const string CustomerOf =
        """
        SELECT c.id
          FROM subscriptions s
          JOIN customers c ON c.partition = s.partition AND c.account = s.account
         WHERE s.project_id = $1 AND s.id = $2
        """;

    /// <summary>Serialises the creation of an id, which is unique in a project. $1 id.</summary>
    public const string LockId = "SELECT pg_advisory_xact_lock(7234005, hashtext($1::text))";

    /// <summary>
    /// With the customer's id and the newest invoice. $1 project, $2 customer or null, $3 status or null, $4 the id after which it
    /// starts or null, $5 number of rows, $6 plan or null.
    /// </summary>
    /// <param name="ofCustomer">True: the statement reads only the customer's subscriptions.</param>
    public static string List(bool ofCustomer) =>
        $"""
        SELECT {Columns}, c.id AS customer_id, {NewestInvoice} AS newest_invoice
          FROM subscriptions s
          JOIN customers c ON c.partition = s.partition AND c.account = s.account
          JOIN plan_versions v ON v.id = s.plan_version_id
         WHERE s.project_id = $1 AND {(ofCustomer ? "c.project_id = $1 AND c.id = $2" : "$2::text IS NULL")}
           AND ($3::text IS NULL OR s.status = $3)
           AND ($4::uuid IS NULL OR s.id > $4) AND ($6::text IS NULL OR v.plan = $6)
         ORDER BY s.id
         LIMIT $5
        """;

    /// <summary>$1 project, $2 id.</summary>
    public const string Show =
        $"""
        SELECT {Columns}, c.id AS customer_id, {NewestInvoice} AS newest_invoice
          FROM subscriptions s
          JOIN customers c ON c.partition = s.partition AND c.account = s.account
         WHERE s.project_id = $1 AND s.id = $2
        """;

    /// <summary>In any order. $1 project, $2 ids.</summary>
    public const string ShowSeveral =
        $"""
        SELECT {Columns}, c.id AS customer_id, {NewestInvoice} AS newest_invoice
          FROM subscriptions s
          JOIN customers c ON c.partition = s.partition AND c.account = s.account
         WHERE s.project_id = $1 AND s.id = ANY ($2)
        """;

    /// <summary>A customer's live subscription. $1 project, $2 customer.</summary>
    public const string ShowLive =
        $"""
        SELECT {Columns}, c.id AS customer_id, {NewestInvoice} AS newest_invoice
          FROM subscriptions s
          JOIN customers c ON c.partition = s.partition AND c.account = s.account
         WHERE c.project_id = $1 AND c.id = $2 AND s.ended_at IS NULL
        """;

    /// <summary>
    /// Counts the customers of each plan (null: the default plan; members have the plan of their owner), and the live subscriptions to it:
    /// a paused one is for a plan that its customer does not have. Reads the project's customers once. $1 project. Rows: plan, status or
    /// null (customers), interval or null (customers), number.
    /// </summary>
    public const string PerPlan =
        """
        SELECT v.plan, NULL, NULL, count(*)
          FROM customers c
          LEFT JOIN plan_versions v ON v.id = c.plan_version_id
         WHERE c.project_id = $1 AND c.owner IS NULL
         GROUP BY v.plan
        UNION ALL
        SELECT v.plan, s.status, s.interval, count(*)
          FROM subscriptions s
          JOIN plan_versions v ON v.id = s.plan_version_id
         WHERE s.project_id = $1 AND s.ended_at IS NULL
         GROUP BY v.plan, s.status, s.interval
        """;

    /// <summary>
    /// Live subscriptions on older versions of a plan. $1 project, $2 plan, $3 the newest version's id, $4 version or null, $5 number of
    /// rows, $6 the id after which it starts or null, $7 whether to include those that get the newest version at their renewal anyway.
    /// </summary>
    public const string OnOlderVersions =
        $"""
        SELECT {Columns}, c.id AS customer_id, {NewestInvoice} AS newest_invoice
          FROM subscriptions s
          JOIN customers c ON c.partition = s.partition AND c.account = s.account
          JOIN plan_versions v ON v.id = s.plan_version_id
         WHERE s.project_id = $1 AND s.ended_at IS NULL AND s.managed_by IS NULL AND v.plan = $2 AND v.id <> $3
           AND ($4::integer IS NULL OR v.version = $4)
           AND ($6::uuid IS NULL OR s.id > $6) AND ($7 OR coalesce((s.scheduled ->> 'plan_version')::integer, 0) <> $3)
         ORDER BY s.id
         LIMIT $5
        """;

    /// <summary>
    /// The terms of live subscriptions to some plans; equal ones are counted together. $1 project, $2 plans, $3 now: ended coupons take
    /// nothing off. Rows: status, plan version, interval, currency, quantity, custom amount, add-ons, scheduled terms, number, codes and
    /// documents of the coupons in the order of redemption (null: none), the agreed discount.
    /// </summary>
    public const string TermsOnPlans =
        """
        SELECT s.status, s.plan_version_id, s.interval, s.currency, s.quantity, s.custom_amount,
               s.add_ons::text AS add_ons, s.scheduled::text AS scheduled, count(*) AS number, r.codes, r.documents,
               s.discount::text AS discount
          FROM subscriptions s
          JOIN plan_versions v ON v.id = s.plan_version_id
          LEFT JOIN (
                SELECT r.partition, r.account, r.subscription,
                       array_agg(c.code ORDER BY r.redeemed_at, r.sequence) AS codes, array_agg(c.document::text
                       ORDER BY r.redeemed_at, r.sequence) AS documents
                  FROM redemptions r
                  JOIN coupons c ON c.project_id = r.project_id AND c.code = r.code
                 WHERE r.project_id = $1 AND r.code IS NOT NULL AND NOT r.spent AND (r.ends_at IS NULL OR r.ends_at > $3)
                 GROUP BY r.partition, r.account, r.subscription) r
            ON r.partition = s.partition AND r.account = s.account AND r.subscription = s.id
         WHERE s.project_id = $1 AND s.ended_at IS NULL AND s.managed_by IS NULL AND v.project_id = $1 AND v.plan = ANY ($2::text[])
         GROUP BY s.status, s.plan_version_id, s.interval, s.currency, s.quantity, s.custom_amount, s.add_ons::text, s.scheduled::text,
           r.codes, r.documents, s.discount::text
        """;

    private const string NewestInvoice =
        """
        (SELECT i.id FROM invoices i
                 WHERE i.partition = s.partition AND i.account = s.account AND i.subscription = s.id
                 ORDER BY i.serial DESC LIMIT 1)
        """;

    /// <summary>$1 partition, $2 account. Row: number of earlier subscriptions, number with a trial, end of the last one.</summary>
    public const string Past =
        """
        SELECT count(*), count(*) FILTER (WHERE trial_end IS NOT NULL), max(ended_at)
          FROM subscriptions
         WHERE partition = $1 AND account = $2
        """;

    /// <summary>
    /// The use of the plan's quotas in quota periods that overlap a billing period. $1 partition, $2 account, $3 start, $4 end, $5 the
    /// project's now.
    /// </summary>
    public const string UsedInPeriod =
        """
        SELECT b.feature, sum(used_by(b, $5) - b.drawn)
          FROM balances b
         WHERE b.partition = $1 AND b.account = $2 AND b.period_end > $3 AND b.period_start < $4
         GROUP BY b.feature
        """;

    /// <summary>No row: the fingerprint already had its trial. $1 project, $2 SHA-256, $3 subscription.</summary>
    public const string TakeFingerprint =
        """
        INSERT INTO trial_fingerprints (project_id, fingerprint, subscription)
             VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING
          RETURNING 1
        """;

    /// <summary>
    /// Claims due subscriptions and locks them with their customers: the earliest first, then by age of the customer. Rows that another
    /// transaction holds wait for the next run, and failed ones for their next attempt. $1 project, $2 due before, $3 number of rows, $4
    /// the only one, or null.
    /// </summary>
    public const string ClaimDue =
        $"""
          WITH due AS MATERIALIZED (
                SELECT {Columns}
                  FROM subscriptions s
                 WHERE s.project_id = $1 AND s.due_at <= $2 AND s.parked_at IS NULL AND s.due_at IS NOT NULL
                   AND ($4::uuid IS NULL OR s.id = $4) AND {NotParked}
                 ORDER BY s.due_at, s.account
                 LIMIT $3
                   FOR NO KEY UPDATE SKIP LOCKED)
        SELECT due.*, {CustomerSql.Columns}
          FROM due
          JOIN customers c ON c.partition = due.partition AND c.account = due.account
          LEFT JOIN plan_versions v ON v.id = c.plan_version_id
           FOR NO KEY UPDATE OF c SKIP LOCKED
        """;

    /// <summary>The first moment at which something is due; null: nothing is. $1 project.</summary>
    public const string FirstDue =
        "SELECT min(s.due_at) FROM subscriptions s WHERE s.project_id = $1 AND s.due_at IS NOT NULL AND s.parked_at IS NULL AND "
            + $"{NotParked}";

    private const string NotParked = $"{ParkedSql.NotParked} 'subscriptions' AND q.project_id = s.project_id AND q.subject = s.id::text)";

    /// <summary>$1 project, $2 due until.</summary>
    public const string CountDue =
        "SELECT count(*) FROM subscriptions s WHERE s.project_id = $1 AND s.due_at <= $2 AND s.due_at IS NOT NULL AND s.parked_at IS NULL "
            + $"AND {NotParked}";

    /// <summary>The due subscriptions, one row each. $1 project, $2 due until, $3 number of rows.</summary>
    public const string Due =
        $"""
        SELECT s.id
          FROM subscriptions s
         WHERE s.project_id = $1 AND s.due_at <= $2 AND s.due_at IS NOT NULL AND s.parked_at IS NULL AND {NotParked}
         ORDER BY s.due_at, s.account
         LIMIT $3
        """;

    /// <summary>
    /// Parked subscriptions, which wait for an operator, the oldest first. $1 project, $2 number of rows, $3 and $4 the time and the id of
    /// the last row of the previous page, or nulls.
    /// </summary>
    public const string Parked =
        """
        SELECT s.id, s.reference, c.id, s.due_at, s.parked_at, s.parked_reason
          FROM subscriptions s
          JOIN customers c ON c.partition = s.partition AND c.account = s.account
         WHERE s.project_id = $1 AND s.parked_at IS NOT NULL AND ($3::timestamptz IS NULL OR (s.parked_at, s.id) > ($3, $4))
         ORDER BY s.parked_at, s.id
         LIMIT $2
        """;

    /// <summary>A project's next moment. $1 projects. Rows: project, due_at.</summary>
    public const string NextDue =
        $"""
        SELECT p.id, (SELECT min(s.due_at) FROM subscriptions s WHERE s.project_id = p.id AND s.due_at IS NOT NULL
          AND s.parked_at IS NULL AND {NotParked})
          FROM unnest($1::integer[]) AS p (id)
        """;

    /// <summary>$1 partition, $2 account, $3 id, $4 time, $5 reason (null: it continues).</summary>
    public const string Park =
        """
        UPDATE subscriptions
           SET parked_at = CASE WHEN $5::text IS NULL THEN NULL ELSE $4::timestamptz END, parked_reason = $5
         WHERE partition = $1 AND account = $2 AND id = $3
        """;

    /// <summary>
    /// Writes the rows after a step, new ones and old ones. The facts are written in the same transaction: if another transaction has
    /// changed the version, their key collides. Parallel arrays; see <c>StepWriter</c>.
    /// </summary>
    public const string Write =
        """
        INSERT INTO subscriptions AS s (partition, account, id, project_id, reference, version, status, plan_version_id,
          interval, currency, quantity,
                                        custom_amount, add_ons, scheduled, started_at, anchor, anchor_day, period_start,
                                        period_end, billed, usage_from,
                                        usage_due_at, trial_end, converts_trial, cancel_at, cancel_reason, cancel_comment, paused_at,
                                        resume_at, ended_at, due_at,
                                        terms_since, committed, managed_by, reduced, discount, amount_off)
        SELECT x.partition, x.account, x.id, x.project_id, x.reference, x.version, x.status, x.plan_version_id,
               x.interval, x.currency, x.quantity,
               x.custom_amount, x.add_ons::jsonb, x.scheduled::jsonb, x.started_at, x.anchor, x.anchor_day, x.period_start,
               x.period_end, x.billed, x.usage_from,
               x.usage_due_at, x.trial_end, x.converts_trial, x.cancel_at, x.cancel_reason, x.cancel_comment, x.paused_at,
               x.resume_at, x.ended_at, x.due_at,
               x.terms_since, x.committed, x.managed_by, x.reduced, x.discount::jsonb, x.amount_off
          FROM unnest($1::smallint[], $2::integer[], $3::uuid[], $4::integer[], $5::text[], $6::integer[], $7::text[], $8::integer[],
            $9::text[], $10::text[],
                      $11::bigint[], $12::bigint[], $13::text[], $14::text[], $15::timestamptz[], $16::timestamptz[],
                      $17::smallint[], $18::timestamptz[],
                      $19::timestamptz[], $20::bigint[], $21::timestamptz[], $22::timestamptz[], $23::timestamptz[],
                      $24::boolean[], $25::timestamptz[],
                      $26::text[], $27::text[], $28::timestamptz[], $29::timestamptz[], $30::timestamptz[], $31::timestamptz[],
                      $32::timestamptz[], $33::bigint[], $34::text[], $35::numeric[], $36::text[], $37::bigint[])
               AS x (partition, account, id, project_id, reference, version, status, plan_version_id, interval, currency, quantity,
                     custom_amount, add_ons, scheduled, started_at, anchor, anchor_day, period_start, period_end, billed, usage_from,
                     usage_due_at, trial_end, converts_trial, cancel_at, cancel_reason, cancel_comment, paused_at,
                     resume_at, ended_at, due_at,
                     terms_since, committed, managed_by, reduced, discount, amount_off)
            ON CONFLICT (partition, account, id) DO UPDATE
           SET version = excluded.version, status = excluded.status, plan_version_id = excluded.plan_version_id,
               interval = excluded.interval,
               quantity = excluded.quantity, custom_amount = excluded.custom_amount, add_ons = excluded.add_ons,
               scheduled = excluded.scheduled,
               anchor = excluded.anchor, anchor_day = excluded.anchor_day, period_start = excluded.period_start,
               period_end = excluded.period_end,
               billed = excluded.billed, usage_from = excluded.usage_from, usage_due_at = excluded.usage_due_at,
               trial_end = excluded.trial_end,
               converts_trial = excluded.converts_trial, cancel_at = excluded.cancel_at, cancel_reason = excluded.cancel_reason,
               cancel_comment = excluded.cancel_comment, paused_at = excluded.paused_at, resume_at = excluded.resume_at,
               ended_at = excluded.ended_at,
               due_at = excluded.due_at, terms_since = excluded.terms_since, committed = excluded.committed, reduced = excluded.reduced,
               discount = excluded.discount,
               amount_off = excluded.amount_off
        """;

    /// <summary>
    /// Records the time of the provider's state and its price in the row. $1 partition, $2 account, $3 id, $4 time, $5 price or null. No
    /// row: a newer state is already written.
    /// </summary>
    public const string Heard =
        """
        UPDATE subscriptions
           SET heard_at = $4, provider_price = coalesce($5, provider_price)
         WHERE partition = $1 AND account = $2 AND id = $3 AND (heard_at IS NULL OR heard_at <= $4)
        """;

    /// <summary>
    /// $1 partition, $2 account, $3 id, $4 time. Returns true if a provider state of that time is older than the row.
    /// </summary>
    public const string IsOldUpdate = "SELECT heard_at > $4 FROM subscriptions WHERE partition = $1 AND account = $2 AND id = $3";

    public const string WriteFacts =
        """
        COPY subscription_facts (partition, account, subscription, sequence, verb, at, actor, cause, invoice, after)
          FROM STDIN (FORMAT BINARY)
        """;

    /// <summary>$1 partition, $2 account, $3 subscription.</summary>
    public const string FirstState =
        "SELECT after::text FROM subscription_facts WHERE partition = $1 AND account = $2 AND subscription = $3 AND sequence = 1";

    /// <summary>The state after the last step until an instant. $1 partition, $2 account, $3 the instant.</summary>
    public const string Then =
        """
        SELECT f.subscription, s.reference, s.currency, f.after::text
          FROM subscription_facts f
          JOIN subscriptions s ON s.partition = f.partition AND s.account = f.account AND s.id = f.subscription
         WHERE f.partition = $1 AND f.account = $2 AND f.at <= $3
         ORDER BY f.at DESC, f.recorded_at DESC, f.sequence DESC
         LIMIT 1
        """;

    /// <summary>
    /// The timeline, oldest first. $1 partition, $2 account, $3 subscription, $4 after which sequence, $5 number of rows.
    /// </summary>
    public const string Facts =
        """
        SELECT sequence, verb, at, recorded_at, actor, cause, invoice, after::text
          FROM subscription_facts
         WHERE partition = $1 AND account = $2 AND subscription = $3 AND sequence > $4
         ORDER BY sequence
         LIMIT $5
        """;
}
