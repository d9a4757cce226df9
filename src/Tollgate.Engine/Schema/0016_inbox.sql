-- Room: Inbox. Facts: events of payment providers, as received, and their processing. A repeat of an id is the same event, for ever.
CREATE TABLE provider_events (
    project_id  integer     NOT NULL REFERENCES projects (id),
    provider    text        NOT NULL,
    id          text        COLLATE "C" NOT NULL,
    sequence    bigint      GENERATED ALWAYS AS IDENTITY,           -- the order of arrival
    type        text        NOT NULL,
    object      text,                                               -- the provider's id of the object that it concerns
    body        text        NOT NULL,
    happened_at timestamptz,                                        -- as the provider says
    received_at timestamptz NOT NULL DEFAULT now(),
    state       text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'ignored', 'parked')),
    attempts    integer     NOT NULL DEFAULT 0,
    due_at      timestamptz DEFAULT now(),                          -- real time; when it is read next
    reason      text,                                               -- why it is not done; shown to operators, read by no statement
    done_at     timestamptz,
    -- The fact that has to be true before the event can be applied, and whose it is: the id of the subscription at the provider
    -- (subscription_followed), or of the customer (subscription_ended). The transaction that makes it true makes the event due.
    waits_for    text        CHECK (waits_for IN ('subscription_followed', 'subscription_ended')),
    waits_for_id text        COLLATE "C",
    PRIMARY KEY (project_id, provider, id),
    CHECK ((state = 'waiting') = (due_at IS NOT NULL)),
    CHECK (state <> 'parked' OR reason IS NOT NULL),
    CHECK ((waits_for IS NULL) = (waits_for_id IS NULL)),
    CHECK (waits_for IS NULL OR state IN ('waiting', 'parked'))
) WITH (fillfactor = 80);
-- Due work is taken from the projects in turn: of each project the first, by an index that begins with the project.
CREATE INDEX provider_events_due      ON provider_events (project_id, due_at, sequence) WHERE state = 'waiting';
CREATE INDEX provider_events_in_order ON provider_events (project_id, sequence);
CREATE INDEX provider_events_parked   ON provider_events (project_id, sequence) WHERE state = 'parked';
CREATE INDEX provider_events_awaited  ON provider_events (project_id, waits_for, waits_for_id) WHERE waits_for IS NOT NULL;
