-- Rooms: Subscriptions and Invoicing. Amounts are minor units of the row's currency; rules are in Core/{Subscriptions,Rating,Invoicing}.
-- The customer's row is the lock of all of it: whoever changes a subscription, an invoice or a credit holds that first.

-- Room: Customers. What the customer's quotas hang on, from when on; see Core/Time/BillingCycle.cs. Empty: the calendar.
ALTER TABLE customers ADD COLUMN cycles jsonb NOT NULL DEFAULT '[]';
-- What its subscription adds to the plan, as it was bought; see Engine/Customers/AddOnText.cs.
ALTER TABLE customers ADD COLUMN add_ons jsonb NOT NULL DEFAULT '[]';

-- Room: Subscriptions ------------------------------------------------------------------------------------------
CREATE TABLE subscriptions (
    partition       smallint    NOT NULL,
    account         integer     NOT NULL,
    id              uuid        NOT NULL,
    project_id      integer     NOT NULL REFERENCES projects (id),
    reference       text,                                           -- the caller's id, when it was not a UUID
    version         integer     NOT NULL DEFAULT 1,                 -- number of its facts
    status          text        NOT NULL CHECK (status IN ('incomplete', 'trialing', 'active', 'past_due', 'paused', 'canceled', 'expired')),
    plan_version_id integer     NOT NULL REFERENCES plan_versions (id),
    interval        text        NOT NULL CHECK (interval IN ('weekly', 'monthly', 'yearly')),
    currency        text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    quantity        bigint      NOT NULL CHECK (quantity > 0),
    custom_amount   bigint      CHECK (custom_amount >= 0),         -- agreed with this customer, for one period; null: the plan's price
    add_ons         jsonb       NOT NULL DEFAULT '[]',
    scheduled       jsonb,                                          -- terms from the next period on
    started_at      timestamptz NOT NULL,
    anchor          timestamptz NOT NULL,
    anchor_day      smallint    CHECK (anchor_day BETWEEN 1 AND 31),
    period_start    timestamptz NOT NULL,
    period_end      timestamptz NOT NULL,
    billed          bigint      NOT NULL DEFAULT 0,                 -- for the running period, less what was given back and taken off
    usage_from      timestamptz NOT NULL,                           -- usage of periods that ended until then was billed, or never will be
    usage_due_at    timestamptz,                                    -- end of a month of quotas inside of a longer period
    trial_end       timestamptz,
    converts_trial  boolean     NOT NULL DEFAULT true,
    cancel_at       timestamptz,
    cancel_reason   text,
    cancel_comment  text,
    paused_at       timestamptz,
    resume_at       timestamptz,
    ended_at        timestamptz,
    due_at          timestamptz,                                    -- when something happens by itself
    parked_at       timestamptz,                                    -- its next invoice looks impossible: a person has to look
    parked_reason   text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (partition, account, id),
    CHECK (period_start < period_end),
    CHECK ((status IN ('canceled', 'expired')) = (ended_at IS NOT NULL)),
    CHECK ((parked_at IS NULL) = (parked_reason IS NULL))
) WITH (fillfactor = 80);
-- One live subscription for each customer; add-ons and seats are parts of it.
CREATE UNIQUE INDEX subscriptions_one_live ON subscriptions (partition, account) WHERE ended_at IS NULL;
CREATE INDEX subscriptions_by_id  ON subscriptions (project_id, id);
CREATE INDEX subscriptions_due    ON subscriptions (project_id, due_at, account) WHERE due_at IS NOT NULL AND parked_at IS NULL;
CREATE INDEX subscriptions_parked ON subscriptions (project_id, parked_at) WHERE parked_at IS NOT NULL;
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
    PRIMARY KEY (partition, account, subscription, sequence)
);

