-- Room: Analytics. Adoption of features by month, computed from balances and terms: a projection. Tollgate computes the last months again every few
-- minutes and before reports of small projects, and all months once a day. Deleting its rows loses nothing. A use counts in the month of the project's time
-- zone in which its quota period begins.
CREATE TABLE feature_months (
    project_id integer       NOT NULL REFERENCES projects (id),
    month      date          NOT NULL CHECK (extract(day FROM month) = 1),
    feature    integer       NOT NULL,
    entitled   bigint        NOT NULL CHECK (entitled >= used),     -- customers whose plan had it at the end of the month, or that used it
    used       bigint        NOT NULL CHECK (used >= 0),            -- customers that used it
    units      numeric(38,9) NOT NULL,
    PRIMARY KEY (project_id, month, feature)
) WITH (fillfactor = 70);

-- When Tollgate computed the months of a project. Real times.
CREATE TABLE feature_month_runs (
    project_id integer     PRIMARY KEY REFERENCES projects (id),
    month      date        NOT NULL,                                -- the project's month then
    ran_at     timestamptz NOT NULL,
    whole_at   timestamptz NOT NULL,                                -- the last time with all months
    took       interval    NOT NULL
) WITH (fillfactor = 50);

SELECT allow_possible_values(t) FROM unnest('{feature_months,feature_month_runs}'::regclass[]) AS t;
