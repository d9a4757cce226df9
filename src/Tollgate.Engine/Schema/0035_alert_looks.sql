-- Room: Alerts. When the servers read a figure next, and verify a project next: a claim moves the time, so that of several servers one does it.
CREATE TABLE alert_looks (
    project_id integer     NOT NULL REFERENCES projects (id),
    kind       text        NOT NULL,
    next_at    timestamptz NOT NULL,                                -- real time. While a server reads: when another one may take over
    PRIMARY KEY (project_id, kind)
) WITH (fillfactor = 50);

SELECT allow_possible_values('alert_looks');
