-- Room: Metering. Types of events that no meter reads, and how many of each came.
CREATE TABLE unmatched_events (
    project_id    integer     NOT NULL REFERENCES projects (id),
    type          text        COLLATE "C" NOT NULL,
    count         bigint      NOT NULL CHECK (count > 0),
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    PRIMARY KEY (project_id, type)
);
