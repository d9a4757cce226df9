-- Room: Dunning. Invoices that Tollgate collects automatically, and those that it cannot collect. See docs/concepts/dunning.md.

-- A row is written in the transaction that makes its invoice. Times are the project's; the customer's row is the lock.
-- "stopped": an attempt failed for a reason that no customer can mend, so the invoice is not collected automatically any more.
CREATE TABLE collections (
    partition       smallint    NOT NULL,
    account         integer     NOT NULL,
    invoice         uuid        NOT NULL,
    project_id      integer     NOT NULL REFERENCES projects (id),
    subscription    uuid        NOT NULL,
    state           text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'paid', 'dropped', 'given_up', 'stopped')),
    collect_at      timestamptz,                                    -- the next attempt; null: one is on its way, or it is over
    payment         uuid,                                           -- the attempt that is on its way
    failures        integer     NOT NULL DEFAULT 0,                 -- attempts of the schedule that failed
    first_failed_at timestamptz,
    last_failure    text,
    planned_at      timestamptz,                                    -- of the schedule, while an attempt outside of it comes first
    began_at        timestamptz NOT NULL,
    ended_at        timestamptz,
    taken_at        timestamptz,                                    -- real time; a server is at it
    PRIMARY KEY (partition, account, invoice),
    CHECK ((state = 'open') = (ended_at IS NULL)),
    CHECK (state = 'open' OR (collect_at IS NULL AND payment IS NULL)),
    CHECK (state <> 'open' OR (collect_at IS NULL) <> (payment IS NULL)),
    CHECK ((failures = 0) = (first_failed_at IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX collections_due   ON collections (project_id, collect_at) WHERE collect_at IS NOT NULL;
CREATE INDEX collections_by_id ON collections (project_id, invoice);
CREATE INDEX collections_owed  ON collections (project_id, coalesce(first_failed_at, ended_at), invoice)
    WHERE (state = 'open' AND failures > 0) OR state = 'stopped';

-- Facts: the history of a collection.
CREATE TABLE collection_facts (
    partition   smallint    NOT NULL,
    account     integer     NOT NULL,
    invoice     uuid        NOT NULL,
    sequence    integer     NOT NULL,
    verb        text        NOT NULL CHECK (verb IN ('fail', 'pay', 'drop', 'give_up', 'hasten', 'stop')),
    at          timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    payment     uuid,
    failure     text,
    failures    integer     NOT NULL,
    next_at     timestamptz,
    xid         xid8        NOT NULL DEFAULT place_of_fact(),
    PRIMARY KEY (partition, account, invoice, sequence)
);
CREATE INDEX collection_facts_by_xid ON collection_facts (xid);

-- The retries of a project, and the final action after the last one. A project without a row has the default policy.
CREATE TABLE dunning_policies (
    project_id   integer     PRIMARY KEY REFERENCES projects (id),
    retry_days   integer[]   NOT NULL,
    final_action text        NOT NULL CHECK (final_action IN ('cancel', 'default_plan')),
    updated_at   timestamptz NOT NULL DEFAULT now()
);
