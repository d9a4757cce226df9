-- Room: Payments. Money beside invoices: attempts, refunds, disputes, and the customers' payment methods. See docs/decisions/0014-payments.md.
-- Amounts are minor units of the row's currency. The customer's row is the lock of all of it.

CREATE SEQUENCE payment_setup_versions;

-- A project without a row is on the default of its mode: the sandbox, or manual payments.
CREATE TABLE payment_settings (
    project_id    integer     PRIMARY KEY REFERENCES projects (id),
    provider      text        NOT NULL,
    subscriptions text        NOT NULL DEFAULT 'tollgate' CHECK (subscriptions IN ('tollgate', 'provider')), -- who renews and bills new subscriptions: Tollgate, or the provider on whose page they begin
    version       bigint      NOT NULL DEFAULT nextval('payment_setup_versions'),
    updated_at    timestamptz NOT NULL DEFAULT now()
);

-- Also of providers that are not chosen any more: refunds go through the provider of the payment.
CREATE TABLE provider_credentials (
    project_id integer     NOT NULL REFERENCES projects (id),
    provider   text        NOT NULL,
    secrets    bytea       NOT NULL,                                -- encrypted; see Engine/Secrets
    version    bigint      NOT NULL DEFAULT nextval('payment_setup_versions'),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, provider)
);

-- The ids of our customers at providers. Tests and real money are two worlds: the same account at a provider has other customers in each.
CREATE TABLE provider_customers (
    partition  smallint    NOT NULL,
    account    integer     NOT NULL,
    provider   text        NOT NULL,
    is_live    boolean     NOT NULL,
    project_id integer     NOT NULL REFERENCES projects (id),
    reference  text        COLLATE "C" NOT NULL,                    -- the provider's own id
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (partition, account, provider, is_live)
);
CREATE INDEX provider_customers_by_reference ON provider_customers (project_id, provider, reference);

-- The provider's token, and brand and last digits for operators and customers: never a card number.
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
    was_kept   boolean     NOT NULL DEFAULT true,                   -- was charged at some time, and not only tried: times alone cannot tell it while a sandbox's clock stands still
    added_at   timestamptz NOT NULL,
    removed_at timestamptz,
    PRIMARY KEY (partition, account, id)
);
CREATE UNIQUE INDEX payment_methods_one_default ON payment_methods (partition, account) WHERE is_default AND removed_at IS NULL;

-- An attempt. The row is committed before the provider is called; "id" is the idempotency key there.
-- A payment for a checkout has no invoice before it has succeeded: nothing is numbered before there is money. The quote is kept with it, and applied as
-- of then. A payment whose money became credit never has an invoice. A payment of a provider's invoice pays none of ours.
CREATE TABLE payments (
    partition        smallint    NOT NULL,
    account          integer     NOT NULL,
    id               uuid        NOT NULL,
    sequence         bigint      GENERATED ALWAYS AS IDENTITY,      -- the order of making, also while a sandbox's clock stands still
    project_id       integer     NOT NULL REFERENCES projects (id),
    invoice          uuid,
    checkout         uuid,
    quoted_at        timestamptz,
    expected_version integer,                                       -- of the subscription that the quote changes
    provider_invoice text,
    provider         text        NOT NULL,
    method           uuid,
    currency         text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount           bigint      NOT NULL CHECK (amount > 0),
    refunded         bigint      NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND amount),
    status           text        NOT NULL CHECK (status IN ('pending', 'requires_action', 'succeeded', 'failed')),
    failure          text,
    reference        text,                                          -- the provider's own id
    created_at       timestamptz NOT NULL,
    settled_at       timestamptz,
    asked_at         timestamptz NOT NULL DEFAULT now(),            -- real time of the last request to the provider
    PRIMARY KEY (partition, account, id),
    CONSTRAINT payments_settled CHECK ((status IN ('pending', 'requires_action')) = (settled_at IS NULL)),
    CHECK ((status = 'failed') = (failure IS NOT NULL)),
    CHECK (status = 'succeeded' OR refunded = 0),
    CONSTRAINT payments_cause CHECK (num_nonnulls(invoice, checkout, provider_invoice) > 0 AND (provider_invoice IS NULL OR num_nonnulls(invoice, checkout) = 0))
) WITH (fillfactor = 80);
-- An invoice is not charged twice at the same time.
CREATE UNIQUE INDEX payments_one_pending             ON payments (partition, account, invoice)  WHERE settled_at IS NULL;
CREATE UNIQUE INDEX payments_one_pending_of_checkout ON payments (partition, account, checkout) WHERE settled_at IS NULL AND checkout IS NOT NULL;
CREATE UNIQUE INDEX payments_of_provider_invoice     ON payments (partition, account, provider, provider_invoice) WHERE provider_invoice IS NOT NULL;
CREATE INDEX payments_by_id        ON payments (project_id, id);
CREATE INDEX payments_in_order     ON payments (project_id, sequence);
CREATE INDEX payments_of_account   ON payments (partition, account, invoice);
CREATE INDEX payments_of_checkout  ON payments (partition, account, checkout) WHERE checkout IS NOT NULL;
CREATE INDEX payments_by_reference ON payments (project_id, provider, reference) WHERE reference IS NOT NULL; -- a provider names a charge by its own id
-- Lists by invoice and by status read their own rows only.
CREATE INDEX payments_by_invoice   ON payments (project_id, invoice, sequence);
CREATE INDEX payments_by_status    ON payments (project_id, status, sequence);
-- Due work is taken from the projects in turn: of each project the first, by an index that begins with the project.
CREATE INDEX payments_unknown      ON payments (project_id, asked_at) WHERE settled_at IS NULL;

