
using Tollgate.Engine.Jobs;

namespace Tollgate.Engine.Costs;

/// <summary>
/// The statements of the room: the fold of queued calls into call_days, call_customer_days and call_latencies, and the reads of these. No
/// read uses events.
/// </summary>
internal static class CostSql
{
    /// <summary>
    /// Settings for a fold's transaction. The planner mostly misjudges the queue's size (the queue is empty when analysed), and whatever
    /// its size, a look-up by key finds each call. PostgreSQL plans each execution, since the newest month of events grows from nothing.
    /// </summary>
    public const string PrepareFold =
        """
        SET LOCAL enable_hashjoin = off;
        SET LOCAL enable_mergejoin = off;
        SET LOCAL enable_seqscan = off;
        SET LOCAL plan_cache_mode = force_custom_plan;
        SET LOCAL jit = off;
        SET LOCAL lock_timeout = '5s';
        """;

    /// <summary>
    /// Moves calls from the queue to the rollups in one statement, so all or nothing. $1 limit, $2 to $4 the key of the only call, or null.
    /// It skips rows that another server is folding. Every fold writes keys in order. Returns the number of calls taken.
    /// </summary>
    /// <remarks>
    /// OFFSET 0 keeps the look-up of a call whole. Without it the planner looks up by account alone, and a call costs as much as its
    /// customer has history.
    /// </remarks>
    public const string Fold = FoldBegin + OfOneCall + FoldMiddle + " SKIP LOCKED" + FoldRest;

    /// <summary>
    /// As <see cref="Fold"/>, but only the calls of one project, and it waits for other folds of them: afterwards they are in the rollups.
    /// $1 limit, $2 project, $3 the number of queued calls of any project to look through.
    /// </summary>
    public const string FoldOfProject = FoldBegin + OfOneProject + FoldMiddle + FoldRest;

    /// <summary>
    /// Adds imported calls to the rollups, in the transaction that writes them. After <see cref="PrepareFold"/>. $1 partitions, $2
    /// accounts, $3 ids, $4 month.
    /// </summary>
    public const string FoldImported =
        """
        WITH taken AS MATERIALIZED (
            SELECT x.partition, x.account, x.id, $4::date AS month, 1::smallint AS sign
              FROM unnest($1::smallint[], $2::integer[], $3::uuid[]) AS x (partition, account, id)
        """ + FoldFacts;

    private const string FoldBegin =
        """
        WITH taken AS MATERIALIZED (
            DELETE FROM call_queue
             WHERE ctid = ANY (ARRAY(SELECT k.ctid
                                       FROM call_queue k

        """;

    private const string OfOneCall =
        """
                                      WHERE ($2::smallint IS NULL OR (k.partition = $2 AND k.account = $3 AND k.id = $4))

        """;

    private const string OfOneProject =
        """
                                      WHERE k.ctid = ANY (ARRAY(SELECT l.ctid FROM call_queue l LIMIT $3))
                                        AND (SELECT c.project_id FROM customers c WHERE c.partition = k.partition
                                            AND c.account = k.account) = $2

        """;

    private const string FoldMiddle =
        $"""
                                        AND {NotParked}
                                      LIMIT $1
                                        FOR UPDATE
        """;

    private const string NotParked = $"{ParkedSql.NotParked} 'call_costs' AND q.subject = k.partition || '/' || k.account || '/' || k.id)";

    /// <summary>The queued calls. $1 limit. Rows: partition, account, id.</summary>
    public const string Queued = $"SELECT DISTINCT k.partition, k.account, k.id FROM call_queue k WHERE {NotParked} LIMIT $1";

    private const string FoldRest =
        """
        ))
            RETURNING partition, account, id, month, sign
        """ + FoldFacts;

