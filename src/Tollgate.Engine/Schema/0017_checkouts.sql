-- Room: Checkouts. Pages on which a customer buys something or sees its own account. See docs/decisions/0014-payments.md.

-- An order and its outcome. A checkout that nobody finishes changes nothing else. "credited": the money came when the order could not be filled any
-- more; it became credit, and nobody can pay or expire the checkout after that.
CREATE TABLE checkouts (
    partition      smallint    NOT NULL,
    account        integer     NOT NULL,
    id             uuid        NOT NULL,
    sequence       bigint      GENERATED ALWAYS AS IDENTITY,        -- the order of making, also while a sandbox's clock stands still
    project_id     integer     NOT NULL REFERENCES projects (id),
    kind           text        NOT NULL CHECK (kind IN ('subscription', 'change', 'pack', 'invoice', 'setup')),
    wanted         jsonb       NOT NULL,
    managed_by     text,                                            -- the provider that manages the subscription afterwards: its page takes the money, and there is no payment of ours; null: none
    token_hash     bytea,                                           -- of the page's address; null: it has no page
    success_url    text,
    cancel_url     text,
    page           text,                                            -- address of the provider's page, while it can be paid on. Anyone with it can pay, once, and nothing else; erased when the checkout is over
    page_reference text,                                            -- the provider's id of that page
    status         text        NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'completed', 'expired', 'credited')),
    issuer         uuid,                                            -- lineage of the key that issued it; null: the server made it, for a mail
    token          uuid,                                            -- the customer token that opened it
    session        uuid,                                            -- the portal session that opened it
    created_at     timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    finished_at    timestamptz,
    subscription   uuid,
    invoice        uuid,
    payment        uuid,
    PRIMARY KEY (partition, account, id),
    CHECK ((status = 'open') = (finished_at IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX checkouts_by_token  ON checkouts (token_hash) WHERE token_hash IS NOT NULL;
CREATE INDEX checkouts_by_id     ON checkouts (project_id, id);
CREATE INDEX checkouts_in_order  ON checkouts (project_id, sequence);
CREATE INDEX checkouts_open      ON checkouts (project_id, expires_at) WHERE status = 'open';
CREATE INDEX checkouts_of_issuer ON checkouts (issuer) WHERE status = 'open' AND issuer IS NOT NULL;
CREATE INDEX checkouts_of_token  ON checkouts (token)  WHERE status = 'open' AND token  IS NOT NULL;

-- Facts: the history of a checkout.
CREATE TABLE checkout_facts (
    partition   smallint    NOT NULL,
    account     integer     NOT NULL,
    checkout    uuid        NOT NULL,
    sequence    integer     NOT NULL,
    verb        text        NOT NULL CHECK (verb IN ('open', 'complete', 'expire', 'credit')),
    at          timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    actor       text        NOT NULL,
    note        text,
    xid         xid8        NOT NULL DEFAULT place_of_fact(),
    PRIMARY KEY (partition, account, checkout, sequence)
);
CREATE INDEX checkout_facts_by_xid ON checkout_facts (xid);

-- Pages on which a customer sees and changes its own account.
CREATE TABLE portal_sessions (
    partition  smallint    NOT NULL,
    account    integer     NOT NULL,
    id         uuid        NOT NULL,
    project_id integer     NOT NULL REFERENCES projects (id),
    token_hash bytea       NOT NULL,
    return_url text,
    issuer     uuid,                                                -- lineage of the key that issued it
    token      uuid,                                                -- the customer token that opened it
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    PRIMARY KEY (partition, account, id)
);
CREATE INDEX portal_sessions_by_token ON portal_sessions (token_hash);
CREATE INDEX portal_sessions_by_age   ON portal_sessions (expires_at);
CREATE INDEX portal_sessions_in_order ON portal_sessions (project_id, id);