-- Facts: the history of an attempt.
CREATE TABLE payment_facts (
    partition   smallint    NOT NULL,
    account     integer     NOT NULL,
    payment     uuid        NOT NULL,
    sequence    integer     NOT NULL,
    verb        text        NOT NULL CHECK (verb IN ('attempt', 'require_action', 'succeed', 'fail', 'keep', 'refund', 'refund_succeed', 'refund_fail', 'dispute', 'dispute_won', 'dispute_lost')),
    at          timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    amount      bigint      NOT NULL,
    actor       text        NOT NULL,
    note        text,
    xid         xid8        NOT NULL DEFAULT place_of_fact(),
    PRIMARY KEY (partition, account, payment, sequence)
);
CREATE INDEX payment_facts_by_xid ON payment_facts (xid);

-- Money that goes back. Its row is committed before the provider is called, like an attempt's. The part of a payment that had become credit comes out
-- of the credit, and no invoice gets a credit note over it. A refund of a provider's invoice is no credit of ours and has no document of ours.
CREATE TABLE refunds (
    partition   smallint    NOT NULL,
    account     integer     NOT NULL,
    id          uuid        NOT NULL,
    sequence    bigint      GENERATED ALWAYS AS IDENTITY,
    payment     uuid        NOT NULL,
    invoice     uuid,                                               -- null: the money paid no invoice of ours
    amount      bigint      NOT NULL CHECK (amount > 0),
    from_credit bigint      NOT NULL DEFAULT 0 CHECK (from_credit BETWEEN 0 AND amount),
    status      text        NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
    reason      text,
    reference   text,
    credit_note uuid,
    created_at  timestamptz NOT NULL,
    settled_at  timestamptz,
    asked_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (partition, account, id),
    CHECK ((status = 'pending') = (settled_at IS NULL)),
    CONSTRAINT refunds_document CHECK ((credit_note IS NULL) = (from_credit = amount) OR (credit_note IS NULL AND invoice IS NULL))
);
CREATE INDEX refunds_of_account ON refunds (partition, account, payment);
CREATE INDEX refunds_unknown    ON refunds (asked_at) WHERE status = 'pending';

-- A customer's bank took money back, or asks. The row is the last state; the payment's facts are the history.
CREATE TABLE disputes (
    partition  smallint    NOT NULL,
    account    integer     NOT NULL,
    payment    uuid        NOT NULL,
    reference  text        NOT NULL,                                -- the provider's own id
    sequence   bigint      GENERATED ALWAYS AS IDENTITY,
    project_id integer     NOT NULL REFERENCES projects (id),
    amount     bigint      NOT NULL CHECK (amount > 0),
    status     text        NOT NULL CHECK (status IN ('open', 'won', 'lost')),
    reason     text,
    opened_at  timestamptz NOT NULL,
    closed_at  timestamptz,
    PRIMARY KEY (partition, account, payment, reference),
    CHECK ((status = 'open') = (closed_at IS NULL))
);
CREATE INDEX disputes_in_order ON disputes (project_id, sequence);