-- Trials are had once: by a customer, and by whatever fingerprint the project gives (a card, a device), of which SHA-256 is kept.
CREATE TABLE trial_fingerprints (
    project_id   integer     NOT NULL REFERENCES projects (id),
    fingerprint  bytea       NOT NULL CHECK (length(fingerprint) = 32),
    subscription uuid        NOT NULL,
    PRIMARY KEY (project_id, fingerprint)
);

-- Room: Invoicing ----------------------------------------------------------------------------------------------
-- Numbers without a gap: taken in the transaction that finalises, which waits for the one before it.
CREATE TABLE invoice_series (
    project_id integer NOT NULL REFERENCES projects (id),
    series     text    NOT NULL CHECK (series IN ('invoice', 'credit_note')),
    last       bigint  NOT NULL DEFAULT 0,
    PRIMARY KEY (project_id, series)
);

-- Who sends the project's invoices, and under which rules.
CREATE TABLE invoice_settings (
    project_id integer     PRIMARY KEY REFERENCES projects (id),
    document   jsonb       NOT NULL,
    logo       bytea       CHECK (length(logo) <= 262144),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE invoices (
    partition     smallint    NOT NULL,
    account       integer     NOT NULL,
    id            uuid        NOT NULL,
    project_id    integer     NOT NULL REFERENCES projects (id),
    serial        bigint      NOT NULL,                             -- in the project's series
    number        text        NOT NULL,
    kind          text        NOT NULL CHECK (kind IN ('start', 'renewal', 'usage', 'change', 'final', 'one_off')),
    status        text        NOT NULL CHECK (status IN ('draft', 'open', 'paid', 'void', 'uncollectible')),
    subscription  uuid,
    currency      text        NOT NULL,
    period_start  timestamptz NOT NULL,
    period_end    timestamptz NOT NULL,
    issued_at     timestamptz NOT NULL,
    due_at        timestamptz NOT NULL,
    subtotal      bigint      NOT NULL,
    discount      bigint      NOT NULL CHECK (discount >= 0),
    tax           bigint      NOT NULL CHECK (tax >= 0),
    total         bigint      NOT NULL CHECK (total >= 0),
    from_credits  bigint      NOT NULL CHECK (from_credits BETWEEN 0 AND total),
    paid          bigint      NOT NULL CHECK (paid BETWEEN from_credits AND total),
    credited      bigint      NOT NULL DEFAULT 0 CHECK (credited BETWEEN 0 AND total),
    details       jsonb       NOT NULL,                             -- parties, taxes and notes as they stood
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (partition, account, id),
    CHECK (status <> 'paid' OR paid + credited >= total)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX invoices_once ON invoices (partition, account, subscription, period_start, kind)
    WHERE subscription IS NOT NULL AND kind IN ('start', 'renewal', 'usage', 'final') AND status <> 'void';
-- Each serial once: the row of invoice_series is locked until the invoice is stored.
CREATE INDEX invoices_by_serial ON invoices (project_id, serial);
CREATE INDEX invoices_by_id ON invoices (project_id, id);

-- Facts, written once. "position" counts from 1.
CREATE TABLE invoice_lines (
    partition    smallint       NOT NULL,
    account      integer        NOT NULL,
    invoice      uuid           NOT NULL,
    position     smallint       NOT NULL,
    kind         text           NOT NULL,
    description  text           NOT NULL,
    feature      integer,
    quantity     numeric(27,9)  NOT NULL,
    unit_price   numeric(30,12),
    amount       bigint         NOT NULL,
    tax          bigint         NOT NULL DEFAULT 0,                 -- its part of the invoice's taxes
    period_start timestamptz    NOT NULL,
    period_end   timestamptz    NOT NULL,
    steps        jsonb          NOT NULL DEFAULT '[]',              -- how the amount came about
    PRIMARY KEY (partition, account, invoice, position)
);

-- Facts: what happened to an invoice. A payment's amount is what came in.
CREATE TABLE invoice_facts (
    partition   smallint    NOT NULL,
    account     integer     NOT NULL,
    invoice     uuid        NOT NULL,
    sequence    integer     NOT NULL,
    verb        text        NOT NULL CHECK (verb IN ('finalize', 'pay', 'void', 'mark_uncollectible', 'credit')),
    at          timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    amount      bigint      NOT NULL,
    actor       text        NOT NULL,
    note        text,
    PRIMARY KEY (partition, account, invoice, sequence)
);

CREATE TABLE credit_notes (
    partition  smallint    NOT NULL,
    account    integer     NOT NULL,
    id         uuid        NOT NULL,
    project_id integer     NOT NULL REFERENCES projects (id),
    invoice    uuid        NOT NULL,
    serial     bigint      NOT NULL,
    number     text        NOT NULL,
    issued_at  timestamptz NOT NULL,
    reason     text        NOT NULL,
    tax        bigint      NOT NULL CHECK (tax >= 0),
    total      bigint      NOT NULL CHECK (total > 0),
    lines      jsonb       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (partition, account, id)
);
CREATE INDEX credit_notes_by_serial ON credit_notes (project_id, serial);
CREATE INDEX credit_notes_by_invoice ON credit_notes (partition, account, invoice);

-- Usage beyond a soft cap, by quota period: what it was rated at and is billed for. The price is kept, so that a correction
-- costs what the period cost. "balance_version" tells whether the balance has moved since.
CREATE TABLE rated_usage (
    partition       smallint      NOT NULL,
    account         integer       NOT NULL,
    feature         integer       NOT NULL,
    period_start    timestamptz   NOT NULL,
    period_end      timestamptz   NOT NULL,
    subscription    uuid          NOT NULL,
    currency        text          NOT NULL,
    quota           numeric(27,9) NOT NULL,
    price           jsonb         NOT NULL,
    quantity        numeric(27,9) NOT NULL CHECK (quantity >= 0),
    amount          bigint        NOT NULL,
    balance_version bigint        NOT NULL,
    PRIMARY KEY (partition, account, feature, period_start)
) WITH (fillfactor = 80);

-- Facts: what the customer has to get (+) and has got (-). The sum is what pays the next invoices.
CREATE TABLE customer_credits (
    partition   smallint    NOT NULL,
    account     integer     NOT NULL,
    sequence    bigint      GENERATED ALWAYS AS IDENTITY,
    currency    text        NOT NULL,
    amount      bigint      NOT NULL CHECK (amount <> 0),
    at          timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    cause       text        NOT NULL CHECK (cause IN ('proration', 'invoice', 'credit_note', 'manual')),
    invoice     uuid,
    note        text,
    PRIMARY KEY (partition, account, sequence)
);

-- Codes that take something off. The definition never changes; "active" ends it.
CREATE TABLE coupons (
    project_id  integer     NOT NULL REFERENCES projects (id),
    code        text        COLLATE "C" NOT NULL CHECK (code ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$'),
    document    jsonb       NOT NULL,
    redemptions integer     NOT NULL DEFAULT 0 CHECK (redemptions >= 0),
    active      boolean     NOT NULL DEFAULT true,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (project_id, code)
);

-- Who redeemed it, for which subscription, and how long it lasts. "used" counts the invoices that it took something off.
CREATE TABLE coupon_redemptions (
    partition    smallint    NOT NULL,
    account      integer     NOT NULL,
    subscription uuid        NOT NULL,
    project_id   integer     NOT NULL,
    code         text        COLLATE "C" NOT NULL,
    redeemed_at  timestamptz NOT NULL,
    ends_at      timestamptz,                                       -- null: never
    used         integer     NOT NULL DEFAULT 0,
    spent        boolean     NOT NULL DEFAULT false,
    PRIMARY KEY (partition, account, subscription, code),
    FOREIGN KEY (project_id, code) REFERENCES coupons (project_id, code)
);
CREATE INDEX coupon_redemptions_by_code ON coupon_redemptions (project_id, code);
