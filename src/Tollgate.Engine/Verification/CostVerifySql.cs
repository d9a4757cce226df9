namespace Tollgate.Engine.Verification;

/// <summary>
/// The checks of the rollups, for <see cref="VerifyLedger"/>: rollups and the queue must together match the events, figure by figure.
/// Parameters and columns as in <see cref="VerifySql"/>; the feature is the call's.
/// </summary>
internal static class CostVerifySql
{
    /// <summary>
    /// The figures of all events of the project's accounts: calls and corrections, minus voided ones, minus the queue.
    /// </summary>
    private const string Expected =
        """
        SELECT c.project_id, f.*, 1 AS sign
          FROM call_facts f
          JOIN customers c ON c.partition = f.partition AND c.account = f.account
         WHERE ($1::integer IS NULL OR c.project_id = $1)
         UNION ALL
        SELECT c.project_id, f.*, -1
          FROM events v
          JOIN call_facts f ON f.partition = v.partition AND f.account = v.account AND f.id = (v.data ->> 'void')::uuid
          JOIN customers  c ON c.partition = f.partition AND c.account = f.account
         WHERE v.data ? 'void' AND ($1::integer IS NULL OR c.project_id = $1)
         UNION ALL
        SELECT c.project_id, f.*, -q.sign
          FROM call_queue q
          JOIN call_facts f ON f.partition = q.partition AND f.account = q.account AND f.id = q.id AND f.month = q.month
          JOIN customers  c ON c.partition = f.partition AND c.account = f.account
         WHERE ($1::integer IS NULL OR c.project_id = $1)
        """;

    private const string ExpectedSums =
        """
        sum(sign * calls) AS calls, sum(sign * errors) AS errors, sum(sign * unpriced_calls) AS unpriced_calls,
               sum(sign * estimated_calls) AS estimated_calls, sum(sign * input_tokens) AS input_tokens,
               sum(sign * cached_input_tokens) AS cached_input_tokens, sum(sign * output_tokens) AS output_tokens,
               sum(sign * cost_usd) AS cost_usd
        """;

    /// <summary>A row for each figure that differs.</summary>
    private const string Differences =
        """

         CROSS JOIN LATERAL (VALUES
               ('calls',               coalesce(e.calls, 0)::numeric,               coalesce(r.calls, 0)::numeric),
               ('errors',              coalesce(e.errors, 0)::numeric,              coalesce(r.errors, 0)::numeric),
               ('unpriced_calls',      coalesce(e.unpriced_calls, 0)::numeric,      coalesce(r.unpriced_calls, 0)::numeric),
               ('estimated_calls',     coalesce(e.estimated_calls, 0)::numeric,     coalesce(r.estimated_calls, 0)::numeric),
               ('input_tokens',        coalesce(e.input_tokens, 0)::numeric,        coalesce(r.input_tokens, 0)::numeric),
               ('cached_input_tokens', coalesce(e.cached_input_tokens, 0)::numeric, coalesce(r.cached_input_tokens, 0)::numeric),
               ('output_tokens',       coalesce(e.output_tokens, 0)::numeric,       coalesce(r.output_tokens, 0)::numeric),
               ('cost_usd',            coalesce(e.cost_usd, 0),                     coalesce(r.cost_usd, 0))) AS x (figure, expected, found)
        """;

    private const string Cut =
        """

           AND ($1::integer IS NULL OR project_id = $1)
         ORDER BY 1, 2, 3, 4
         LIMIT 20
        """;

    /// <summary>Place: day, provider, model, plan and the figure.</summary>
    public const string Days =
        $"""
        SELECT p.code, NULL::text, nullif(feature, ''), concat_ws(' ', day, provider, model, plan, x.figure), x.expected, x.found,
               count(*) OVER ()
          FROM (SELECT project_id, day, provider, model, feature, plan, {ExpectedSums}
                  FROM ({Expected}) AS facts
                 GROUP BY project_id, day, provider, model, feature, plan) AS e
          FULL JOIN (SELECT * FROM call_days WHERE $1::integer IS NULL
            OR project_id = $1) AS r USING (project_id, day, provider, model, feature, plan)
          LEFT JOIN projects p ON p.id = project_id
        """ + Differences + " WHERE x.expected <> x.found" + Cut;

    /// <summary>Place: day, provider, model and the figure.</summary>
    public const string CustomerDays =
        $"""
        SELECT p.code, c.id, nullif(feature, ''), concat_ws(' ', day, provider, model, x.figure), x.expected, x.found,
               count(*) OVER ()
          FROM (SELECT project_id, partition, account, day, provider, model, feature, {ExpectedSums}
                  FROM ({Expected}) AS facts
                 GROUP BY project_id, partition, account, day, provider, model, feature) AS e
          FULL JOIN (SELECT * FROM call_customer_days WHERE $1::integer IS NULL
            OR project_id = $1) AS r USING (project_id, partition, account, day, provider, model, feature)
          LEFT JOIN (SELECT k.partition, k.account, k.id FROM customers k) AS c USING (partition, account)
          LEFT JOIN projects p ON p.id = project_id
        """ + Differences + " WHERE x.expected <> x.found" + Cut;

    /// <summary>Place: day, provider, model and bucket. Expected and found: calls.</summary>
    public const string Latencies =
        $"""
        SELECT p.code, NULL::text, NULL::text, concat_ws(' ', day, provider, model, bucket), coalesce(e.calls, 0)::numeric,
               coalesce(r.calls, 0)::numeric, count(*) OVER ()
          FROM (SELECT project_id, day, provider, model, latency_bucket AS bucket, sum(sign) AS calls
                  FROM ({Expected}) AS facts
                 WHERE latency_bucket IS NOT NULL
                 GROUP BY project_id, day, provider, model, latency_bucket) AS e
          FULL JOIN (SELECT * FROM call_latencies WHERE $1::integer IS NULL
            OR project_id = $1) AS r USING (project_id, day, provider, model, bucket)
          LEFT JOIN projects p ON p.id = project_id
         WHERE coalesce(e.calls, 0) <> coalesce(r.calls, 0)
        """ + Cut;
}
