namespace Tollgate.Engine.Costs;

/// <summary>
/// Every statement of the room: the fold of queued calls into call_days, call_customer_days and call_latencies, and the
/// reads of these. No read looks at events.
/// </summary>
internal static class CostSql
{
    /// <summary>
    /// For the transaction of a fold. The queue is estimated wrongly most of the time (it is empty when it is analysed), and
    /// whatever its size, each call is found by its key.
    /// </summary>
    public const string PrepareFold =
        """
        SET LOCAL enable_hashjoin = off;
        SET LOCAL enable_mergejoin = off;
        SET LOCAL jit = off;
        SET LOCAL lock_timeout = '5s';
        """;

    /// <summary>
    /// Takes calls out of the queue and adds them to the rollups: one statement, so all of it or nothing. $1 how many. Rows
    /// that another server is folding are left to it. Keys are written in order, as every fold does. Returns how many were taken.
    /// </summary>
    public const string Fold = FoldBegin + " SKIP LOCKED" + FoldRest;

    /// <summary>As <see cref="Fold"/>, but waits for what others are folding: afterwards it is all in the rollups.</summary>
    public const string FoldAfterOthers = FoldBegin + FoldRest;

    private const string FoldBegin =
        """
        WITH taken AS MATERIALIZED (
            DELETE FROM call_queue
             WHERE ctid = ANY (ARRAY(SELECT q.ctid FROM call_queue q LIMIT $1 FOR UPDATE
        """;

    private const string FoldRest =
        """
        ))
            RETURNING partition, account, id, month, sign
        ), facts AS MATERIALIZED (
            SELECT c.project_id, f.*, t.sign
              FROM taken t
              JOIN call_facts f ON f.partition = t.partition AND f.account = t.account AND f.id = t.id AND f.month = t.month
              JOIN customers  c ON c.partition = t.partition AND c.account = t.account
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
}
