-- Room: Llm. Prices of calls to models, and models without a known price.

-- Prices as they were entered, never changed. The newest of several with the same provider, model and valid_from applies;
-- a call has the price with the latest valid_from that has passed. Prices of a project come before the shared ones.
CREATE TABLE model_prices (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id integer     REFERENCES projects (id),                -- null: shared by all projects
    provider   text        NOT NULL CHECK (length(provider) BETWEEN 1 AND 64),
    model      text        NOT NULL CHECK (length(model) BETWEEN 1 AND 255),
    valid_from timestamptz NOT NULL,
    document   jsonb       NOT NULL,                                -- the whole price as a line of prices/models.json
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX model_prices_newest ON model_prices (project_id, id);  -- the newest id is the revision of a price book

-- Calls to these were recorded with an unknown cost. Noted before the call is recorded, so that no such call is without.
CREATE TABLE unpriced_models (
    project_id    integer     NOT NULL REFERENCES projects (id),
    provider      text        NOT NULL,                             -- '': the caller named none
    model         text        NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    PRIMARY KEY (project_id, provider, model)
);

-- The settings of a project for the price of calls to models, apart from its prices.
CREATE TABLE llm_settings (
    project_id          integer     PRIMARY KEY REFERENCES projects (id),
    markup_basis_points integer     NOT NULL DEFAULT 0 CHECK (markup_basis_points BETWEEN -10000 AND 100000),
    updated_at          timestamptz NOT NULL
);

-- Room: Llm --------------------------------------------------------------------------------------------------
-- The providers to which the gateway forwards a project's calls, with the project's credentials there.
CREATE TABLE upstreams (
    project_id    integer     NOT NULL REFERENCES projects (id),
    provider      text        NOT NULL CHECK (length(provider) BETWEEN 1 AND 64),
    base_url      text,                                             -- null: the provider's own
    secrets       bytea       NOT NULL,                             -- key and headers, encrypted; see Engine/Secrets
    reported_cost text        CHECK (reported_cost IN ('beside', 'wins')), -- the use of a cost that the upstream reports for a call; null: the provider's default
    version       bigint      NOT NULL GENERATED ALWAYS AS IDENTITY, -- moves with every change
    updated_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, provider)
);
