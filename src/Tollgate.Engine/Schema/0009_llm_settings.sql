-- How a project prices calls to models, beside its prices.

-- Room: Llm ----------------------------------------------------------------------------------------------------
CREATE TABLE llm_settings (
    project_id          integer     PRIMARY KEY REFERENCES projects (id),
    markup_basis_points integer     NOT NULL DEFAULT 0 CHECK (markup_basis_points BETWEEN -10000 AND 100000),
    updated_at          timestamptz NOT NULL
);
