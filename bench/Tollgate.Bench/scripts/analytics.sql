-- The life of a project, as the server writes it, for S16. {project}, {start}: the instant at which the first customer comes. Customers come evenly until
-- now. The table "people" has them: partition, account, n (from 1), joined.
-- A third has a subscription of 29.00 a month; a fifth of these end after four months, and a quarter moves to 99.00 after two. A fifth calls models on
-- four days of a month. Everybody uses two features, one event for each unit.
CREATE OR REPLACE FUNCTION pg_temp.id_at(at timestamptz, seed text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(seed), 1, 3) || '8' || substr(md5(seed), 4, 15))::uuid
$$;

SELECT ensure_events_month(m::date) FROM generate_series(date_trunc('month', '{start}'::timestamptz), now(), interval '1 month') m;

CREATE TEMP TABLE months AS
SELECT m AS month, m + interval '1 month' AS month_end, least(m + interval '1 month', now()) AS until
  FROM generate_series(date_trunc('month', '{start}'::timestamptz), now(), interval '1 month') m;

CREATE TEMP TABLE uses AS
SELECT p.partition, p.account, f.id AS feature, m.month, m.month_end, m.until, 2 + (p.n + extract(month FROM m.month)::integer) % 5 AS used,
       CASE WHEN p.n % 3 = 0 THEN 10000 ELSE 1000 END AS quota
  FROM months m
  JOIN people p ON p.joined < m.until
 CROSS JOIN (SELECT id FROM features WHERE project_id = {project}) f;

INSERT INTO events (occurred_at, period_start, id, account, feature, month, partition, quantity, used_after)
SELECT e.at, e.month, pg_temp.id_at(e.at, e.account || ' ' || e.feature || ' ' || e.turn), e.account, e.feature, e.month::date, e.partition, 1, e.turn
  FROM (SELECT u.*, t.turn, u.month + (u.until - u.month) * ((t.turn - 0.5) / 7) AS at FROM uses u CROSS JOIN generate_series(1, 6) AS t (turn)
         WHERE t.turn <= u.used) e
 ORDER BY e.month, e.turn;

INSERT INTO balances (partition, account, feature, period_start, period_end, used, quota)
SELECT partition, account, feature, month, month_end, used, quota FROM uses ORDER BY month;

DROP TABLE uses;

CREATE TEMP TABLE calls AS
SELECT c.*, pg_temp.id_at(c.at, c.account || ' call') AS id
  FROM (SELECT p.partition, p.account, p.n, m.month, m.month + interval '1 day' * d.day + interval '1 second' * (p.n % 3600) AS at, d.day
          FROM months m
          JOIN people p ON p.joined < m.until AND p.n % 5 = 1
         CROSS JOIN (VALUES (0), (7), (14), (21)) AS d (day)) c
 WHERE c.at < now();

INSERT INTO events (occurred_at, period_start, id, account, feature, month, partition, quantity, used_after, data)
SELECT c.at, c.month, c.id, c.account, 0, c.month::date, c.partition, 0, 0,
       jsonb_build_object('type', 'llm_call', 'plan', CASE WHEN c.n % 3 = 0 THEN 'pro' ELSE 'free' END,
                          'calc', jsonb_build_object('provider', (ARRAY['openai', 'anthropic', 'google'])[1 + k % 3], 'model', 'model-' || k,
                                                     'feature', (ARRAY['f1', 'f2'])[1 + k % 2], 'cost_usd', to_char(0.001 * (1 + k), 'FM0.000')),
                          'props', jsonb_build_object('total_tokens', 1000 + k, 'output_tokens', 200, 'latency_ms', 200 + 97 * k, 'status', 200))
  FROM (SELECT c.*, (c.n + c.day) % 9 AS k FROM calls c) c
 ORDER BY c.at;

-- The rollups come from the events by the view with which the server folds and verifies them.
CREATE TEMP TABLE facts AS
SELECT g.*
  FROM calls c
 CROSS JOIN LATERAL (SELECT * FROM call_facts g WHERE g.partition = c.partition AND g.account = c.account AND g.id = c.id AND g.month = c.month::date OFFSET 0) g;

INSERT INTO call_days (project_id, day, provider, model, feature, plan, calls, errors, unpriced_calls, estimated_calls, input_tokens, cached_input_tokens,
                       output_tokens, cost_usd)
