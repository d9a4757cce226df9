-- Room: Payments. Pages on which something is bought, and payments for what is not invoiced yet. See docs/decisions/0014-payments.md.

-- What was asked for, and what came of it. Nobody finishing it changes nothing else.
CREATE TABLE checkouts (
    partition    smallint    NOT NULL,
    account      integer     NOT NULL,
    id           uuid        NOT NULL,
    sequence     bigint      GENERATED ALWAYS AS IDENTITY,          -- the order of making, also while a sandbox's clock stands still
    project_id   integer     NOT NULL REFERENCES projects (id),
    kind         text        NOT NULL CHECK (kind IN ('subscription', 'change', 'pack', 'invoice', 'setup')),
    wanted       jsonb       NOT NULL,
    token_hash   bytea,                                             -- of the page's address; null: it has no page
    success_url  text,
    cancel_url   text,
    status       text        NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'completed', 'expired')),
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    finished_at  timestamptz,
    subscription uuid,
    invoice      uuid,
    payment      uuid,
    PRIMARY KEY (partition, account, id),
    CHECK ((status = 'open') = (finished_at IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX checkouts_by_token ON checkouts (token_hash) WHERE token_hash IS NOT NULL;
CREATE INDEX checkouts_by_id    ON checkouts (project_id, id);
CREATE INDEX checkouts_in_order ON checkouts (project_id, sequence);
CREATE INDEX checkouts_open     ON checkouts (project_id, expires_at) WHERE status = 'open';

-- Facts: what happened to a checkout.
CREATE TABLE checkout_facts (
    partition   smallint    NOT NULL,
    account     integer     NOT NULL,
    checkout    uuid        NOT NULL,
    sequence    integer     NOT NULL,
    verb        text        NOT NULL CHECK (verb IN ('open', 'complete', 'expire')),
    at          timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    actor       text        NOT NULL,
    note        text,
    xid         xid8        DEFAULT pg_current_xact_id(),
    PRIMARY KEY (partition, account, checkout, sequence)
);
CREATE INDEX checkout_facts_by_xid ON checkout_facts (xid);

-- Pages on which a customer sees and changes what is theirs.
CREATE TABLE portal_sessions (
    partition  smallint    NOT NULL,
    account    integer     NOT NULL,
    id         uuid        NOT NULL,
    project_id integer     NOT NULL REFERENCES projects (id),
    token_hash bytea       NOT NULL,
    return_url text,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (partition, account, id)
);
CREATE INDEX portal_sessions_by_token ON portal_sessions (token_hash);
CREATE INDEX portal_sessions_by_age   ON portal_sessions (expires_at);

-- A payment for a checkout has no invoice before it has succeeded: nothing is numbered before there is money. What was quoted
-- is kept with it, and applied as of then. One whose money became the customer's never has any.
ALTER TABLE payments ALTER COLUMN invoice DROP NOT NULL;
ALTER TABLE payments
    ADD COLUMN checkout         uuid,
    ADD COLUMN quoted_at        timestamptz,
    ADD COLUMN expected_version integer,                            -- of the subscription that the quote changes
    DROP CONSTRAINT payments_status_check,
    DROP CONSTRAINT payments_check1,
    ADD CONSTRAINT payments_status_check CHECK (status IN ('pending', 'requires_action', 'succeeded', 'failed')),
    ADD CONSTRAINT payments_settled CHECK ((status IN ('pending', 'requires_action')) = (settled_at IS NULL)),
    ADD CONSTRAINT payments_cause CHECK (invoice IS NOT NULL OR checkout IS NOT NULL);
DROP INDEX payments_one_pending;
CREATE UNIQUE INDEX payments_one_pending             ON payments (partition, account, invoice)  WHERE settled_at IS NULL;
CREATE UNIQUE INDEX payments_one_pending_of_checkout ON payments (partition, account, checkout) WHERE settled_at IS NULL AND checkout IS NOT NULL;
CREATE INDEX payments_of_checkout ON payments (partition, account, checkout) WHERE checkout IS NOT NULL;
DROP INDEX payments_unknown;
CREATE INDEX payments_unknown ON payments (asked_at) WHERE settled_at IS NULL;

ALTER TABLE payment_facts DROP CONSTRAINT payment_facts_verb_check;
ALTER TABLE payment_facts ADD CONSTRAINT payment_facts_verb_check CHECK (
    verb IN ('attempt', 'require_action', 'succeed', 'fail', 'keep', 'refund', 'refund_succeed', 'refund_fail', 'dispute', 'dispute_won', 'dispute_lost'));
