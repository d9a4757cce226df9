-- Room: Costs. Costs of calls to models, summed up by day, so that no read of costs goes through events.

-- Buckets of latencies grow by a tenth: bucket b holds the milliseconds above 1.1^(b-1), up to 1.1^b, and stands for
-- 2 × 1.1^b ÷ 2.1, which is at most 4.8 % away from each of them. -1: 0 ms. Core/Costs/LatencyHistogram.cs reads them.
CREATE FUNCTION latency_bucket(milliseconds numeric) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN milliseconds < 1 THEN -1 ELSE ceil(ln(milliseconds::float8) / ln(1.1::float8) - 1e-9) END::smallint
$$;

-- The figures that one event adds to the rollups: a call, or a correction of the cost of one (llm_cost_adjustment: no call, a signed
-- cost, in "calc" also model, feature, the day that is corrected and what unpriced_calls changes by). The only place that
-- reads calls out of events: the fold and verify both use it. Days are UTC, of occurred_at. '' stands for "not named".
-- A call counts under what it is attributed to, else under the feature that it uses.
CREATE VIEW call_facts AS
SELECT e.partition, e.account, e.id, e.month,
       coalesce((e.data #>> '{calc,day}')::date, (e.occurred_at AT TIME ZONE 'UTC')::date)             AS day,
       coalesce(e.data #>> '{calc,provider}', '') COLLATE "C"                                          AS provider,
       coalesce(e.data #>> '{calc,model}',   e.data #>> '{props,model}',   '') COLLATE "C"             AS model,
       coalesce(e.data #>> '{calc,attribute_to}', e.data #>> '{calc,feature}', e.data #>> '{props,feature}', '') COLLATE "C" AS feature,
       coalesce(e.data ->> 'plan', '') COLLATE "C"                                                     AS plan,
       k.is_call                                                                                       AS calls,
       CASE WHEN p.status >= 400 OR p.error IS NOT NULL THEN k.is_call ELSE 0 END                      AS errors,
       CASE WHEN k.is_call = 0 THEN coalesce((e.data #>> '{calc,unpriced_calls}')::integer, 0)
            WHEN e.data #>> '{calc,cost_usd}' IS NULL THEN 1 ELSE 0 END                                AS unpriced_calls,
       CASE WHEN p.estimated THEN k.is_call ELSE 0 END                                                 AS estimated_calls,
       k.is_call * (coalesce(p.total_tokens, 0) - o.tokens)                                            AS input_tokens,
       k.is_call * (coalesce(p.cached_input_tokens, 0) + coalesce(p.cached_audio_input_tokens, 0)
                    + coalesce(p.cached_image_input_tokens, 0))                                        AS cached_input_tokens,
       k.is_call * o.tokens                                                                            AS output_tokens,
       coalesce((e.data #>> '{calc,cost_usd}')::numeric(27,9), 0)                                      AS cost_usd,
       CASE WHEN k.is_call = 1 THEN latency_bucket(p.latency_ms) END                                   AS latency_bucket
  FROM events e
 CROSS JOIN LATERAL (SELECT CASE WHEN coalesce(e.data ->> 'type', 'llm_call') = 'llm_call' THEN 1 ELSE 0 END AS is_call) AS k
 CROSS JOIN LATERAL jsonb_to_record(coalesce(e.data -> 'props', '{}')) AS p (
            status integer, error text, estimated boolean, latency_ms numeric, total_tokens bigint, output_tokens bigint,
            reasoning_tokens bigint, audio_output_tokens bigint, image_output_tokens bigint, cached_input_tokens bigint,
            cached_audio_input_tokens bigint, cached_image_input_tokens bigint)
 CROSS JOIN LATERAL (SELECT coalesce(p.output_tokens, 0) + coalesce(p.reasoning_tokens, 0) + coalesce(p.audio_output_tokens, 0)
                            + coalesce(p.image_output_tokens, 0) AS tokens) AS o
 WHERE e.data ? 'calc' AND coalesce(e.data ->> 'type', 'llm_call') IN ('llm_call', 'llm_cost_adjustment');

-- Totals of a project. Input is everything that went in, the cached part included; output everything that came out.
CREATE TABLE call_days (
    project_id          integer       NOT NULL,
    day                 date          NOT NULL,
    provider            text          COLLATE "C" NOT NULL,
    model               text          COLLATE "C" NOT NULL,
    feature             text          COLLATE "C" NOT NULL,
    plan                text          COLLATE "C" NOT NULL,         -- the customer's when the call was recorded
    calls               bigint        NOT NULL,
    errors              bigint        NOT NULL,
    unpriced_calls      bigint        NOT NULL,                     -- their cost is unknown and in no sum
    estimated_calls     bigint        NOT NULL,
    input_tokens        bigint        NOT NULL,
    cached_input_tokens bigint        NOT NULL,
    output_tokens       bigint        NOT NULL,
    cost_usd            numeric(27,9) NOT NULL,
    PRIMARY KEY (project_id, day, provider, model, feature, plan)
) WITH (fillfactor = 70);

-- The same for each customer.
CREATE TABLE call_customer_days (
    partition           smallint      NOT NULL,
    account             integer       NOT NULL,
    project_id          integer       NOT NULL,
    day                 date          NOT NULL,
    provider            text          COLLATE "C" NOT NULL,
    model               text          COLLATE "C" NOT NULL,
    feature             text          COLLATE "C" NOT NULL,
    calls               bigint        NOT NULL,
    errors              bigint        NOT NULL,
    unpriced_calls      bigint        NOT NULL,
    estimated_calls     bigint        NOT NULL,
    input_tokens        bigint        NOT NULL,
    cached_input_tokens bigint        NOT NULL,
    output_tokens       bigint        NOT NULL,
    cost_usd            numeric(27,9) NOT NULL,
    PRIMARY KEY (partition, account, day, provider, model, feature)
) WITH (fillfactor = 70);
CREATE INDEX call_customer_days_by_project ON call_customer_days (project_id, day);

-- Latencies of the calls that report one.
CREATE TABLE call_latencies (
    project_id integer  NOT NULL,
    day        date     NOT NULL,
    provider   text     COLLATE "C" NOT NULL,
    model      text     COLLATE "C" NOT NULL,
    bucket     smallint NOT NULL,                                   -- see latency_bucket
    calls      bigint   NOT NULL,
    PRIMARY KEY (project_id, day, provider, model, bucket)
) WITH (fillfactor = 70);
