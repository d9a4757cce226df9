-- Room: Gateway. Work that providers do while nobody waits.

-- Jobs at providers, and answers that they keep, with the customer that started them. Until a job is settled, holds lie on that customer's balances.
-- Not spread by customer: a poll knows the provider's id only.
CREATE TABLE gateway_jobs (
    project_id   integer     NOT NULL REFERENCES projects (id),
    provider     text        NOT NULL CHECK (length(provider) BETWEEN 1 AND 255),
    id           text        NOT NULL CHECK (length(id) BETWEEN 1 AND 255), -- the provider's own
    customer     text        NOT NULL,
    feature      text,                                              -- used once when the work is over
    attribute_to text        CHECK (length(attribute_to) BETWEEN 1 AND 100), -- where cost reports count it
    model        text        NOT NULL,
    endpoint     text        NOT NULL,
    upstream     text,                                              -- which upstream to ask for it, and
    ask_at       text,                                              -- under which path and query; null: it is settled
    holds        uuid[]      NOT NULL,
    started_at   timestamptz NOT NULL,                              -- in the project's time
    created_at   timestamptz NOT NULL DEFAULT now(),
    next_look_at timestamptz,                                       -- when the server itself asks for it
    settled_at   timestamptz,
    PRIMARY KEY (project_id, provider, id)
);
-- Due work is taken from the projects in turn: of each project the first, by an index that begins with the project.
CREATE INDEX gateway_jobs_to_look_at ON gateway_jobs (project_id, next_look_at) WHERE settled_at IS NULL;
CREATE INDEX gateway_jobs_by_age     ON gateway_jobs (created_at);
