-- Room: Subscriptions. Amounts are minor units of the row's currency; rules are in Core/Subscriptions.
-- The customer's row is the lock of all of it: every change of a subscription, an invoice or a credit takes that lock first.

CREATE TABLE subscriptions (
    partition       smallint     NOT NULL,
    account         integer      NOT NULL,
    id              uuid         NOT NULL,
    project_id      integer      NOT NULL REFERENCES projects (id),
    reference       text,                                           -- the caller's id, when it was not a UUID
    version         integer      NOT NULL DEFAULT 1,                -- number of its facts
    status          text         NOT NULL CHECK (status IN ('incomplete', 'trialing', 'active', 'past_due', 'paused', 'canceled', 'expired')),
    managed_by      text,                                           -- the payment provider that renews and bills it, and whose state the row follows; null: Tollgate
    heard_at        timestamptz,                                    -- state of the provider as of its last answer; real time
    plan_version_id integer      NOT NULL REFERENCES plan_versions (id),
    interval        text         NOT NULL CHECK (interval IN ('weekly', 'monthly', 'yearly')),
    currency        text         NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    quantity        bigint       NOT NULL CHECK (quantity > 0),
    custom_amount   bigint       CHECK (custom_amount >= 0),        -- agreed with this customer, for one period; null: the plan's price
    discount        jsonb,                                          -- agreed discount of the plan's price, before coupons; null: the catalogue's
    add_ons         jsonb        NOT NULL DEFAULT '[]',
    scheduled       jsonb,                                          -- terms from the next period on
    started_at      timestamptz  NOT NULL,
    anchor          timestamptz  NOT NULL,
    anchor_day      smallint     CHECK (anchor_day BETWEEN 1 AND 31),
    period_start    timestamptz  NOT NULL,
    period_end      timestamptz  NOT NULL,
    terms_since     timestamptz  NOT NULL,                          -- since when the terms are in force in the running period: they carry that share of the agreed minimum
    committed       bigint       NOT NULL DEFAULT 0,                -- usage of the period that the terms before them require; negative where their price was more
    billed          bigint       NOT NULL DEFAULT 0,                -- for the running period, less proration credits and discounts
    reduced         numeric(9,6) NOT NULL DEFAULT 0 CONSTRAINT subscriptions_reduced_check CHECK (reduced BETWEEN 0 AND 100), -- percent that coupons took off the running period's price: unused time is credited without it
    amount_off      bigint       NOT NULL DEFAULT 0 CHECK (amount_off >= 0), -- what coupons of a fixed amount took off, for the rest of the terms: where the period ends early, unused time is credited without its share
    usage_from      timestamptz  NOT NULL,                          -- usage of periods that ended until then was billed, or never will be
    usage_due_at    timestamptz,                                    -- end of a month of quotas inside of a longer period
    trial_end       timestamptz,
    converts_trial  boolean      NOT NULL DEFAULT true,
    cancel_at       timestamptz,
    cancel_reason   text,
    cancel_comment  text,
    paused_at       timestamptz,
    resume_at       timestamptz,
    ended_at        timestamptz,
    due_at          timestamptz,                                    -- when something happens automatically
    parked_at       timestamptz,                                    -- its next invoice looks impossible: an operator has to look
    parked_reason   text,
    created_at      timestamptz  NOT NULL DEFAULT now(),
    PRIMARY KEY (partition, account, id),
    CONSTRAINT subscriptions_provider_managed CHECK (managed_by IS NULL OR due_at IS NULL),
    CHECK (period_start < period_end),
    CHECK ((status IN ('canceled', 'expired')) = (ended_at IS NOT NULL)),
    CHECK ((parked_at IS NULL) = (parked_reason IS NULL))
) WITH (fillfactor = 80);
-- One live subscription for each customer; add-ons and seats are parts of it.
CREATE UNIQUE INDEX subscriptions_one_live ON subscriptions (partition, account) WHERE ended_at IS NULL;
CREATE INDEX subscriptions_by_id   ON subscriptions (project_id, id);
CREATE INDEX subscriptions_due     ON subscriptions (project_id, due_at, account) WHERE due_at IS NOT NULL AND parked_at IS NULL;
CREATE INDEX subscriptions_parked  ON subscriptions (project_id, parked_at) WHERE parked_at IS NOT NULL;
CREATE INDEX subscriptions_by_plan ON subscriptions (project_id, plan_version_id) WHERE ended_at IS NULL;

-- Facts: the timeline. "after" is the row as the step left it.
CREATE TABLE subscription_facts (
    partition    smallint    NOT NULL,
    account      integer     NOT NULL,
    subscription uuid        NOT NULL,
    sequence     integer     NOT NULL,
    verb         text        NOT NULL,
    at           timestamptz NOT NULL,                              -- when it took effect
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    actor        text        NOT NULL,
    cause        text,
    invoice      uuid,
    after        jsonb       NOT NULL,
    xid          xid8        NOT NULL DEFAULT place_of_fact(),
    PRIMARY KEY (partition, account, subscription, sequence)
);
CREATE INDEX subscription_facts_by_xid ON subscription_facts (xid);

-- A customer gets one trial, and so does each fingerprint that the project gives (a card, a device), of which SHA-256 is kept.
CREATE TABLE trial_fingerprints (
    project_id   integer     NOT NULL REFERENCES projects (id),
    fingerprint  bytea       NOT NULL CHECK (length(fingerprint) = 32),
    subscription uuid        NOT NULL,
    PRIMARY KEY (project_id, fingerprint)
);
