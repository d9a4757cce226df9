-- Room: Payments. Money beside invoices: attempts, what went back, what customers are charged by. See docs/decisions/0014-payments.md.
-- Amounts are minor units of the row's currency. The customer's row is the lock of all of it.

-- The provider's token and what people know it by: never a card number.
CREATE TABLE payment_methods (
    partition  smallint    NOT NULL,
    account    integer     NOT NULL,
    id         uuid        NOT NULL,
    sequence   bigint      GENERATED ALWAYS AS IDENTITY,            -- the order of adding, also while a sandbox's clock stands still
    provider   text        NOT NULL,
    token      text        NOT NULL,
    brand      text        NOT NULL,
    last4      text        NOT NULL CHECK (last4 ~ '^[0-9]{4}$'),
    is_default boolean     NOT NULL,
    added_at   timestamptz NOT NULL,
    removed_at timestamptz,
    PRIMARY KEY (partition, account, id)
);
CREATE UNIQUE INDEX payment_methods_one_default ON payment_methods (partition, account) WHERE is_default AND removed_at IS NULL;

-- An attempt. The row is committed before the provider is called; "id" is the idempotency key there.
CREATE TABLE payments (
    partition  smallint    NOT NULL,
    account    integer     NOT NULL,
    id         uuid        NOT NULL,
    sequence   bigint      GENERATED ALWAYS AS IDENTITY,            -- the order of making, also while a sandbox's clock stands still
    project_id integer     NOT NULL REFERENCES projects (id),
    invoice    uuid        NOT NULL,
    provider   text        NOT NULL,
    method     uuid,
    currency   text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount     bigint      NOT NULL CHECK (amount > 0),
    refunded   bigint      NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND amount),
    status     text        NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
    failure    text,
    reference  text,                                                -- the provider's own id
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    asked_at   timestamptz NOT NULL DEFAULT now(),                  -- real time; when the provider was asked last
    PRIMARY KEY (partition, account, id),
    CHECK ((status = 'pending') = (settled_at IS NULL)),
    CHECK ((status = 'failed') = (failure IS NOT NULL)),
    CHECK (status = 'succeeded' OR refunded = 0)
) WITH (fillfactor = 80);
-- An invoice is not charged twice at the same time.
CREATE UNIQUE INDEX payments_one_pending ON payments (partition, account, invoice) WHERE status = 'pending';
CREATE INDEX payments_by_id      ON payments (project_id, id);
CREATE INDEX payments_in_order   ON payments (project_id, sequence);
CREATE INDEX payments_of_account ON payments (partition, account, invoice);
CREATE INDEX payments_unknown    ON payments (asked_at) WHERE status = 'pending';

-- Facts: what happened to an attempt.
CREATE TABLE payment_facts (
    partition   smallint    NOT NULL,
    account     integer     NOT NULL,
    payment     uuid        NOT NULL,
    sequence    integer     NOT NULL,
    verb        text        NOT NULL CHECK (verb IN ('attempt', 'succeed', 'fail', 'refund', 'refund_succeed', 'refund_fail')),
    at          timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    amount      bigint      NOT NULL,
    actor       text        NOT NULL,
    note        text,
    PRIMARY KEY (partition, account, payment, sequence)
);

-- Money that goes back. Its row is committed before the provider is called, like an attempt's.
CREATE TABLE refunds (
    partition   smallint    NOT NULL,
    account     integer     NOT NULL,
    id          uuid        NOT NULL,
    sequence    bigint      GENERATED ALWAYS AS IDENTITY,
    payment     uuid        NOT NULL,
    invoice     uuid        NOT NULL,
    amount      bigint      NOT NULL CHECK (amount > 0),
    status      text        NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
    reason      text,
    reference   text,
    credit_note uuid        NOT NULL,
    created_at  timestamptz NOT NULL,
    settled_at  timestamptz,
    asked_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (partition, account, id),
    CHECK ((status = 'pending') = (settled_at IS NULL))
);
CREATE INDEX refunds_of_account ON refunds (partition, account, payment);
CREATE INDEX refunds_unknown    ON refunds (asked_at) WHERE status = 'pending';

-- The sandbox's own side, as a provider has one: what it did under which key. A lost answer is asked for there.
CREATE TABLE sandbox_charges (
    project_id integer     NOT NULL REFERENCES projects (id),
    key        uuid        NOT NULL,
    failure    text,
    reference  text        NOT NULL,
    at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, key)
);

-- What the sandbox answers to a customer's next charges, whatever its card says; the oldest row first.
CREATE TABLE sandbox_behaviors (
    project_id integer NOT NULL REFERENCES projects (id),
    customer   text    COLLATE "C" NOT NULL,
    sequence   bigint  GENERATED ALWAYS AS IDENTITY,
    outcome    text    NOT NULL,
    times      integer NOT NULL CHECK (times > 0),
    PRIMARY KEY (project_id, customer, sequence)
);

-- What was paid by hand before: a payment each.
INSERT INTO payments (partition, account, id, project_id, invoice, provider, currency, amount, status, created_at, settled_at)
SELECT f.partition, f.account, gen_random_uuid(), i.project_id, f.invoice, 'manual', i.currency, f.amount, 'succeeded', f.at, f.at
  FROM invoice_facts f
  JOIN invoices i ON i.partition = f.partition AND i.account = f.account AND i.id = f.invoice
 WHERE f.verb = 'pay' AND f.note IS DISTINCT FROM 'credits' AND f.amount > 0;
INSERT INTO payment_facts (partition, account, payment, sequence, verb, at, amount, actor)
SELECT partition, account, id, 1, 'succeed', created_at, amount, 'system' FROM payments;

-- Room: Invoicing. Money that came in for an invoice that asked for nothing any more is the customer's.
ALTER TABLE customer_credits DROP CONSTRAINT customer_credits_cause_check;
ALTER TABLE customer_credits ADD CONSTRAINT customer_credits_cause_check CHECK (cause IN ('proration', 'invoice', 'credit_note', 'manual', 'payment'));
-- Money that was paid for an invoice went back: its credit note is no credit of the customer.
ALTER TABLE invoice_facts DROP CONSTRAINT invoice_facts_verb_check;
ALTER TABLE invoice_facts ADD CONSTRAINT invoice_facts_verb_check CHECK (verb IN ('finalize', 'pay', 'void', 'mark_uncollectible', 'credit', 'refund'));
