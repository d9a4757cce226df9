-- Room: Gateway. What a cost counts for that an upstream reports of a call. Null: the default of the provider.
ALTER TABLE upstreams ADD COLUMN reported_cost text CHECK (reported_cost IN ('beside', 'wins'));

-- What the cost of work that goes on is for, in the reports of costs.
ALTER TABLE gateway_jobs ADD COLUMN attribute_to text CHECK (length(attribute_to) BETWEEN 1 AND 100);

-- Room: Costs. The costs of a call are summed under what it is attributed to, else under the feature that it uses.
CREATE OR REPLACE VIEW call_facts AS
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

-- Room: Metering. Types of events that no meter reads, and how many of each came.
CREATE TABLE unmatched_events (
    project_id    integer     NOT NULL REFERENCES projects (id),
    type          text        COLLATE "C" NOT NULL,
    count         bigint      NOT NULL CHECK (count > 0),
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    PRIMARY KEY (project_id, type)
);
