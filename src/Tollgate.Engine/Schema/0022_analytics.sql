-- Room: Invoicing.

-- Facts: changes of a customer's recurring revenue, written with the step of the subscription that causes them. Amounts are minor units of the currency
-- per year (12 × MRR): whole numbers for every interval. The MRR of an instant is the sum of the changes until then, ÷ 12.
CREATE TABLE mrr_movements (
    partition     smallint    NOT NULL,
    account       integer     NOT NULL,
    sequence      integer     NOT NULL,                             -- counts the movements of the customer
    id            uuid        NOT NULL,
    project_id    integer     NOT NULL,
    subscription  uuid        NOT NULL,
    step          integer     NOT NULL,                             -- its fact in subscription_facts
    at            timestamptz NOT NULL,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    kind          text        NOT NULL CHECK (kind IN ('new', 'expansion', 'contraction', 'churn', 'reactivation')),
    currency      text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    year_before   bigint      NOT NULL CHECK (year_before >= 0),
    year_after    bigint      NOT NULL CHECK (year_after >= 0),
    plan_before   text,                                             -- null: nothing was paid
    plan          text        NOT NULL,
    interval      text        NOT NULL,
    reason        text,                                             -- of a churn
    first_at      timestamptz NOT NULL,                             -- when the customer paid first: its cohort
    PRIMARY KEY (partition, account, sequence),
    CHECK (year_before <> year_after),
    CHECK ((kind IN ('new', 'reactivation')) = (year_before = 0)),
    CHECK ((kind = 'churn') = (year_after = 0))
);
-- Reports read this index only.
CREATE INDEX mrr_movements_in_time ON mrr_movements (project_id, at, id)
    INCLUDE (currency, kind, year_before, year_after, plan_before, plan, first_at);
CREATE INDEX mrr_movements_by_id   ON mrr_movements (project_id, id);

-- Trials by the time at which they were over: their end, or a cancellation before it.
CREATE INDEX subscriptions_trials ON subscriptions (project_id, least(trial_end, ended_at)) WHERE trial_end IS NOT NULL;

-- The recurring revenue after each fact of a subscription, and before it, without coupons: the amounts of history that has no movements of its own.
CREATE VIEW mrr_of_facts AS
SELECT x.*, coalesce(lag(x.year_after) OVER steps, 0) AS year_before, lag(x.plan) OVER steps AS plan_before
  FROM (SELECT s.project_id, f.partition, f.account, f.subscription, f.sequence AS step, f.at, s.currency, f.after ->> 'plan' AS plan,
               f.after ->> 'interval' AS interval,
               CASE WHEN f.verb = 'pause' THEN 'paused' ELSE coalesce(f.after ->> 'cancel_reason', f.cause, f.verb) END AS reason,
               CASE WHEN f.after ->> 'status' IN ('active', 'past_due')
                    THEN (f.after ->> 'amount')::bigint * CASE f.after ->> 'interval' WHEN 'weekly' THEN 52 WHEN 'yearly' THEN 1 ELSE 12 END
                    ELSE 0 END AS year_after
          FROM subscription_facts f
          JOIN subscriptions s ON s.partition = f.partition AND s.account = f.account AND s.id = f.subscription) x
WINDOW steps AS (PARTITION BY x.partition, x.account, x.subscription ORDER BY x.step);

-- Subscriptions of earlier versions.
INSERT INTO mrr_movements (partition, account, sequence, id, project_id, subscription, step, at, kind, currency, year_before, year_after, plan_before,
                           plan, interval, reason, first_at)
SELECT m.partition, m.account, m.sequence, gen_random_uuid(), m.project_id, m.subscription, m.step, m.at,
       CASE WHEN m.year_after = 0 THEN 'churn' WHEN m.year_before > 0 THEN CASE WHEN m.year_after > m.year_before THEN 'expansion' ELSE 'contraction' END
            WHEN m.sequence = 1 THEN 'new' ELSE 'reactivation' END,
       m.currency, m.year_before, m.year_after, CASE WHEN m.year_before > 0 THEN m.plan_before END, m.plan, m.interval,
       CASE WHEN m.year_after = 0 THEN m.reason END, m.first_at
  FROM (SELECT f.*, row_number() OVER account AS sequence, min(f.at) OVER (PARTITION BY f.partition, f.account) AS first_at
          FROM mrr_of_facts f
         WHERE f.year_before <> f.year_after
        WINDOW account AS (PARTITION BY f.partition, f.account ORDER BY f.at, f.subscription, f.step)) m;

-- Room: Analytics.

-- Facts: exchange rates by day, of a project. A row holds from its day until the next one; of several rows of one day the last one holds.
CREATE TABLE exchange_rates (
    project_id  integer        NOT NULL REFERENCES projects (id),
    currency    text           NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    target      text           NOT NULL CHECK (target ~ '^[A-Z]{3}$'), -- the project's currency then
    valid_from  date           NOT NULL,                            -- a day of the project's time zone
    sequence    bigint         GENERATED ALWAYS AS IDENTITY,
    rate        numeric(24,12) NOT NULL CHECK (rate > 0),           -- units of the target for one unit of the currency
    recorded_at timestamptz    NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, currency, target, valid_from, sequence),
    CHECK (currency <> target)
);
CREATE INDEX exchange_rates_in_order ON exchange_rates (project_id, sequence);

-- Facts: money spent to win customers. A correction is a row with a negative amount.
CREATE TABLE acquisition_spend (
    project_id  integer     NOT NULL REFERENCES projects (id),
    id          text        COLLATE "C" NOT NULL CHECK (length(id) BETWEEN 1 AND 255),
    sequence    bigint      GENERATED ALWAYS AS IDENTITY,
    day         date        NOT NULL,                               -- of the project's time zone
    currency    text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount      bigint      NOT NULL CHECK (amount <> 0),           -- minor units
    channel     text,
    note        text,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, id)
);
CREATE INDEX acquisition_spend_by_day   ON acquisition_spend (project_id, day);
CREATE INDEX acquisition_spend_in_order ON acquisition_spend (project_id, sequence);
