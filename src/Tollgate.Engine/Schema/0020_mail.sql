-- Room: Mail. Mails to customers. The facts are the outbox, as for webhooks: facts below every running transaction become mails, and the place moves
-- in the transaction that writes them. See docs/guides/mail.md.

-- One row: facts below the transaction have become mails.
CREATE TABLE mail_place (
    only_one      boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    derived_below xid8    NOT NULL
);
INSERT INTO mail_place (derived_below) VALUES (pg_snapshot_xmin(pg_current_snapshot()));

CREATE TABLE mails (
    number       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id           uuid        NOT NULL UNIQUE DEFAULT gen_random_uuid(), -- also in Message-ID: it marks a repeat
    project_id   integer     NOT NULL,
    customer     text        COLLATE "C" NOT NULL,
    type         text        NOT NULL CHECK (type IN ('receipt', 'payment_failed', 'trial_ending', 'quota_threshold', 'plan_changed', 'canceled')),
    cause        text        NOT NULL,                              -- the fact
    data         jsonb       NOT NULL,                              -- the values for the template
    at           timestamptz NOT NULL,                              -- when it happened, in the project's time
    not_before   timestamptz,                                       -- in the project's time; null: at once
    state        text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'skipped', 'failed')),
    reason       text,                                              -- why it was not sent, or not yet
    address      text,                                              -- the recipient
    attempts     smallint    NOT NULL DEFAULT 0,
    due_at       timestamptz,                                       -- real time; null: its day has not come, or it is over
    leased_until timestamptz,                                       -- a server is sending it; the lease of a killed server runs out
    created_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz,
    UNIQUE (project_id, type, cause),
    CHECK ((state = 'waiting') = (finished_at IS NULL)),
    CHECK (state = 'waiting' OR (due_at IS NULL AND leased_until IS NULL))
) WITH (fillfactor = 70);
-- Due work is taken from the projects in turn: of each project the first, by an index that begins with the project.
CREATE INDEX mails_due        ON mails (project_id, due_at, number) WHERE due_at IS NOT NULL;
CREATE INDEX mails_to_come    ON mails (project_id, not_before) WHERE state = 'waiting' AND due_at IS NULL;
CREATE INDEX mails_by_project ON mails (project_id, number);
CREATE INDEX mails_by_age     ON mails USING brin (created_at);

-- Opt-outs of customers, by type.
CREATE TABLE mail_refusals (
    project_id integer     NOT NULL REFERENCES projects (id),
    customer   text        COLLATE "C" NOT NULL,
    type       text        NOT NULL,
    at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, customer, type)
);