-- Invoices that a provider made for the subscriptions that it manages, in their last reported state.
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
    heard_at     timestamptz NOT NULL,                              -- state of the provider as of this answer; real time
    PRIMARY KEY (partition, account, provider, reference)
) WITH (fillfactor = 80);
CREATE INDEX provider_invoices_in_order ON provider_invoices (project_id, created_at, reference);

-- Paymob's side: it has no idempotency keys. A name is taken once, and the sum of an order's refunds is all that it tells about them.

-- An order that a customer pays on Paymob's page. "key" is the payment's id.
CREATE TABLE paymob_orders (
    project_id integer     NOT NULL REFERENCES projects (id),
    key        uuid        NOT NULL,
    attempts   integer     NOT NULL DEFAULT 1,                      -- used names: an order whose answer was lost is shown to nobody
    is_charge  boolean     NOT NULL DEFAULT false,                  -- paid by a saved card and not on a page: a decline ends it
    reference  text,                                                -- the name of the order that is shown
    order_id   bigint,                                              -- Paymob's id of it
    page       text,
    expires_at timestamptz,                                         -- real time; after that the page takes nothing
    made_at    timestamptz NOT NULL DEFAULT now(),                  -- real time
    asked_at   timestamptz,                                         -- real time of Paymob's last answer. Paymob has rate limits: an unpaid order is polled less and less often
    PRIMARY KEY (project_id, key),
    CHECK ((reference IS NULL) = (order_id IS NULL) AND (reference IS NULL) = (page IS NULL) AND (reference IS NULL) = (expires_at IS NULL))
);
CREATE INDEX paymob_orders_by_order ON paymob_orders (project_id, order_id) WHERE order_id IS NOT NULL;

-- Money that goes back. The row is committed before the request to Paymob.
CREATE TABLE paymob_refunds (
    project_id  integer NOT NULL REFERENCES projects (id),
    key         uuid    NOT NULL,
    transaction bigint  NOT NULL,                                   -- the payment's
    amount      bigint  NOT NULL CHECK (amount > 0),
    before      bigint  NOT NULL CHECK (before >= 0),               -- sum of the transaction's refunds when this one was ordered
    reference   bigint,                                             -- the refund's own transaction, once it is known
    failure     text,
    is_done     boolean NOT NULL DEFAULT false,
    PRIMARY KEY (project_id, key)
);
-- One at a time: with two, the sum would not tell which one was done.
CREATE UNIQUE INDEX paymob_refunds_one_open       ON paymob_refunds (project_id, transaction) WHERE NOT is_done;
CREATE INDEX        paymob_refunds_of_transaction ON paymob_refunds (project_id, transaction);

-- The sandbox's side, as a provider has one: its charges by key. Tollgate looks up lost answers here.
CREATE TABLE sandbox_charges (
    project_id integer     NOT NULL REFERENCES projects (id),
    key        uuid        NOT NULL,
    failure    text,
    reference  text        NOT NULL,
    at         timestamptz NOT NULL DEFAULT now(),
    ready_at   timestamptz NOT NULL DEFAULT now(),                  -- late: the charge is done, and the sandbox reports it from then on only
    PRIMARY KEY (project_id, key)
);

-- Outcomes of a customer's next charges, whatever its card says; the oldest row first.
CREATE TABLE sandbox_behaviors (
    project_id integer NOT NULL REFERENCES projects (id),
    customer   text    COLLATE "C" NOT NULL,
    sequence   bigint  GENERATED ALWAYS AS IDENTITY,
    outcome    text    NOT NULL,
    times      integer NOT NULL CHECK (times > 0),
    PRIMARY KEY (project_id, customer, sequence)
);

-- Webhooks that the sandbox is about to send, and how badly it sends them.
CREATE TABLE sandbox_webhooks (
    id         uuid        PRIMARY KEY,
    project_id integer     NOT NULL REFERENCES projects (id),
    type       text        NOT NULL,
    body       text        NOT NULL,
    due_at     timestamptz NOT NULL,
    is_forged  boolean     NOT NULL
);
CREATE INDEX sandbox_webhooks_due ON sandbox_webhooks (due_at);
CREATE TABLE sandbox_webhook_behaviors (
    project_id    integer PRIMARY KEY REFERENCES projects (id),
    copies        integer NOT NULL,
    delay_seconds integer NOT NULL,
    is_shuffled   boolean NOT NULL,
    is_forged     boolean NOT NULL
);