    private const string FoldFacts =
        """

        ), facts AS MATERIALIZED (
            SELECT c.project_id, f.*, t.sign
              FROM taken t
             CROSS JOIN LATERAL (SELECT *
                                   FROM call_facts g
                                  WHERE g.partition = t.partition AND g.account = t.account AND g.id = t.id AND g.month = t.month
                                 OFFSET 0) AS f
              JOIN customers c ON c.partition = t.partition AND c.account = t.account
        ), days AS (
            INSERT INTO call_days AS r
                   (project_id, day, provider, model, feature, plan, calls, errors, unpriced_calls, estimated_calls,
                    input_tokens, cached_input_tokens, output_tokens, cost_usd)
            SELECT project_id, day, provider, model, feature, plan, sum(sign * calls), sum(sign * errors),
                   sum(sign * unpriced_calls), sum(sign * estimated_calls), sum(sign * input_tokens),
                   sum(sign * cached_input_tokens), sum(sign * output_tokens), sum(sign * cost_usd)
              FROM facts
             GROUP BY project_id, day, provider, model, feature, plan
             ORDER BY project_id, day, provider, model, feature, plan
                ON CONFLICT (project_id, day, provider, model, feature, plan)
                DO UPDATE SET calls               = r.calls               + excluded.calls,
                              errors              = r.errors              + excluded.errors,
                              unpriced_calls      = r.unpriced_calls      + excluded.unpriced_calls,
                              estimated_calls     = r.estimated_calls     + excluded.estimated_calls,
                              input_tokens        = r.input_tokens        + excluded.input_tokens,
                              cached_input_tokens = r.cached_input_tokens + excluded.cached_input_tokens,
                              output_tokens       = r.output_tokens       + excluded.output_tokens,
                              cost_usd            = r.cost_usd            + excluded.cost_usd
        ), customer_days AS (
            INSERT INTO call_customer_days AS r
                   (partition, account, project_id, day, provider, model, feature, calls, errors, unpriced_calls,
                    estimated_calls, input_tokens, cached_input_tokens, output_tokens, cost_usd)
            SELECT partition, account, project_id, day, provider, model, feature, sum(sign * calls), sum(sign * errors),
                   sum(sign * unpriced_calls), sum(sign * estimated_calls), sum(sign * input_tokens),
                   sum(sign * cached_input_tokens), sum(sign * output_tokens), sum(sign * cost_usd)
              FROM facts
             GROUP BY partition, account, project_id, day, provider, model, feature
             ORDER BY partition, account, day, provider, model, feature
                ON CONFLICT (partition, account, day, provider, model, feature)
                DO UPDATE SET calls               = r.calls               + excluded.calls,
                              errors              = r.errors              + excluded.errors,
                              unpriced_calls      = r.unpriced_calls      + excluded.unpriced_calls,
                              estimated_calls     = r.estimated_calls     + excluded.estimated_calls,
                              input_tokens        = r.input_tokens        + excluded.input_tokens,
                              cached_input_tokens = r.cached_input_tokens + excluded.cached_input_tokens,
                              output_tokens       = r.output_tokens       + excluded.output_tokens,
                              cost_usd            = r.cost_usd            + excluded.cost_usd
        ), latencies AS (
            INSERT INTO call_latencies AS r (project_id, day, provider, model, bucket, calls)
            SELECT project_id, day, provider, model, latency_bucket, sum(sign)
              FROM facts
             WHERE latency_bucket IS NOT NULL
             GROUP BY project_id, day, provider, model, latency_bucket
             ORDER BY project_id, day, provider, model, latency_bucket
                ON CONFLICT (project_id, day, provider, model, bucket)
                DO UPDATE SET calls = r.calls + excluded.calls
        )
        SELECT count(*) FROM taken
        """;

    public const string AnyQueued = "SELECT EXISTS (SELECT FROM call_queue)";

    private const string Sums =
        """
        sum(d.calls)::bigint, sum(d.errors)::bigint, sum(d.unpriced_calls)::bigint, sum(d.estimated_calls)::bigint,
               sum(d.input_tokens)::bigint, sum(d.cached_input_tokens)::bigint, sum(d.output_tokens)::bigint, sum(d.cost_usd)
        """;

