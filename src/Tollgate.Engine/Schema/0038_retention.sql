-- Room: Privacy. Retention: the texts of old usage (properties, ids, members, origins) go. See docs/guides/retention.md.

-- The settings of a project; no row: the defaults.
CREATE TABLE privacy_settings (
    project_id     integer PRIMARY KEY REFERENCES projects (id),
    retention_days integer CHECK (retention_days BETWEEN 36 AND 36500) -- of customers whose plan has no data_retention_days; null: for ever
);

-- A run goes through the customers of a project once on each of its days. A server that dies leaves the rest to the next one.
CREATE TABLE retention_runs (
    id         uuid        PRIMARY KEY,
    sequence   bigint      GENERATED ALWAYS AS IDENTITY,
    project_id integer     NOT NULL REFERENCES projects (id),
    day        date        NOT NULL,                                -- of the project's time zone and clock
    imports    integer     NOT NULL,                                -- imports up to this number had ended before the run
    started_at timestamptz NOT NULL DEFAULT now(),                  -- real time, as the next
    done_at    timestamptz,
    last_partition smallint NOT NULL DEFAULT -1,                    -- the last customer that is done
    last_account integer   NOT NULL DEFAULT 0,
    place      text        NOT NULL DEFAULT '',                     -- inside the next customer: everything before it is done
    customers  bigint      NOT NULL DEFAULT 0,                      -- looked at
    events     bigint      NOT NULL DEFAULT 0,                      -- rows whose texts were deleted
    holds      bigint      NOT NULL DEFAULT 0,
    UNIQUE (project_id, day)
);
CREATE INDEX retention_runs_in_order ON retention_runs (project_id, sequence);
CREATE INDEX retention_runs_open     ON retention_runs (project_id) WHERE done_at IS NULL;

-- The retention in force for each customer, and how far the runs came: the next run looks at later usage only, and at that of imports that ended since.
CREATE TABLE retention_marks (
    partition  smallint    NOT NULL,
    account    integer     NOT NULL,
    project_id integer     NOT NULL REFERENCES projects (id),
    days       integer,                                             -- in force; null: for ever
    next_days  integer,                                             -- a shorter period that applies from next_at
    next_at    timestamptz,
    kept_from  timestamptz,                                         -- older usage has no texts; null: no run has deleted any
    imports    integer     NOT NULL,
    PRIMARY KEY (partition, account),
    CHECK ((next_days IS NULL) = (next_at IS NULL))
) WITH (fillfactor = 70);

-- The data of an old event without its texts. Unlike erased_event it keeps the type, a name that the caller's code chooses, and says what
-- happened: a repeat of its id is compared by what is left ("gone").
CREATE FUNCTION retained_event(the_data jsonb, the_kept text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT erased_event(the_data, 1, the_kept) || '{"gone": true}'
$$;

SELECT allow_possible_values(t) FROM unnest('{privacy_settings,retention_runs,retention_marks}'::regclass[]) AS t;
