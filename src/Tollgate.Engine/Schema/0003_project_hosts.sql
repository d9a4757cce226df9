-- Room: Projects -----------------------------------------------------------------------------------------------
-- Host names under which a project's public reads are served without a key. A name belongs to one project.
CREATE TABLE project_hosts (
    host       text    PRIMARY KEY CHECK (host = lower(host) AND length(host) BETWEEN 1 AND 253),
    project_id integer NOT NULL REFERENCES projects (id)
);