    /// <summary>Leaves out groups whose calls were all voided.</summary>
    private const string Counted = "HAVING sum(d.calls) <> 0 OR sum(d.cost_usd) <> 0 OR sum(d.unpriced_calls) <> 0";

    /// <summary>$1 project, $2 and $3 first and last day; $4 and $5 are not used.</summary>
    private const string OfProject =
        """
          FROM call_days d
         WHERE d.project_id = $1 AND d.day BETWEEN $2 AND $3
        """;

    /// <summary>$1 project, $2 and $3 first and last day, $4 partition, $5 customer. The table does not store plans.</summary>
    private const string OfCustomer =
        """
          FROM customers c
          JOIN (SELECT k.*, '' COLLATE "C" AS plan FROM call_customer_days k) AS d ON d.partition = c.partition AND d.account = c.account
         WHERE c.project_id = $1 AND d.day BETWEEN $2 AND $3 AND c.partition = $4 AND c.id = $5
        """;

    /// <summary>
    /// The total and its breakdown by each dimension separately; the first column tells the dimensions apart: it has a bit for each of day,
    /// provider, model, feature, plan that is not part of the group. Callers invent names of models, so each dimension has the $6 names
    /// with the highest cost and a last row under the name $7 with the sum of the rest. Days have no name and are never summed up.
    /// </summary>
    /// <remarks>The name replaces only columns of the group: the others are NULL, and so is their concatenation.</remarks>
    public const string BreakdownOfProject = BreakdownHead + OfProject + BreakdownTail;

    /// <inheritdoc cref="BreakdownOfProject"/>
    public const string BreakdownOfCustomer = BreakdownHead + OfCustomer + BreakdownTail;

    private const string Way = "grouping(d.day, d.provider, d.model, d.feature, d.plan)";

    private const string BreakdownHead =
        $"""
        SELECT d.way, d.day,
               CASE WHEN d.place <= $6 THEN d.provider ELSE left(d.provider, 0) || $7 END,
               CASE WHEN d.place <= $6 THEN d.model    ELSE left(d.model, 0)    || $7 END,
               CASE WHEN d.place <= $6 THEN d.feature  ELSE left(d.feature, 0)  || $7 END,
               CASE WHEN d.place <= $6 THEN d.plan     ELSE left(d.plan, 0)     || $7 END, {Sums}
          FROM (SELECT {Way}, d.day, d.provider, d.model, d.feature, d.plan, {Sums},
                       row_number() OVER (PARTITION BY {Way}
                                              ORDER BY d.day, sum(d.cost_usd) DESC, sum(d.calls) DESC, d.provider,
                                                d.model, d.feature, d.plan)

        """;

    private const string BreakdownTail =
        $"""

                 GROUP BY GROUPING SETS ((), (d.day), (d.provider), (d.provider, d.model), (d.feature), (d.plan))
                {Counted}) AS d (way, day, provider, model, feature, plan, calls, errors, unpriced_calls, estimated_calls, input_tokens,
                                 cached_input_tokens, output_tokens, cost_usd, place)
         GROUP BY 1, 2, 3, 4, 5, 6
         ORDER BY 1, min(d.place)
        """;

    /// <summary>$6 the bits of <see cref="CostGroups"/>, $7 limit.</summary>
    public const string GroupsOfProject = GroupsHead + OfProject + GroupsTail;

    /// <inheritdoc cref="GroupsOfProject"/>
    public const string GroupsOfCustomer = GroupsHead + OfCustomer + GroupsTail;

    private const string GroupsHead =
        $"""
        SELECT 0, {GroupedDay}, CASE WHEN $6 & 4 <> 0 THEN d.provider END, CASE WHEN $6 & 8 <> 0 THEN d.model END,
               CASE WHEN $6 & 16 <> 0 THEN d.feature END, CASE WHEN $6 & 32 <> 0 THEN d.plan END, {Sums}

        """;

    private const string GroupedDay =
        "CASE WHEN $6 & 2 <> 0 THEN d.day - extract(day FROM d.day)::integer + 1 WHEN $6 & 1 <> 0 THEN d.day END";

