namespace Tollgate.Engine.Customers;

/// <summary>The statements of the room Customers. No other room writes <c>customers</c> and <c>customer_terms</c>.</summary>
public static class CustomerSql
{
    /// <summary>
    /// Creates missing customers and returns all, existing and new, in no particular order. <c>$1 smallint[]</c> partitions, <c>$2
    /// integer[]</c> project ids, <c>$3 text[]</c> customer ids, <c>$4 bytea[]</c> their <see cref="ErasedIds"/> hashes (empty: erased
    /// customers are unknown), position by position; repeats are fine. An erased customer is not created, and has no row in the result.
    /// Rows: partition, account, project_id, id.
    /// </summary>
    /// <remarks>
    /// One statement, so that the lanes may call it inside their own transaction. A customer that another transaction creates at the same
    /// moment is invisible to this statement's snapshot: DO NOTHING would omit it from the result, so the conflict updates the row onto
    /// itself, which waits for the other transaction and returns its account number. The scalar subquery keeps the look-up an index probe
    /// for each id, even if the statement was planned on an empty table. Inserting in key order keeps two batches that create the same
    /// customers from deadlocking.
    /// </remarks>
    public const string CreateMissing =
        """
        WITH wanted AS MATERIALIZED (
            SELECT DISTINCT w.partition, w.project_id, w.id, w.hash
              FROM unnest($1::smallint[], $2::integer[], $3::text[], $4::bytea[]) AS w (partition, project_id, id, hash)
        ), found AS MATERIALIZED (
            SELECT w.partition, w.project_id, w.id, w.hash,
                   (SELECT c.account
                      FROM customers c
                     WHERE c.partition = w.partition AND c.project_id = w.project_id AND c.id = w.id) AS account
              FROM wanted w
        ), created AS (
            INSERT INTO customers AS c (partition, account, project_id, id, created_at)
            SELECT f.partition, nextval('account_numbers'), f.project_id, f.id, coalesce(p.test_clock, now())
              FROM found f
              JOIN projects p ON p.id = f.project_id
             WHERE f.account IS NULL
               AND NOT EXISTS (SELECT FROM erasures e WHERE e.project_id = f.project_id AND e.id_hash = f.hash)
             ORDER BY f.partition, f.project_id, f.id
                ON CONFLICT (partition, project_id, id) DO UPDATE SET version = c.version
            RETURNING c.partition, c.account, c.project_id, c.id
        )
        SELECT f.partition, f.account, f.project_id, f.id, false FROM found f WHERE f.account IS NOT NULL
        UNION ALL
        SELECT n.partition, n.account, n.project_id, n.id, true FROM created n;
        """;

    /// <summary>Columns of <see cref="CreateMissing"/>.</summary>
    public const int ProjectOfMissing = 2;

    /// <inheritdoc cref="ProjectOfMissing"/>
    public const int IdOfMissing = 3;

    /// <inheritdoc cref="ProjectOfMissing"/>
    public const int IsNew = 4;

    /// <summary>
    /// The columns that <c>CustomerRow.Read</c> reads. They include the name of a pinned plan version, so that a server that has not loaded
    /// it yet can still show it.
    /// </summary>
    public const string Columns =
        """
        c.id AS customer_id, c.name, c.email, c.currency AS customer_currency, c.time_zone, c.country, c.tax_id, c.metadata, c.created_at,
               c.plan_version_id AS customer_plan_version_id, v.plan AS plan_code, v.version AS plan_version,
               c.partition AS customer_partition, c.account AS customer_account, c.overrides, c.cycles::text AS cycles,
               c.previous_plan_version_id, c.plan_assigned_at, c.add_ons::text AS customer_add_ons, c.owner, c.tax_exempt::text AS tax_exempt,
               c.vat_check_at IS NOT NULL AS vat_check_is_due,
               CASE WHEN c.tax_id IS NOT NULL
                    THEN (SELECT json_build_object('Answer', k.answer, 'Source', k.source, 'AskedAt', k.asked_at, 'Consultation', k.consultation, 'Name', k.name, 'Detail', k.detail,
                                                   'Since', min(k.asked_at) OVER ())::text
                            FROM vat_checks k
                           WHERE k.partition = c.partition AND k.account = c.account AND k.country = c.country AND k.tax_id = c.tax_id
                           ORDER BY k.answer = 'unavailable', k.asked_at DESC, k.id DESC
                           LIMIT 1)
                END AS vat_check
        """;

