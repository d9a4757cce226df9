-- Room: Payments. Who moves a project's money, with which keys, and what was told by them. See docs/decisions/0014-payments.md.

CREATE SEQUENCE payment_setup_versions;

-- A project without a row is on the default of its mode: the sandbox, or by hand.
CREATE TABLE payment_settings (
    project_id integer     PRIMARY KEY REFERENCES projects (id),
    provider   text        NOT NULL,
    version    bigint      NOT NULL DEFAULT nextval('payment_setup_versions'),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Also of providers that are not chosen any more: what was paid there is refunded there.
CREATE TABLE provider_credentials (
    project_id integer     NOT NULL REFERENCES projects (id),
    provider   text        NOT NULL,
    secrets    bytea       NOT NULL,                                -- encrypted; see ProtectionKeys
    version    bigint      NOT NULL DEFAULT nextval('payment_setup_versions'),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, provider)
);

-- Facts: what providers told. A repeat of an id is the same event, for ever.
CREATE TABLE provider_events (
    project_id  integer     NOT NULL REFERENCES projects (id),
    provider    text        NOT NULL,
    id          text        COLLATE "C" NOT NULL,
    sequence    bigint      GENERATED ALWAYS AS IDENTITY,           -- the order of coming
    type        text        NOT NULL,
    object      text,                                               -- the provider's id of what it speaks of
    body        text        NOT NULL,
    happened_at timestamptz,                                        -- as the provider says
    received_at timestamptz NOT NULL DEFAULT now(),
    state       text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'ignored', 'parked')),
    attempts    integer     NOT NULL DEFAULT 0,
    due_at      timestamptz DEFAULT now(),                          -- real time; when it is read next
    reason      text,                                               -- why it is not done
    done_at     timestamptz,
    PRIMARY KEY (project_id, provider, id),
    CHECK ((state = 'waiting') = (due_at IS NOT NULL)),
    CHECK (state <> 'parked' OR reason IS NOT NULL)
) WITH (fillfactor = 80);
CREATE INDEX provider_events_due      ON provider_events (due_at) WHERE state = 'waiting';
CREATE INDEX provider_events_in_order ON provider_events (project_id, sequence);
CREATE INDEX provider_events_parked   ON provider_events (project_id, sequence) WHERE state = 'parked';

-- A provider names a charge by its own id.
CREATE INDEX payments_by_reference ON payments (project_id, provider, reference) WHERE reference IS NOT NULL;

-- A customer's bank took money back, or asks. The row is the last state; what happened stands among the payment's facts.
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
ALTER TABLE payment_facts DROP CONSTRAINT payment_facts_verb_check;
ALTER TABLE payment_facts ADD CONSTRAINT payment_facts_verb_check CHECK (
    verb IN ('attempt', 'succeed', 'fail', 'refund', 'refund_succeed', 'refund_fail', 'dispute', 'dispute_won', 'dispute_lost'));

-- The sandbox's own side of webhooks: what it will tell, and how badly.
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
-- Late: it is done, and nobody is told before then.
ALTER TABLE sandbox_charges ADD COLUMN ready_at timestamptz NOT NULL DEFAULT now();
