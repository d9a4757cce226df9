-- Room: Ledger ----------------------------------------------------------------------------------------------------
-- Imported events: closed history. Their month is 9999-01 whatever their time, so that one unique key detects a repeat of any age, and no statement of the
-- hot path looks there: it reads months up to the present. Reads of events bound only the oldest month, so they include this partition. An imported event
-- has "import" (the number of its import) and an empty "post" in its data: it moved no balance.
SELECT ensure_events_month('9999-01-01');

-- Imported use of a project by UTC day: the rollup of imported events with a feature. Balances do not contain it. A customer's own days are read from its
-- events: their rows would be nearly as many as the events, and cost an import as much.
CREATE TABLE imported_usage_days (
    project_id integer       NOT NULL,
    feature    integer       NOT NULL,
    day        date          NOT NULL,
    events     bigint        NOT NULL,
    quantity   numeric(38,9) NOT NULL,
    PRIMARY KEY (project_id, day, feature)
) WITH (fillfactor = 50);

-- Room: Imports ---------------------------------------------------------------------------------------------------
-- Imports of history. A server stores the body in chunks before it answers; a background loop of any server books chunk after chunk, each in one
-- transaction with the counts and the position, so that every record counts once whichever server ends when.
CREATE TABLE imports (
    id          uuid        PRIMARY KEY,
    number      integer     NOT NULL GENERATED ALWAYS AS IDENTITY,  -- imported rows name it
    project_id  integer     NOT NULL REFERENCES projects (id),
    request_key text,                                               -- Idempotency-Key of the request
    body_hash   bytea       CHECK (length(body_hash) = 32),         -- SHA-256 of the whole body; null: not received yet
    format      text        NOT NULL CHECK (format IN ('ndjson', 'csv')),
    kind        text        CHECK (kind IN ('customers', 'usage', 'llm_calls')), -- null: each record names its own
    header      text,                                               -- of CSV: the first record
    is_dry_run  boolean     NOT NULL,
    status      text        NOT NULL CHECK (status IN ('receiving', 'waiting', 'running', 'finished', 'failed')),
    error       text,
    actor       text        NOT NULL,
    bytes       bigint      NOT NULL DEFAULT 0,                     -- of the body
    bytes_done  bigint      NOT NULL DEFAULT 0,
    chunks      integer     NOT NULL DEFAULT 0,
    position    integer     NOT NULL DEFAULT 0,                     -- chunks that are booked
    records     bigint      NOT NULL DEFAULT 0,
    booked      bigint      NOT NULL DEFAULT 0,
    replayed    bigint      NOT NULL DEFAULT 0,
    rejected    bigint      NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL,                               -- the project's time
    heard_at    timestamptz NOT NULL DEFAULT now(),                 -- real time of the last received chunk
    started_at  timestamptz,                                        -- real time, as the next
    finished_at timestamptz,
    CHECK (records = booked + replayed + rejected)
) WITH (fillfactor = 50);
CREATE INDEX imports_by_project ON imports (project_id, number);
CREATE UNIQUE INDEX imports_by_request_key ON imports (project_id, request_key) WHERE request_key IS NOT NULL;
CREATE INDEX imports_open ON imports (number) WHERE status IN ('receiving', 'waiting', 'running');

-- Records that are not booked yet: see Core/Imports/RecordCutter.cs. Deflated, a tenth of the body is written.
CREATE TABLE import_chunks (
    import     uuid    NOT NULL REFERENCES imports (id),
    position   integer NOT NULL,
    first_line bigint  NOT NULL,                                    -- number of the line in the body, from 1
    bytes      bigint  NOT NULL,                                    -- of the body that it stands for
    records    bytea   NOT NULL,
    PRIMARY KEY (import, position)
);
ALTER TABLE import_chunks ALTER COLUMN records SET STORAGE EXTERNAL; -- it is compressed already

-- The first rejected records of an import.
CREATE TABLE import_rejections (
    import uuid   NOT NULL REFERENCES imports (id),
    line   bigint NOT NULL,
    record text,                                                    -- its id, if it has one
    code   text   NOT NULL,
    detail text   NOT NULL,
    PRIMARY KEY (import, line)
);

-- Accepted records (booked now or before) by kind, month and name: a feature, a model. They reconcile an import with its source.
CREATE TABLE import_sums (
    import  uuid          NOT NULL REFERENCES imports (id),
    kind    text          NOT NULL,
    month   date          NOT NULL,
    name    text          COLLATE "C" NOT NULL,
    records bigint        NOT NULL,
    amount  numeric(38,9) NOT NULL,                                 -- units of use, dollars of calls, number of customers
    PRIMARY KEY (import, kind, month, name)
);

-- Records of a dry run, which books nothing: a second record of one id is a repeat. Emptied at the end of the run.
CREATE TABLE import_seen (
    import  uuid NOT NULL REFERENCES imports (id),
    key     uuid NOT NULL,                                          -- a hash of kind, customer and id
    content uuid NOT NULL,                                          -- a hash of the rest
    PRIMARY KEY (import, key)
);

-- No row gets a time or a number that the server cannot read.
SELECT allow_possible_values(c.name::regclass)
  FROM unnest(ARRAY['imported_usage_days', 'imports', 'import_chunks', 'import_rejections', 'import_sums', 'import_seen']) AS c (name);
