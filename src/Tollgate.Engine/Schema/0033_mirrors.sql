-- Room: Subscriptions. Some are managed by a payment provider, which renews and bills them; rows follow what it says.
ALTER TABLE subscriptions
    ADD COLUMN managed_by text,                                      -- the provider; null: Tollgate
    ADD COLUMN heard_at  timestamptz;                               -- as of when the provider was asked last; real time
ALTER TABLE subscriptions ADD CONSTRAINT subscriptions_provider_managed CHECK (managed_by IS NULL OR due_at IS NULL);

-- Room: Invoicing. What the invoices of a provider have to ask for beside its own price: use beyond the plan, and agreed minimums.
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

-- Room: Payments. Invoices that a provider made for the subscriptions that it manages, as it said last.
CREATE TABLE provider_invoices (
    partition    smallint    NOT NULL,
    account      integer     NOT NULL,
    provider     text        NOT NULL,
    reference    text        COLLATE "C" NOT NULL,                  -- the provider's own id
    project_id   integer     NOT NULL REFERENCES projects (id),
    subscription uuid        NOT NULL,
    number       text,
    status       text        NOT NULL CHECK (status IN ('draft', 'open', 'paid', 'void', 'uncollectible')),
    currency     text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    total        bigint      NOT NULL,
    tax          bigint      NOT NULL,
    paid         bigint      NOT NULL,
    url          text,
    lines        jsonb       NOT NULL,                              -- amount before tax, start and end of each
    created_at   timestamptz NOT NULL,
    paid_at      timestamptz,
    heard_at     timestamptz NOT NULL,                              -- as of when the provider was asked; real time
    PRIMARY KEY (partition, account, provider, reference)
) WITH (fillfactor = 80);
CREATE INDEX provider_invoices_in_order ON provider_invoices (project_id, created_at, reference);

-- A payment of such an invoice pays none of ours.
ALTER TABLE payments
    ADD COLUMN provider_invoice text,
    DROP CONSTRAINT payments_cause,
    ADD CONSTRAINT payments_cause CHECK (num_nonnulls(invoice, checkout, provider_invoice) > 0 AND (provider_invoice IS NULL OR num_nonnulls(invoice, checkout) = 0));
CREATE UNIQUE INDEX payments_of_provider_invoice ON payments (partition, account, provider, provider_invoice) WHERE provider_invoice IS NOT NULL;
-- What goes back of it is no credit of ours, and has no document of ours.
ALTER TABLE refunds
    DROP CONSTRAINT refunds_check2,
    ADD CONSTRAINT refunds_document CHECK ((credit_note IS NULL) = (from_credit = amount) OR (credit_note IS NULL AND invoice IS NULL));
