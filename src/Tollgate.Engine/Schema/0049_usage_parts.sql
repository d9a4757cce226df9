-- Room: Invoicing
-- What a quota period was rated by, stretch by stretch: from when to when, plan version, quota, price, units beyond. Null: the row is of a
-- version that rated a period by one quota and price, and they stay what it is rated by.
ALTER TABLE rated_usage ADD COLUMN parts jsonb;

-- An older version stored by what a period would be rated where a plan changed in it (balance_version -1). Nothing is billed of these, and the
-- timeline of the customer's terms says what was in force in each part of them.
DELETE FROM rated_usage WHERE balance_version = -1 AND quantity = 0 AND amount = 0 AND ignored_quantity = 0;

-- Of usage or a minimum that was taken back: what it had been billed at before discounts, where less went back; null: the amount.
ALTER TABLE invoice_lines ADD COLUMN rated bigint;

-- Periods with an agreed minimum that are over: usage of them that is reported or voided later is compared with the minimum again.
CREATE TABLE minimum_periods (
    partition    smallint    NOT NULL,
    account      integer     NOT NULL,
    subscription uuid        NOT NULL,
    period_start timestamptz NOT NULL,
    period_end   timestamptz NOT NULL,
    currency     text        NOT NULL,
    required     bigint      NOT NULL CHECK (required > 0),         -- what usage has to come to, beside the plan's price
    usage        bigint      NOT NULL,                              -- what it came to
    billed       bigint      NOT NULL CHECK (billed >= 0),          -- what lines of kind "minimum" ask for
    tax_category text,                                              -- of the plan that it was agreed for
    PRIMARY KEY (partition, account, subscription, period_start)
);

-- Periods that an older version billed. What was missing has lines.
INSERT INTO minimum_periods (partition, account, subscription, period_start, period_end, currency, required, usage, billed)
SELECT m.partition, m.account, m.subscription, m.period_start, m.period_end, m.currency, m.usage + m.billed, m.usage, m.billed
  FROM (SELECT l.*, (SELECT coalesce(sum(r.amount), 0)::bigint
                       FROM rated_usage r
                      WHERE r.partition = l.partition AND r.account = l.account AND r.subscription = l.subscription AND r.currency = l.currency
                        AND r.period_end > l.period_start AND r.period_end <= l.period_end) AS usage
          FROM (SELECT i.partition, i.account, i.subscription, i.currency, min(l.period_start) AS period_start, l.period_end, sum(l.amount)::bigint AS billed
                  FROM invoice_lines l
                  JOIN invoices i ON i.partition = l.partition AND i.account = l.account AND i.id = l.invoice
                 WHERE l.kind = 'minimum' AND i.subscription IS NOT NULL
                 GROUP BY i.partition, i.account, i.subscription, i.currency, l.period_end) l
         WHERE l.billed > 0) m
 WHERE m.usage + m.billed > 0;
-- Where nothing was missing, usage had reached what the price of the plan left to it: known of periods with one price from their start to their end.
INSERT INTO minimum_periods (partition, account, subscription, period_start, period_end, currency, required, usage, billed)
SELECT m.partition, m.account, m.subscription, m.period_start, m.period_end, m.currency, least(m.usage, m.minimum - m.price), m.usage, 0
  FROM (SELECT p.*, s.currency,
               (SELECT coalesce(sum(r.amount), 0)::bigint
                  FROM rated_usage r
                 WHERE r.partition = p.partition AND r.account = p.account AND r.subscription = p.subscription AND r.currency = s.currency
                   AND r.period_end > p.period_start AND r.period_end <= p.period_end) AS usage,
               (SELECT max((offer ->> 'minimum')::bigint)
                  FROM plan_versions v
                 CROSS JOIN LATERAL jsonb_array_elements(v.document -> 'prices') AS offer
                 WHERE v.project_id = s.project_id AND v.plan = p.plan AND v.version = p.version
                   AND offer ->> 'interval' = p.interval AND offer ->> 'currency' = s.currency) AS minimum
          FROM (SELECT partition, account, subscription, (after ->> 'period_start')::timestamptz AS period_start, (after ->> 'period_end')::timestamptz AS period_end,
                       min(after ->> 'plan') AS plan, min((after ->> 'plan_version')::integer) AS version, min(after ->> 'interval') AS interval,
                       min((after ->> 'amount')::bigint) AS price
                  FROM subscription_facts
                 WHERE after ->> 'status' <> 'trialing'
                 GROUP BY partition, account, subscription, after ->> 'period_start', after ->> 'period_end'
                HAVING count(DISTINCT (after ->> 'plan', after ->> 'plan_version', after ->> 'interval', after ->> 'amount')) = 1) p
          JOIN subscriptions s ON s.partition = p.partition AND s.account = p.account AND s.id = p.subscription
         WHERE s.managed_by IS NULL
           AND EXISTS (SELECT FROM subscription_facts n
                        WHERE n.partition = p.partition AND n.account = p.account AND n.subscription = p.subscription AND n.verb = 'renew'
                          AND (n.after ->> 'period_start')::timestamptz = p.period_end)
           AND NOT EXISTS (SELECT FROM minimum_periods k
                            WHERE k.partition = p.partition AND k.account = p.account AND k.subscription = p.subscription AND k.period_end = p.period_end)) m
 WHERE least(m.usage, m.minimum - m.price) > 0
    ON CONFLICT DO NOTHING;

-- The checks of migration 47 are proved here, where nobody waits for the tables.
ALTER TABLE subscriptions VALIDATE CONSTRAINT subscriptions_reduced_check;
ALTER TABLE subscriptions VALIDATE CONSTRAINT subscriptions_amount_off_check;
ALTER TABLE invoices VALIDATE CONSTRAINT invoices_prorated_tax_check;