    /// <summary><c>$1</c> partition, <c>$2</c> project, <c>$3</c> id.</summary>
    public const string Find =
        $"""
        SELECT {Columns}
          FROM customers c
          LEFT JOIN plan_versions v ON v.id = c.plan_version_id
         WHERE c.partition = $1 AND c.project_id = $2 AND c.id = $3
        """;

    /// <summary>In no order. <c>$1</c> project, <c>$2 smallint[]</c> partitions, <c>$3 text[]</c> ids.</summary>
    public const string FindSeveral =
        $"""
        SELECT {Columns}
          FROM unnest($2::smallint[], $3::text[]) AS x (partition, id)
          JOIN customers c ON c.partition = x.partition AND c.project_id = $1 AND c.id = x.id
          LEFT JOIN plan_versions v ON v.id = c.plan_version_id
        """;

    /// <summary>
    /// The same, with a lock until the end of the transaction: every change of a customer takes this lock first, so two changes of one
    /// customer run one after the other. Lanes that lock take the same order: customer, then balances.
    /// </summary>
    public const string FindAndLock = Find + " FOR NO KEY UPDATE OF c";

    /// <summary>
    /// Two customers, locked in the order that every transaction uses. <c>$1</c> project, <c>$2 smallint[]</c> partitions, <c>$3 text[]</c>
    /// ids.
    /// </summary>
    public const string FindAndLockTwo =
        $"""
        SELECT {Columns}
          FROM unnest($2::smallint[], $3::text[]) AS x (partition, id)
          JOIN customers c ON c.partition = x.partition AND c.project_id = $1 AND c.id = x.id
          LEFT JOIN plan_versions v ON v.id = c.plan_version_id
         ORDER BY c.partition, c.account
           FOR NO KEY UPDATE OF c
        """;

    /// <summary>No row: the customer exists. <c>$4..$11</c> profile, <c>$12</c> the project's time.</summary>
    public const string Insert =
        """
        INSERT INTO customers (partition, account, project_id, id, name, email, currency, time_zone, country, tax_id,
             metadata, tax_exempt, created_at)
             VALUES ($1, nextval('account_numbers'), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (partition, project_id, id) DO NOTHING
          RETURNING account
        """;

    private const string Imported =
        """
        SELECT ($1::integer[])[1] AS project_id, g.*
                  FROM unnest($2::smallint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
                              $11::timestamptz[])
                       AS g (partition, id, name, email, currency, time_zone, country, tax_id, metadata, created_at)
        """;

    private const string IsIncomplete =
        """
        (c.name IS NULL AND g.name IS NOT NULL OR c.email IS NULL AND g.email IS NOT NULL
                 OR c.currency IS NULL AND g.currency IS NOT NULL OR c.time_zone IS NULL AND g.time_zone IS NOT NULL
                 OR c.country IS NULL AND c.tax_id IS NULL AND coalesce(g.country, g.tax_id) IS NOT NULL
                 OR NOT c.metadata ?& ARRAY(SELECT jsonb_object_keys(g.metadata::jsonb)))
        """;

    /// <summary>
    /// Creates imported customers that are missing. $1 the project in an array, then parallel arrays: $2 partitions, $3 ids, $4 names, $5
    /// e-mail addresses, $6 currencies, $7 time zones, $8 countries, $9 tax ids, $10 metadata, $11 times of creation. Rows: id.
    /// </summary>
    public const string InsertImported =
        $"""
        INSERT INTO customers (partition, account, project_id, id, name, email, currency, time_zone, country, tax_id, metadata,
                               created_at)
        SELECT g.partition, nextval('account_numbers'), g.project_id, g.id, g.name, g.email, g.currency, g.time_zone, g.country, g.tax_id,
               g.metadata::jsonb, g.created_at
          FROM ({Imported}) g
         WHERE NOT EXISTS (SELECT FROM customers c WHERE c.partition = g.partition AND c.project_id = g.project_id AND c.id = g.id)
         ORDER BY g.partition, g.project_id, g.id
            ON CONFLICT (partition, project_id, id) DO NOTHING
          RETURNING id
        """;

