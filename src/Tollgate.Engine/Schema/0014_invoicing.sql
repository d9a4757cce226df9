-- Room: Invoicing. Amounts are minor units of the row's currency; rules are in Core/{Rating,Invoicing}. The customer's row is the lock of all of it.

-- Numbers without a gap: taken in the transaction that finalises, which waits for the one before it.
CREATE TABLE invoice_series (
    project_id integer NOT NULL REFERENCES projects (id),
    series     text    NOT NULL CHECK (series IN ('invoice', 'credit_note')),
    last       bigint  NOT NULL DEFAULT 0,
    PRIMARY KEY (project_id, series)
);

-- The sender of the project's invoices, and their rules.
CREATE TABLE invoice_settings (
    project_id integer     PRIMARY KEY REFERENCES projects (id),
    document   jsonb       NOT NULL,
    logo       bytea       CHECK (length(logo) <= 262144),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- project_id has no foreign key: an invoice is written under the lock of its customer, which belongs to the project, and a look-up of the project for
-- each row would prove nothing. An invoice that gives money back has negative tax.
CREATE TABLE invoices (
    partition     smallint    NOT NULL,
    account       integer     NOT NULL,
    id            uuid        NOT NULL,
    project_id    integer     NOT NULL,
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
    tax           bigint      NOT NULL,
    total         bigint      NOT NULL CHECK (total >= 0),
    from_credits  bigint      NOT NULL CHECK (from_credits BETWEEN 0 AND total),
    paid          bigint      NOT NULL CHECK (paid BETWEEN from_credits AND total),
    credited      bigint      NOT NULL DEFAULT 0 CHECK (credited BETWEEN 0 AND total),
    prorated      bigint      NOT NULL DEFAULT 0 CHECK (prorated >= 0), -- proration credits for the invoice's time, net of taxes on top: a refund or a credit note cannot give it back again
    prorated_tax  bigint      NOT NULL DEFAULT 0 CHECK (prorated_tax >= 0), -- the taxes on top of it that were credited too
    details       jsonb       NOT NULL,                             -- parties, taxes and notes as they stood
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (partition, account, id),
    CHECK (status <> 'paid' OR paid + credited >= total)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX invoices_once ON invoices (partition, account, subscription, period_start, kind)
    WHERE subscription IS NOT NULL AND kind IN ('start', 'renewal', 'usage', 'final') AND status <> 'void';
-- Each serial once: the row of invoice_series is locked until the invoice is stored.
CREATE INDEX invoices_by_serial ON invoices (project_id, serial);
CREATE INDEX invoices_by_id     ON invoices (project_id, id);

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
    steps        jsonb          NOT NULL DEFAULT '[]',              -- the calculation of the amount
    redemption   bigint,                                            -- of a discount: the redemption that it comes from. The line is the fact; a void invoice gives it back
    rated        bigint,                                            -- of corrected usage or minimums: what was billed before discounts, where less went back; null: the amount
    PRIMARY KEY (partition, account, invoice, position)
);

-- Facts: the history of an invoice. The amount of a payment is the money that came in. "refund": money paid for the invoice went back, so its credit note
-- is no credit of the customer. "refund_fail": such money came back to the project.
CREATE TABLE invoice_facts (
    partition   smallint    NOT NULL,
    account     integer     NOT NULL,
    invoice     uuid        NOT NULL,
    sequence    integer     NOT NULL,
    verb        text        NOT NULL CHECK (verb IN ('finalize', 'pay', 'void', 'mark_uncollectible', 'credit', 'refund', 'refund_fail')),
    at          timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    amount      bigint      NOT NULL,
    actor       text        NOT NULL,
    note        text,
    xid         xid8        NOT NULL DEFAULT place_of_fact(),
    PRIMARY KEY (partition, account, invoice, sequence)
);
CREATE INDEX invoice_facts_by_xid ON invoice_facts (xid);

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
CREATE INDEX credit_notes_by_serial  ON credit_notes (project_id, serial);
CREATE INDEX credit_notes_by_invoice ON credit_notes (partition, account, invoice);

-- Usage beyond a soft cap, by quota period: how it was rated and billed, with the prices of that time. "balance_version" tells whether the balance has moved since.
-- "ignored": usage reported after the period was invoiced, of features with late_events ignore_and_report. It is recorded and
-- counted, not billed, and listed with the amount that it would have cost.
CREATE TABLE rated_usage (
    partition        smallint      NOT NULL,
    account          integer       NOT NULL,
    feature          integer       NOT NULL,
    period_start     timestamptz   NOT NULL,
    period_end       timestamptz   NOT NULL,
    subscription     uuid          NOT NULL,
    currency         text          NOT NULL,
    quota            numeric(27,9) NOT NULL,
    quantity         numeric(27,9) NOT NULL CHECK (quantity >= 0),
    amount           bigint        NOT NULL,
    balance_version  bigint        NOT NULL,
    ignored_quantity numeric(27,9) NOT NULL DEFAULT 0 CHECK (ignored_quantity >= 0),
    ignored_amount   bigint        NOT NULL DEFAULT 0,
    parts            jsonb         NOT NULL,                        -- stretch by stretch: start and end, plan version, quota, price, units used and beyond
    PRIMARY KEY (partition, account, feature, period_start)
) WITH (fillfactor = 80);
-- Few rows have any, and the list reads only those.
CREATE INDEX rated_usage_ignored ON rated_usage (partition, account) WHERE ignored_quantity > 0;

-- Periods with an agreed minimum that are over: usage of them that is reported or voided later is compared with the minimum again.
CREATE TABLE minimum_periods (
    partition    smallint    NOT NULL,
    account      integer     NOT NULL,
    subscription uuid        NOT NULL,
    period_start timestamptz NOT NULL,
    period_end   timestamptz NOT NULL,
    currency     text        NOT NULL,
    required     bigint      NOT NULL CHECK (required > 0),         -- the minimum of usage, beside the plan's price
    usage        bigint      NOT NULL,                              -- the rated usage
    billed       bigint      NOT NULL CHECK (billed >= 0),          -- what lines of kind "minimum" ask for
    tax_category text,                                              -- of the plan that it was agreed for
    PRIMARY KEY (partition, account, subscription, period_start)
);

-- Facts: money that the customer has to get (+) and has got (-). The sum pays the next invoices. Cause "payment": money came in for an
-- invoice that asked for nothing any more.
CREATE TABLE customer_credits (
    partition   smallint    NOT NULL,
    account     integer     NOT NULL,
    sequence    bigint      GENERATED ALWAYS AS IDENTITY,
    currency    text        NOT NULL,
    amount      bigint      NOT NULL CHECK (amount <> 0),
    at          timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    cause       text        NOT NULL CHECK (cause IN ('proration', 'invoice', 'credit_note', 'manual', 'payment', 'refund')),
    invoice     uuid,
    actor       text,                                               -- who gave or took back money manually
    note        text,
    PRIMARY KEY (partition, account, sequence)
);

-- Discount codes. The definition never changes; "active" ends it.
CREATE TABLE coupons (
    project_id  integer     NOT NULL REFERENCES projects (id),
    code        text        COLLATE "C" NOT NULL CHECK (code ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$'),
    document    jsonb       NOT NULL,
    redemptions integer     NOT NULL DEFAULT 0 CHECK (redemptions >= 0),
    active      boolean     NOT NULL DEFAULT true,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (project_id, code)
);

-- Deductions from invoices before tax, in the order of redemption: coupons of subscriptions, and promotional credits of customers.
-- See docs/decisions/0013-what-is-taken-off.md.
CREATE TABLE redemptions (
    partition    smallint    NOT NULL,
    account      integer     NOT NULL,
    sequence     bigint      GENERATED ALWAYS AS IDENTITY,
    project_id   integer     NOT NULL REFERENCES projects (id),
    subscription uuid,                                              -- of a coupon; null: promotional credit
    code         text        COLLATE "C",                           -- the coupon's; null: promotional credit
    at_start     boolean     NOT NULL DEFAULT false,                -- the coupon was named when the subscription began
    currency     text        CHECK (currency ~ '^[A-Z]{3}$'),
    amount       bigint      CHECK (amount > 0),                    -- lasts until it is used up; null: the coupon's terms apply to each invoice
    remaining    bigint,                                            -- "amount" less the deductions of invoices that are not void
    redeemed_at  timestamptz NOT NULL,
    ends_at      timestamptz,                                       -- deducts nothing from then on; null: never ends
    used         integer     NOT NULL DEFAULT 0 CHECK (used >= 0),  -- invoices with a deduction
    spent        boolean     NOT NULL DEFAULT false,
    actor        text,                                              -- who gave promotional credit; a coupon's actor is in the timeline
    note         text,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (partition, account, sequence),
    UNIQUE (partition, account, subscription, code),
    FOREIGN KEY (project_id, code) REFERENCES coupons (project_id, code),
    CHECK ((code IS NULL) = (subscription IS NULL)),
    CHECK (code IS NOT NULL OR amount IS NOT NULL),
    CHECK ((amount IS NULL) = (remaining IS NULL) AND (amount IS NULL) = (currency IS NULL)),
    CHECK (remaining BETWEEN 0 AND amount)
) WITH (fillfactor = 80);
-- Read by a batch of invoices.
CREATE INDEX redemptions_open    ON redemptions (partition, account) WHERE NOT spent;
CREATE INDEX redemptions_by_code ON redemptions (project_id, code) WHERE code IS NOT NULL;

-- Facts: bought credit packs with their terms; a later catalogue changes nothing of them. The units are a grant under
-- "grant_id", which is made of the purchase's own id: they are granted once, when the invoice is paid.
CREATE TABLE pack_purchases (
    partition          smallint      NOT NULL,
    account            integer       NOT NULL,
    id                 uuid          NOT NULL,
    project_id         integer       NOT NULL REFERENCES projects (id),
    reference          text,                                        -- the caller's id, when it was not a UUID
    pack               text          NOT NULL,
    name               text          NOT NULL,
    feature            integer       NOT NULL REFERENCES features (id),
    count              bigint        NOT NULL CHECK (count > 0),
    units              numeric(27,9) NOT NULL CHECK (units > 0),    -- of all of them
    currency           text          NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    unit_amount        bigint        NOT NULL CHECK (unit_amount >= 0),
    priority           smallint      NOT NULL CHECK (priority BETWEEN 0 AND 1000),
    expires_after_days integer       CHECK (expires_after_days > 0), -- from the payment on
    invoice            uuid          NOT NULL,
    grant_id           uuid          NOT NULL,
    bought_at          timestamptz   NOT NULL,
    created_at         timestamptz   NOT NULL DEFAULT now(),
    PRIMARY KEY (partition, account, id)
);
CREATE UNIQUE INDEX pack_purchases_by_invoice ON pack_purchases (partition, account, invoice);

-- Line items for the invoices of a payment provider, beside its own price: use beyond the plan, and agreed minimums.
CREATE TABLE provider_lines (
    partition    smallint    NOT NULL,
    account      integer     NOT NULL,
    id           uuid        NOT NULL,                              -- the idempotency key at the provider
    sequence     bigint      GENERATED ALWAYS AS IDENTITY,
    project_id   integer     NOT NULL REFERENCES projects (id),
    subscription uuid        NOT NULL,
    feature      integer,                                           -- of use; null: an agreed minimum
    description  text        NOT NULL,
    currency     text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount       bigint      NOT NULL CHECK (amount <> 0),          -- minor units; negative: a correction
    period_start timestamptz NOT NULL,
    period_end   timestamptz NOT NULL,
    created_at   timestamptz NOT NULL,
    reference    text,                                              -- the provider's own id of it
    sent_at      timestamptz,
    asked_at     timestamptz NOT NULL DEFAULT now(),                -- real time
    tries        integer     NOT NULL DEFAULT 0,
    PRIMARY KEY (partition, account, id),
    CHECK ((reference IS NULL) = (sent_at IS NULL))
);
CREATE INDEX provider_lines_unsent ON provider_lines (asked_at) WHERE sent_at IS NULL;
CREATE INDEX provider_lines_of     ON provider_lines (partition, account, subscription);
