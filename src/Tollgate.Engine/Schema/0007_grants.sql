-- Room: Grants. Recurring grants, and withdrawals of grants. The ledger has the grants themselves.

-- Recurring grants. The id, time and amount of a grant follow from the row and the grant's number, so that it is granted once, regardless of the server
-- and the time that make it.
CREATE TABLE grant_schedules (
    partition   smallint      NOT NULL,
    account     integer       NOT NULL,
    id          uuid          NOT NULL,
    project_id  integer       NOT NULL REFERENCES projects (id),
    name        text          NOT NULL,                             -- the caller's id; the generated one where there was none
    feature     integer       NOT NULL REFERENCES features (id),
    amount      numeric(27,9) NOT NULL CHECK (amount > 0),
    source      text          NOT NULL CHECK (source IN ('topup', 'promotion', 'gift')),
    priority    smallint      NOT NULL,
    every       text          NOT NULL CHECK (every IN ('day', 'week', 'month', 'year')),
    lives       integer       CHECK (lives > 0),                    -- intervals until a grant expires; null: it does not
    starts_at   timestamptz   NOT NULL,
    ends_at     timestamptz,                                        -- as ordered
    ended_at    timestamptz,                                        -- when somebody ended it before that
    paused_at   timestamptz,
    turn        integer       NOT NULL DEFAULT 0,                   -- how often it was resumed
    next_number integer       NOT NULL DEFAULT 0,                   -- of the next grant
    due_at      timestamptz,                                        -- time of the next grant, on the project's clock; null: never
    created_at  timestamptz   NOT NULL,
    PRIMARY KEY (partition, account, id)
);
CREATE INDEX grant_schedules_due ON grant_schedules (project_id, due_at) WHERE due_at IS NOT NULL;

-- Facts: withdrawn credits, and the grants that they came out of. The "forfeited" of each grant includes its part.
CREATE TABLE grant_withdrawals (
    partition  smallint      NOT NULL,
    account    integer       NOT NULL,
    id         uuid          NOT NULL,
    reference  text,                                                -- the caller's id, when it was not a UUID
    feature    integer       NOT NULL REFERENCES features (id),
    source     text          CHECK (source IN ('rollover', 'topup', 'promotion', 'gift')), -- of grants; null: all
    requested  numeric(27,9) NOT NULL CHECK (requested > 0),
    up_to      boolean       NOT NULL,                              -- takes less where less is left
    grants     uuid[]        NOT NULL,
    amounts    numeric[]     NOT NULL CHECK (cardinality(amounts) = cardinality(grants)),
    reason     text,
    at         timestamptz   NOT NULL,
    PRIMARY KEY (partition, account, id)
);
