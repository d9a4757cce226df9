-- Room: Llm. The providers to which a project's calls are forwarded, with its credentials there.

CREATE TABLE upstreams (
    project_id integer     NOT NULL REFERENCES projects (id),
    provider   text        NOT NULL CHECK (length(provider) BETWEEN 1 AND 64),
    base_url   text,                                              -- null: the provider's own
    secrets    bytea       NOT NULL,                              -- key and headers, encrypted with a key of protection_keys
    version    bigint      NOT NULL GENERATED ALWAYS AS IDENTITY, -- moves with every change
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, provider)
);

-- Keys with which servers encrypt what they must be able to read again. In the database, so that every server of it can read
-- what another one wrote, and a backup can be restored.
CREATE TABLE protection_keys (
    name       text        PRIMARY KEY,
    xml        text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
