-- Room: Projects. Projects, their host names and keys, and the servers of this database.
-- One room writes each table; the comment above it names the room. Tables per customer carry "partition" = hash(project, customer) mod 64 as the first
-- column of every unique key, so that the hot statements stay on one shard when PostgreSQL is distributed (Citus). The others are reference tables.

CREATE TABLE projects (
    id          integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code        text        NOT NULL UNIQUE CHECK (code ~ '^[a-z][a-z0-9-]{0,62}$'),
    name        text        NOT NULL,
    mode        text        NOT NULL CHECK (mode IN ('live', 'sandbox')),
    time_zone   text        NOT NULL DEFAULT 'Etc/UTC',
    currency    text        NOT NULL DEFAULT 'USD' CHECK (currency ~ '^[A-Z]{3}$'),
    test_clock  timestamptz,                                        -- sandbox only; null = the database's clock
    created_at  timestamptz NOT NULL DEFAULT now(),
    CHECK (test_clock IS NULL OR mode = 'sandbox')
);

-- Host names under which a project's public reads are served without a key. A name belongs to one project.
CREATE TABLE project_hosts (
    host       text    PRIMARY KEY CHECK (host = lower(host) AND length(host) BETWEEN 1 AND 253),
    project_id integer NOT NULL REFERENCES projects (id)
);

-- The text of a key is never stored: only its SHA-256, and its first characters to recognise it by.
-- A credential ends with the key that issued it. A key issues under its lineage, which a rotation hands on to the new key; the old key issues under a
-- fresh lineage for as long as its grace lasts. So everything issued before the rotation belongs to the new key, everything that the old key issues
-- after it ends with the old key, and the rotation rewrites no issued row.
CREATE TABLE api_keys (
    id           uuid        PRIMARY KEY,
    project_id   integer     REFERENCES projects (id),              -- null: the whole server (kind admin)
    kind         text        NOT NULL CHECK (kind IN ('admin', 'secret', 'public', 'restricted')),
    name         text,
    prefix       text        NOT NULL,
    hash         bytea       NOT NULL UNIQUE CHECK (length(hash) = 32),
    scopes       text[]      NOT NULL DEFAULT '{}',
    networks     text[]      NOT NULL DEFAULT '{}',
    lineage      uuid        NOT NULL DEFAULT gen_random_uuid(),
    issuer       uuid,                                              -- lineage of the key that made it; null: the server did
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz,
    CHECK ((kind = 'admin') = (project_id IS NULL))
);
CREATE UNIQUE INDEX api_keys_by_lineage ON api_keys (lineage);
CREATE INDEX api_keys_by_project ON api_keys (project_id);
CREATE INDEX api_keys_by_issuer  ON api_keys (issuer)     WHERE issuer IS NOT NULL;
CREATE INDEX api_keys_by_end     ON api_keys (revoked_at) WHERE revoked_at IS NOT NULL;

-- A SaaS hands a token to one customer's browser. It opens that customer's own usage, portal and seed doors until it expires.
CREATE TABLE customer_tokens (
    id         uuid        NOT NULL DEFAULT gen_random_uuid(),
    hash       bytea       PRIMARY KEY CHECK (length(hash) = 32),
    project_id integer     NOT NULL REFERENCES projects (id),
    customer   text        NOT NULL CHECK (length(customer) BETWEEN 1 AND 255),
    issuer     uuid,                                                -- lineage of the key that issued it
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE UNIQUE INDEX customer_tokens_by_id ON customer_tokens (id);
CREATE INDEX customer_tokens_of_customer  ON customer_tokens (project_id, customer, created_at);
CREATE INDEX customer_tokens_by_expiry    ON customer_tokens (expires_at);
CREATE INDEX customer_tokens_by_end       ON customer_tokens (revoked_at) WHERE revoked_at IS NOT NULL;

-- The answer to a mutating request, replayed byte for byte. The row is claimed before the request runs and carries a lease; an attempt that died
-- leaves the claim, and the same request takes it over once the lease has ended.
-- project_id 0: an operation on the whole server, such as creating a project.
CREATE TABLE idempotency_keys (
    project_id   integer     NOT NULL,
    key          text        NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    operation    text        NOT NULL,                              -- method and path
    body_hash    bytea       NOT NULL,                              -- SHA-256 of operation, query and body
    claim        uuid        NOT NULL,                              -- the attempt that may store the answer
    lease_until  timestamptz NOT NULL,
    status       integer,                                           -- null while the first request is running
    content_type text,
    body         bytea,
    sealed       boolean     NOT NULL DEFAULT false,                -- the body holds a secret and is encrypted
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys USING brin (created_at);

-- The servers that run on this database. With more than one live row, reads do not trust the memory of a process.
CREATE TABLE servers (
    id         uuid        PRIMARY KEY,
    host       text        NOT NULL,
    process_id integer     NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now()
);