    /// <summary>
    /// Completes the profiles of existing customers from imported ones, and locks them in the order of all transactions. A country and a
    /// tax id belong together. Parameters and rows as of <see cref="InsertImported"/>.
    /// </summary>
    public const string CompleteImported =
        $"""
        WITH held AS MATERIALIZED (
            SELECT c.partition, c.account, g.name, g.email, g.currency, g.time_zone, g.country, g.tax_id, g.metadata
              FROM ({Imported}) g
              JOIN customers c ON c.partition = g.partition AND c.project_id = g.project_id AND c.id = g.id
             WHERE {IsIncomplete}
             ORDER BY c.partition, c.account
               FOR NO KEY UPDATE OF c
        )
        UPDATE customers c
           SET name = coalesce(c.name, g.name), email = coalesce(c.email, g.email), currency = coalesce(c.currency, g.currency),
               time_zone = coalesce(c.time_zone, g.time_zone),
               country = CASE WHEN c.country IS NULL AND c.tax_id IS NULL THEN g.country ELSE c.country END,
               tax_id = CASE WHEN c.country IS NULL AND c.tax_id IS NULL THEN g.tax_id ELSE c.tax_id END,
               metadata = g.metadata::jsonb || c.metadata, updated_at = now()
          FROM held g
         WHERE c.partition = g.partition AND c.account = g.account
        RETURNING c.id
        """;

    /// <summary>
    /// Imported customers that exist and lack nothing of their record. Parameters and rows as of <see cref="InsertImported"/>.
    /// </summary>
    public const string CompleteOfImported =
        $"""
        SELECT c.id
          FROM ({Imported}) g
          JOIN customers c ON c.partition = g.partition AND c.project_id = g.project_id AND c.id = g.id
         WHERE NOT {IsIncomplete}
        """;

    /// <summary>Locks existing customers in the order of all transactions. $1 project, $2 partitions, $3 ids.</summary>
    public const string LockImported =
        """
        SELECT c.account
          FROM unnest($2::smallint[], $3::text[]) AS x (partition, id)
          JOIN customers c ON c.partition = x.partition AND c.project_id = $1 AND c.id = x.id
         ORDER BY c.partition, c.account
           FOR NO KEY UPDATE OF c
        """;

    /// <summary><c>$4..$11</c> profile.</summary>
    public const string UpdateProfile =
        """
        UPDATE customers
           SET name = $4, email = $5, currency = $6, time_zone = $7, country = $8, tax_id = $9, metadata = $10,
             tax_exempt = $11, updated_at = now()
         WHERE partition = $1 AND project_id = $2 AND id = $3
        """;

    /// <summary>
    /// One page in byte order of the id. <c>$1</c> project, <c>$2</c> the id after which the page starts (empty: the beginning), <c>$3</c>
    /// number of rows.
    /// </summary>
    public const string List =
        $"""
        SELECT {Columns}
          FROM customers c
          LEFT JOIN plan_versions v ON v.id = c.plan_version_id
         WHERE c.project_id = $1 AND c.id > $2
         ORDER BY c.id
         LIMIT $3
        """;

    /// <summary>
    /// The same for customers whose id (<c>$4</c>) or e-mail address (<c>$5</c>, lower case) begins with a text; both are LIKE patterns.
    /// Each costs one index probe: a single condition with OR would read the whole project.
    /// </summary>
    public const string Search =
        $"""
        SELECT {Columns}
          FROM (SELECT a.partition, a.account
                  FROM (SELECT i.partition, i.account, i.id FROM customers i
                         WHERE i.project_id = $1 AND i.id > $2 AND i.id LIKE $4
                         ORDER BY i.id
                         LIMIT $3) a
                UNION
                SELECT b.partition, b.account
                  FROM (SELECT m.partition, m.account, m.id FROM customers m
                         WHERE m.project_id = $1 AND m.id > $2 AND lower(m.email) LIKE $5
                         ORDER BY m.id
                         LIMIT $3) b) found
          JOIN customers c ON c.partition = found.partition AND c.account = found.account
          LEFT JOIN plan_versions v ON v.id = c.plan_version_id
         ORDER BY c.id
         LIMIT $3
        """;

    // ---- plan and overrides ------------------------------------------------------------------------------------

