-- Room: Analytics. The use of all time of each feature of a project at the end of its last days, from feature_months: the difference of two days is the
-- use that Tollgate recorded on a day. It gives weekdays their weight in projections; without it every day weighs the same.
CREATE TABLE feature_days (
    project_id integer       NOT NULL REFERENCES projects (id),
    day        date          NOT NULL,                              -- of the project's time zone
    feature    integer       NOT NULL,
    total      numeric(38,9) NOT NULL,
    PRIMARY KEY (project_id, day, feature)
) WITH (fillfactor = 70);

SELECT allow_possible_values('feature_days');
