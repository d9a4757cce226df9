-- Room: Webhooks. Outgoing webhooks. The facts are the outbox: a publisher turns those that are below every running transaction into events, and its
-- place moves in the transaction that writes them. See docs/decisions/0015-the-facts-are-the-outbox.md.

-- Projects that have, or had, an endpoint: the publisher skips facts of all others. Every fact below the transaction is published.
CREATE TABLE webhook_projects (
    project_id      integer PRIMARY KEY REFERENCES projects (id),
    published_below xid8    NOT NULL
);

-- Receivers of events. Deliveries to a deleted endpoint stay visible.
CREATE TABLE webhook_endpoints (
    id              uuid        PRIMARY KEY,
    project_id      integer     NOT NULL REFERENCES projects (id),
    url             text        NOT NULL CHECK (length(url) <= 2048),
    events          text[]      NOT NULL CHECK (cardinality(events) > 0),
    description     text,
    secret          bytea       NOT NULL,                           -- encrypted; see Engine/Secrets
    previous_secret bytea,                                          -- signs beside the new one,
    previous_until  timestamptz,                                    -- until then
    disabled_at     timestamptz,                                    -- nothing is sent, and no delivery is made
    disabled_reason text        CHECK (disabled_reason IN ('manual', 'gone', 'failing')),
    failures        integer     NOT NULL DEFAULT 0,                 -- attempts that failed since the last good one
    failing_since   timestamptz,                                    -- the first of them; null: there is none
    not_before      timestamptz,                                    -- the receiver asked for a pause, or keeps failing
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    deleted_at      timestamptz,
    CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL)),
    CHECK ((previous_secret IS NULL) = (previous_until IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX webhook_endpoints_by_project ON webhook_endpoints (project_id, id) WHERE deleted_at IS NULL;

-- Facts: endpoints that the server disabled. They are published like all others. Real time, in which sending runs.
CREATE TABLE webhook_endpoint_facts (
    endpoint   uuid        NOT NULL REFERENCES webhook_endpoints (id),
    sequence   integer     NOT NULL,
    project_id integer     NOT NULL,
    verb       text        NOT NULL CHECK (verb IN ('disable')),
    reason     text        NOT NULL CHECK (reason IN ('gone', 'failing')),
    at         timestamptz NOT NULL DEFAULT now(),
    xid        xid8        NOT NULL DEFAULT place_of_fact(),
    PRIMARY KEY (endpoint, sequence)
);
CREATE INDEX webhook_endpoint_facts_by_xid ON webhook_endpoint_facts (xid);

-- The number of an object's last event. Stays when old events go.
CREATE TABLE webhook_objects (
    project_id  integer NOT NULL,
    object_type text    NOT NULL,
    object      text    COLLATE "C" NOT NULL,
    sequence    bigint  NOT NULL,
    PRIMARY KEY (project_id, object_type, object)
) WITH (fillfactor = 70);

-- Published events. "position" grows with time in a project, with gaps; "sequence" counts an object's events without any.
CREATE TABLE webhook_events (
    position     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id           uuid        NOT NULL UNIQUE,
    project_id   integer     NOT NULL,
    type         text        NOT NULL,
    object_type  text        NOT NULL,
    object       text        COLLATE "C" NOT NULL,
    sequence     bigint      NOT NULL,
    occurred_at  timestamptz NOT NULL,                              -- in the project's time
    payload      text        NOT NULL,                              -- byte for byte what is signed
    published_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (project_id, object_type, object, sequence)
);
CREATE INDEX webhook_events_by_project ON webhook_events (project_id, position);
CREATE INDEX webhook_events_by_time    ON webhook_events (project_id, published_at);
CREATE INDEX webhook_events_by_type    ON webhook_events (project_id, type, position);
CREATE INDEX webhook_events_by_age     ON webhook_events USING brin (published_at);

-- An event on its way to an endpoint. Only the first open delivery of an object to an endpoint is due: the others wait for it.
-- "number" is their order.
CREATE TABLE webhook_deliveries (
    number       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id           uuid        NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    project_id   integer     NOT NULL,
    endpoint     uuid        NOT NULL REFERENCES webhook_endpoints (id),
    event        bigint      NOT NULL REFERENCES webhook_events (position),
    object_type  text        NOT NULL,
    object       text        COLLATE "C" NOT NULL,
    state        text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
    redelivery   boolean     NOT NULL DEFAULT false,
    attempts     smallint    NOT NULL DEFAULT 0,
    first_due_at timestamptz,
    due_at       timestamptz,                                       -- null: it waits for an earlier one, or is over
    leased_until timestamptz,                                       -- a server is sending it; the lease of a killed server runs out
    created_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz,
    CHECK ((state = 'waiting') = (finished_at IS NULL)),
    CHECK (state = 'waiting' OR (due_at IS NULL AND leased_until IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX webhook_deliveries_due         ON webhook_deliveries (endpoint, due_at, number) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_deliveries_leased      ON webhook_deliveries (endpoint) WHERE leased_until IS NOT NULL;
CREATE INDEX webhook_deliveries_open        ON webhook_deliveries (endpoint, object_type, object, number) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_by_project  ON webhook_deliveries (project_id, number);
CREATE INDEX webhook_deliveries_by_state    ON webhook_deliveries (project_id, state, number);
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint, state, number);
CREATE INDEX webhook_deliveries_by_event    ON webhook_deliveries (event);

-- Facts: each attempt to send, and its answer.
CREATE TABLE webhook_attempts (
    delivery    bigint      NOT NULL REFERENCES webhook_deliveries (number),
    attempt     smallint    NOT NULL,                               -- from 1
    at          timestamptz NOT NULL,
    url         text        NOT NULL,
    signature   text        NOT NULL,                               -- the header
    status      smallint,                                           -- null: no answer came
    error       text,
    response    text,                                               -- the first 2 kB
    duration_ms integer     NOT NULL,
    PRIMARY KEY (delivery, attempt)
);