    /// <summary><c>$3</c> the version to pin (null: the default plan), <c>$4</c> the current one, <c>$5</c> the project's time.</summary>
    public const string AssignPlan =
        """
        UPDATE customers
           SET plan_version_id = $3, previous_plan_version_id = $4, plan_assigned_at = $5
         WHERE partition = $1 AND account = $2
        """;

    /// <summary>True if the customer has a subscription that gives the plan, or will again.</summary>
    public const string HasSubscription =
        "SELECT EXISTS (SELECT FROM subscriptions WHERE partition = $1 AND account = $2 AND ended_at IS NULL)";

    /// <summary>
    /// The fact, after <see cref="Touch"/>: the customer's entitlements now, and which of <c>{plan, overrides, add_ons}</c> it sets. $3
    /// from when on, $4 what it sets, $5 the cause.
    /// </summary>
    public const string InsertTerms =
        """
        INSERT INTO customer_terms (partition, account, from_at, sequence, plan_version_id, overrides, add_ons, sets, cause)
        SELECT partition, account, $3, version, plan_version_id, overrides, add_ons, $4::text[], $5
          FROM customers
         WHERE partition = $1 AND account = $2
        """;

    /// <summary>
    /// The number of newest changes of a customer's terms that Tollgate reads: with one each hour, they reach further back than late events
    /// may (34 days).
    /// </summary>
    public const int MostTerms = 1_000;

    /// <summary>
    /// A column: the changes of the terms of the customer <c>c</c>, null for none. It contains overrides where a change sets them, and in
    /// the oldest row if there may be older ones. See <c>TermsReader.Read</c>.
    /// </summary>
    public const string Terms =
        """
        (SELECT json_agg(json_build_array((extract(epoch FROM t.from_at) * 1000000)::bigint, t.sequence, t.plan_version_id,
                                          CASE WHEN 'overrides' = ANY(t.sets) OR t.age = 1000 THEN t.overrides::text END, t.add_ons::text, t.sets))
           FROM (SELECT *, row_number() OVER (ORDER BY n.sequence DESC) AS age
                   FROM customer_terms n WHERE n.partition = c.partition AND n.account = c.account ORDER BY n.sequence DESC LIMIT 1000) t)::text
        """;

    /// <summary>The bytes of all overrides in the changes that Tollgate reads. $1 partition, $2 account.</summary>
    public const string BytesOfOverrides =
        """
        SELECT coalesce(sum(octet_length(overrides::text)) FILTER (WHERE 'overrides' = ANY(sets)), 0)::bigint
          FROM (SELECT overrides, sets FROM customer_terms WHERE partition = $1 AND account = $2 ORDER BY sequence DESC LIMIT 1000) t
        """;

    /// <summary>$1 partitions, $2 accounts. Rows: account, <see cref="Terms"/>.</summary>
    public const string LoadTerms =
        $"""
        SELECT c.account, {Terms}
          FROM unnest($1::smallint[], $2::integer[]) AS c (partition, account)
        """;

    /// <summary>A customer keeps the currency of its first subscription.</summary>
    public const string KeepCurrency = "UPDATE customers SET currency = $3 WHERE partition = $1 AND account = $2 AND currency IS NULL";

    /// <summary>
    /// True if the customer has subscriptions, invoices, credits or redemptions in its currency. $1 partition, $2 account.
    /// </summary>
    public const string HasBooks =
        """
        SELECT EXISTS (SELECT FROM subscriptions    WHERE partition = $1 AND account = $2)
            OR EXISTS (SELECT FROM invoices         WHERE partition = $1 AND account = $2)
            OR EXISTS (SELECT FROM customer_credits WHERE partition = $1 AND account = $2)
            OR EXISTS (SELECT FROM redemptions      WHERE partition = $1 AND account = $2)
        """;

    /// <summary>Sets the billing cycles that determine billing months: <c>CycleText</c>.</summary>
    public const string SetCycles = "UPDATE customers SET cycles = $3::jsonb WHERE partition = $1 AND account = $2";

    /// <summary>Sets the add-ons of the subscription: <c>AddOnText</c>.</summary>
    public const string SetAddOns = "UPDATE customers SET add_ons = $3::jsonb WHERE partition = $1 AND account = $2";

    public const string SetOverrides = "UPDATE customers SET overrides = $3 WHERE partition = $1 AND account = $2";