SELECT {project}, day, provider, model, feature, plan, sum(calls), sum(errors), sum(unpriced_calls), sum(estimated_calls), sum(input_tokens),
       sum(cached_input_tokens), sum(output_tokens), sum(cost_usd)
  FROM facts GROUP BY day, provider, model, feature, plan ORDER BY day;

INSERT INTO call_customer_days (partition, account, project_id, day, provider, model, feature, calls, errors, unpriced_calls, estimated_calls, input_tokens,
                                cached_input_tokens, output_tokens, cost_usd)
SELECT partition, account, {project}, day, provider, model, feature, sum(calls), sum(errors), sum(unpriced_calls), sum(estimated_calls), sum(input_tokens),
       sum(cached_input_tokens), sum(output_tokens), sum(cost_usd)
  FROM facts GROUP BY partition, account, day, provider, model, feature ORDER BY day;

INSERT INTO call_latencies (project_id, day, provider, model, bucket, calls)
SELECT {project}, day, provider, model, latency_bucket, count(*) FROM facts GROUP BY day, provider, model, latency_bucket ORDER BY day;

DROP TABLE facts;

CREATE TEMP TABLE subs AS
SELECT s.*, CASE WHEN s.n % 15 = 0 AND s.started + interval '4 months' < now() THEN s.started + interval '4 months' END AS ended,
       CASE WHEN s.n % 12 = 0 AND s.started + interval '2 months' < now() THEN s.started + interval '2 months' END AS moved,
       pg_temp.id_at(s.started, s.account || ' subscription') AS id
  FROM (SELECT p.partition, p.account, p.n, p.joined + interval '1 hour' AS started FROM people p WHERE p.n % 3 = 0) s
 WHERE s.started < now();

-- Steps, with the terms after each. Facts of place 0 are before every reader, so that no webhook, mail or alert follows from them.
CREATE TEMP TABLE steps AS
SELECT s.partition, s.account, s.n, s.id AS subscription, x.verb, x.at, row_number() OVER (PARTITION BY s.id ORDER BY x.at, x.place)::integer AS sequence,
       CASE WHEN x.at >= s.moved THEN 'team' ELSE 'pro' END AS plan, CASE WHEN x.at >= s.moved THEN 9900 ELSE 2900 END AS amount,
       CASE WHEN x.verb = 'cancel' THEN 'canceled' ELSE 'active' END AS status,
       pg_temp.id_at(x.at, s.account || ' invoice') AS invoice
  FROM subs s
 CROSS JOIN LATERAL (
       SELECT CASE k WHEN 0 THEN 'start' ELSE 'renew' END AS verb, s.started + interval '1 month' * k AS at, 1 AS place
         FROM generate_series(0, 24) AS k
        WHERE s.started + interval '1 month' * k < coalesce(s.ended, now()) AND (s.moved IS NULL OR k <> 2)
        UNION ALL
       SELECT 'change', s.moved, 0 WHERE s.moved IS NOT NULL
        UNION ALL
       SELECT 'cancel', s.ended, 2 WHERE s.ended IS NOT NULL) x;

-- Without it the next statement compares each subscription with each step.
CREATE INDEX ON steps (subscription, sequence DESC);

ANALYZE steps;

INSERT INTO subscriptions (partition, account, id, project_id, version, status, plan_version_id, interval, currency, quantity, started_at, anchor, period_start,
                           period_end, terms_since, usage_from, ended_at, cancel_reason)
SELECT s.partition, s.account, s.id, {project}, l.sequence, l.status, v.id, 'monthly', 'USD', 1, s.started, s.started, l.at, l.at + interval '1 month', l.at, l.at,
       s.ended, CASE WHEN s.ended IS NOT NULL THEN 'too_expensive' END
  FROM subs s
  JOIN LATERAL (SELECT * FROM steps x WHERE x.subscription = s.id ORDER BY x.sequence DESC LIMIT 1) l ON true
  JOIN plan_versions v ON v.project_id = {project} AND v.plan = l.plan AND v.version = 1;

