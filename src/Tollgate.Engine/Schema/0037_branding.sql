-- Room: Branding. The look of a project's pages to its customers. A setting: PUT replaces the row, except the logo, which stays unless it is named.
CREATE TABLE branding (
    project_id integer     PRIMARY KEY REFERENCES projects (id),
    name       text        CHECK (length(name) BETWEEN 1 AND 100),                        -- NULL: the project's name
    accent     text        COLLATE "C" CHECK (accent ~ '^#[0-9a-f]{6}$'),                 -- NULL: Tollgate's own
    radius     smallint    NOT NULL CHECK (radius BETWEEN 0 AND 20),                      -- pixels
    logo       bytea       CHECK (length(logo) <= 262144),                                -- NULL: none
    logo_hash  text        COLLATE "C" CHECK (logo_hash ~ '^[0-9a-f]{16}$'),              -- part of its address, so that browsers keep it
    logo_type  text        COLLATE "C" CHECK (logo_type IN ('png', 'jpg')),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (num_nonnulls(logo, logo_hash, logo_type) IN (0, 3))
);

SELECT allow_possible_values('branding');