    /// <summary>Makes every decision on the old state stale. Returns the customer's version after the change.</summary>
    public const string Touch = "SELECT touch_account($1, $2, $3)";

    // ---- deleting ----------------------------------------------------------------------------------------------

    /// <summary>
    /// The reasons not to delete a customer: any trace in the ledger. A balance row counts even without use: a lane may be deciding on it
    /// right now.
    /// </summary>
    public const string Traces =
        """
        SELECT EXISTS (SELECT FROM events   WHERE partition = $1 AND account = $2),
               EXISTS (SELECT FROM balances WHERE partition = $1 AND account = $2),
               EXISTS (SELECT FROM holds    WHERE partition = $1 AND account = $2),
               EXISTS (SELECT FROM subscriptions    WHERE partition = $1 AND account = $2)
               OR EXISTS (SELECT FROM invoices    WHERE partition = $1 AND account = $2)
            OR EXISTS (SELECT FROM customer_credits WHERE partition = $1 AND account = $2)
                OR EXISTS (SELECT FROM redemptions WHERE partition = $1 AND account = $2)
            OR EXISTS (SELECT FROM payments         WHERE partition = $1 AND account = $2)
               OR EXISTS (SELECT FROM checkouts   WHERE partition = $1 AND account = $2),
               EXISTS (SELECT FROM members       WHERE partition = $1 AND account = $2)
        """;

    /// <summary>
    /// Locks a customer against every other transaction, also against those that only need it to stay. $1 partition, $2 account.
    /// </summary>
    public const string LockWhole = "SELECT FROM customers WHERE partition = $1 AND account = $2 FOR UPDATE";

    public const string DeleteTerms = "DELETE FROM customer_terms WHERE partition = $1 AND account = $2";
    public const string Delete      = "DELETE FROM customers      WHERE partition = $1 AND account = $2";

    // ---- why? --------------------------------------------------------------------------------------------------

    /// <summary>Open holds on a feature's balances. <c>$3</c> feature, <c>$4</c> the project's time, <c>$5</c> number of rows.</summary>
    public const string OpenHolds =
        """
        SELECT h.id, h.reference, p.amount, h.created_at, h.expires_at
          FROM holds h
         CROSS JOIN LATERAL (SELECT sum(u.amount) AS amount
                               FROM unnest(h.held_features, h.held_amounts) AS u (feature, amount)
                              WHERE u.feature = $3) p
         WHERE h.partition = $1 AND h.account = $2 AND h.state = 'open' AND h.expires_at > $4 AND p.amount > 0
         ORDER BY h.created_at, h.id
         LIMIT $5
        """;

    /// <summary>Newest first. <c>$3</c> feature, <c>$4</c> number of rows.</summary>
    public const string Crossings =
        """
        SELECT t.percent, t.period_start, t.used, t.granted, t.crossed_at
          FROM threshold_crossings t
         WHERE t.partition = $1 AND t.account = $2 AND t.feature = $3
         ORDER BY t.period_start DESC, t.percent DESC
         LIMIT $4
        """;

    /// <summary>All features, newest first. <c>$3</c> number of rows.</summary>
    public const string AllCrossings =
        """
        SELECT t.percent, t.period_start, t.used, t.granted, t.crossed_at, t.feature
          FROM threshold_crossings t
         WHERE t.partition = $1 AND t.account = $2
         ORDER BY t.crossed_at DESC, t.percent DESC, t.feature
         LIMIT $3
        """;

    // ---- requests ----------------------------------------------------------------------------------------------

    /// <summary>The caller locks the customer. $1 partition, $2 account, $3 request.</summary>
    public const string ResultOf = "SELECT result FROM customer_requests WHERE partition = $1 AND account = $2 AND request = $3";

    /// <summary>
    /// Stores a result and deletes the customer's results of more than 30 days ago, so the table does not grow. $1 partition, $2 account,
    /// $3 request, $4 result.
    /// </summary>
    public const string KeepResult =
        """
          WITH old AS (
                DELETE FROM customer_requests
                 WHERE partition = $1 AND account = $2 AND at < now() - interval '30 days')
        INSERT INTO customer_requests (partition, account, request, result)
             VALUES ($1, $2, $3, $4)
        """;
}
