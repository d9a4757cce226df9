-- Room: Reports. Reports that Tollgate sends by mail after each period. See docs/guides/reports.md.
CREATE TABLE report_schedules (
    id         uuid        PRIMARY KEY,
    project_id integer     NOT NULL REFERENCES projects (id),
    kind       text        NOT NULL,
    format     text        NOT NULL CHECK (format IN ('pdf', 'csv', 'json')),
    every      text        NOT NULL CHECK (every IN ('daily', 'weekly', 'monthly')),
    recipients text[]      NOT NULL CHECK (cardinality(recipients) BETWEEN 1 AND 10),
    customer   text        COLLATE "C",                             -- null: a report of the project
    enabled    boolean     NOT NULL DEFAULT true,
    next_at    timestamptz NOT NULL,                                -- in the project's time
    last_from  date,                                                -- the days of the last report; null: none yet
    last_to    date,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((last_from IS NULL) = (last_to IS NULL))
);
CREATE INDEX report_schedules_by_project  ON report_schedules (project_id, created_at, id);
CREATE INDEX report_schedules_due         ON report_schedules (project_id, next_at) WHERE enabled;
CREATE INDEX report_schedules_of_customer ON report_schedules (project_id, customer) WHERE customer IS NOT NULL;

SELECT allow_possible_values('report_schedules');

-- NOT VALID: all rows satisfied the narrower check, and a table of mails can be long.
ALTER TABLE mails DROP CONSTRAINT mails_type_check;
ALTER TABLE mails ADD CONSTRAINT mails_type_check
    CHECK (type IN ('receipt', 'payment_failed', 'trial_ending', 'quota_threshold', 'plan_changed', 'canceled', 'alert', 'report')) NOT VALID;