INSERT INTO subscription_facts (partition, account, subscription, sequence, verb, at, recorded_at, actor, invoice, after, xid)
SELECT partition, account, subscription, sequence, verb, at, at, 'bench', CASE WHEN verb <> 'cancel' THEN invoice END,
       jsonb_build_object('plan', plan, 'status', status, 'amount', amount, 'interval', 'monthly')
         || CASE WHEN verb = 'cancel' THEN '{"cancel_reason": "too_expensive"}'::jsonb ELSE '{}' END, '0'
  FROM steps ORDER BY at;

-- As the migration of subscriptions of earlier versions does it.
INSERT INTO mrr_movements (partition, account, sequence, id, project_id, subscription, step, at, recorded_at, kind, currency, year_before, year_after, plan_before,
                           plan, interval, reason, first_at)
SELECT m.partition, m.account, m.sequence, pg_temp.id_at(m.at, m.account || ' movement'), m.project_id, m.subscription, m.step, m.at, m.at,
       CASE WHEN m.year_after = 0 THEN 'churn' WHEN m.year_before > 0 THEN CASE WHEN m.year_after > m.year_before THEN 'expansion' ELSE 'contraction' END
            WHEN m.sequence = 1 THEN 'new' ELSE 'reactivation' END,
       m.currency, m.year_before, m.year_after, CASE WHEN m.year_before > 0 THEN m.plan_before END, m.plan, m.interval,
       CASE WHEN m.year_after = 0 THEN m.reason END, m.first_at
  FROM (SELECT f.*, row_number() OVER account AS sequence, min(f.at) OVER (PARTITION BY f.partition, f.account) AS first_at
          FROM mrr_of_facts f
         WHERE f.year_before <> f.year_after AND f.project_id = {project}
        WINDOW account AS (PARTITION BY f.partition, f.account ORDER BY f.at, f.subscription, f.step)) m
 ORDER BY m.at;

-- An invoice for each period, paid at once: the price, and 1.50 for use.
INSERT INTO invoices (partition, account, id, project_id, serial, number, kind, status, subscription, currency, period_start, period_end, issued_at, due_at,
                      subtotal, discount, tax, total, from_credits, paid, details, created_at)
SELECT s.partition, s.account, s.invoice, {project}, row_number() OVER (ORDER BY s.at), 'B-' || row_number() OVER (ORDER BY s.at),
       CASE s.verb WHEN 'start' THEN 'start' ELSE 'renewal' END, 'paid', s.subscription, 'USD', s.at, s.at + interval '1 month', s.at, s.at,
       s.amount + 150, 0, 0, s.amount + 150, 0, s.amount + 150, '{}', s.at
  FROM steps s
 WHERE s.verb <> 'cancel' ORDER BY s.at;

INSERT INTO invoice_lines (partition, account, invoice, position, kind, description, feature, quantity, amount, period_start, period_end)
SELECT s.partition, s.account, s.invoice, l.position, l.kind, l.kind, CASE l.position WHEN 2 THEN (SELECT min(id) FROM features WHERE project_id = {project}) END,
       1, CASE l.position WHEN 1 THEN s.amount ELSE 150 END, s.at, s.at + interval '1 month'
  FROM steps s CROSS JOIN (VALUES (1, 'subscription'), (2, 'usage')) AS l (position, kind)
 WHERE s.verb <> 'cancel' ORDER BY s.at, l.position;

-- Every thirtieth is preceded by an attempt that failed.
INSERT INTO payments (partition, account, id, project_id, invoice, provider, currency, amount, status, failure, created_at, settled_at, asked_at)
SELECT s.partition, s.account, pg_temp.id_at(s.at, s.account || ' payment ' || a.status), {project}, s.invoice, 'sandbox', 'USD', s.amount + 150, a.status,
       CASE a.status WHEN 'failed' THEN 'card_declined' END, s.at, s.at + interval '1 minute', s.at
  FROM steps s CROSS JOIN (VALUES ('failed'), ('succeeded')) AS a (status)
 WHERE s.verb <> 'cancel' AND (a.status = 'succeeded' OR (s.n / 3 + s.sequence) % 30 = 0) ORDER BY s.at;

INSERT INTO acquisition_spend (project_id, id, day, currency, amount, channel)
SELECT {project}, 's' || d::date, d::date, 'USD', 10000, 'ads' FROM generate_series('{start}'::timestamptz, now(), interval '1 day') d;

DROP TABLE steps;

DROP TABLE subs;

DROP TABLE calls;

DROP TABLE months;

DROP TABLE people;
