-- Room: Catalog. Published catalogues, and the features and plan versions that they define.

-- Codes become small integers once; a feature keeps its number for ever, also when a catalogue drops it. Its last
-- definition stays too: balances and older plan versions may still name it.
CREATE TABLE features (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id integer NOT NULL REFERENCES projects (id),
    code       text    NOT NULL,
    document   jsonb   NOT NULL,
    UNIQUE (project_id, code)
);

-- Immutable once written. A customer may be pinned to one.
CREATE TABLE plan_versions (
    id           integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id   integer     NOT NULL REFERENCES projects (id),
    plan         text        NOT NULL,
    version      integer     NOT NULL CHECK (version > 0),
    document     jsonb       NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (project_id, plan, version)
);

-- Each published catalogue, whole. The newest revision of a project is the one in force.
CREATE TABLE catalogs (
    project_id              integer     NOT NULL REFERENCES projects (id),
    revision                integer     NOT NULL CHECK (revision > 0),
    document                jsonb       NOT NULL,
    etag                    text        NOT NULL,
    published_at            timestamptz NOT NULL DEFAULT now(),
    in_force_from           timestamptz NOT NULL,                           -- on the project's clock
    default_plan_version_id integer     REFERENCES plan_versions (id),      -- the version of its default plan at that time
    PRIMARY KEY (project_id, revision)
);
