-- Room: Gateway. Work that providers do while nobody waits, and answers that they keep.

-- Who started it. Until it is settled, holds lie on that customer's balances. Not spread by customer: a poll knows the provider's id only.
CREATE TABLE gateway_jobs (
    project_id   integer     NOT NULL REFERENCES projects (id),
    provider     text        NOT NULL CHECK (length(provider) BETWEEN 1 AND 255),
    id           text        NOT NULL CHECK (length(id) BETWEEN 1 AND 255),  -- the provider's own
    customer     text        NOT NULL,
    feature      text,                                                       -- used once when the work is over
    model        text        NOT NULL,
    endpoint     text        NOT NULL,
    upstream     text,                                                       -- which one to ask for it, and
    ask_at       text,                                                       -- under which path and query; null: it is settled
    holds        uuid[]      NOT NULL,
    started_at   timestamptz NOT NULL,                                       -- in the project's time
    created_at   timestamptz NOT NULL DEFAULT now(),
    next_look_at timestamptz,                                                -- when the server itself asks for it
    settled_at   timestamptz,
    PRIMARY KEY (project_id, provider, id)
);
CREATE INDEX gateway_jobs_to_look_at ON gateway_jobs (next_look_at) WHERE settled_at IS NULL;
CREATE INDEX gateway_jobs_by_age     ON gateway_jobs (created_at);