    private const string GroupsTail =
        $"""

         GROUP BY 2, 3, 4, 5, 6
        {Counted}
         ORDER BY 2, sum(d.cost_usd) DESC, sum(d.calls) DESC, 3, 4, 5, 6
         LIMIT $7
        """;

    /// <summary>The customers with the highest costs, and the number of customers. $4 limit.</summary>
    public const string TopCustomers =
        $"""
        SELECT c.id, t.*
          FROM (SELECT d.partition, d.account, count(*) OVER () AS customers, {Sums}
                  FROM call_customer_days d
                 WHERE d.project_id = $1 AND d.day BETWEEN $2 AND $3
                 GROUP BY d.partition, d.account
                {Counted}
                 ORDER BY sum(d.cost_usd) DESC, sum(d.calls) DESC, d.partition, d.account
                 LIMIT $4) AS t (partition, account, customers, calls, errors, unpriced_calls, estimated_calls, input_tokens,
                                 cached_input_tokens, output_tokens, cost_usd)
          JOIN customers c ON c.partition = t.partition AND c.account = t.account
         ORDER BY t.cost_usd DESC, t.calls DESC, t.partition, t.account
        """;

    /// <summary>
    /// For the transaction of <see cref="Latencies"/>. If a project's rows are newer than the last ANALYZE, the planner expects a few, and
    /// compares each of 300,000 with each of 1,000 lines: more than a minute, where a hash join takes 0.2 s.
    /// </summary>
    public const string PrepareLatencies = "SET LOCAL enable_nestloop = off";

    /// <summary>
    /// The latencies of the lines that <see cref="GroupsOfProject"/> read, line by line. $1 project, $2 and $3 first and last day, $4, $5
    /// and $7 each line's day, provider and model ($2 and '' for dimensions that do not group the lines), $6 the bits of
    /// <see cref="CostGroups"/>. Rows: the line (from 1), bucket, calls.
    /// </summary>
    public const string Latencies =
        $"""
        SELECT x.line, d.bucket, sum(d.calls)::bigint
          FROM unnest($4::date[], $5::text[], $7::text[]) WITH ORDINALITY AS x (day, provider, model, line)
          JOIN call_latencies d
            ON coalesce({GroupedDay}, $2) = x.day
           AND CASE WHEN $6 & 4 <> 0 THEN d.provider ELSE '' END = x.provider
           AND CASE WHEN $6 & 8 <> 0 THEN d.model ELSE '' END = x.model
         WHERE d.project_id = $1 AND d.day BETWEEN $2 AND $3
         GROUP BY x.line, d.bucket
         ORDER BY x.line
        """;

    /// <summary>
    /// The use of a project's features in the periods that end after an instant, with imported use of the days since then, and the number
    /// of customers; that of imported use alone is not known. $1 project, $2 the instant.
    /// </summary>
    public const string UsedOfFeatures =
        """
        SELECT f.code, sum(x.used), sum(x.customers)::bigint
          FROM features f
          JOIN (SELECT u.feature, sum(u.used) AS used, count(*) AS customers
                  FROM (SELECT b.feature, sum(used_by(b, coalesce(p.test_clock, now()))) AS used
                          FROM features g
                          JOIN projects p ON p.id = g.project_id
                         CROSS JOIN LATERAL (SELECT * FROM balances r WHERE r.feature = g.id AND r.period_end > $2 AND r.used > 0 OFFSET 0) b
                         WHERE g.project_id = $1
                         GROUP BY b.feature, b.partition, b.account) u
                 GROUP BY u.feature
                UNION ALL
                SELECT d.feature, sum(d.quantity), 0
                  FROM imported_usage_days d
                 WHERE d.project_id = $1 AND d.day >= ($2::timestamptz AT TIME ZONE 'UTC')::date
                 GROUP BY d.feature) x ON x.feature = f.id
         GROUP BY f.code
        """;
}
