-- Projects, keys, catalogue and customers. One room writes each table; the room is named above it.
-- Tables per customer carry "partition" = hash(project, customer) mod 64 as the first column of every unique key, so
-- that the hot statements stay on one shard when PostgreSQL is distributed (Citus). The others are reference tables.

-- Room: Projects -----------------------------------------------------------------------------------------------
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

-- A key's text is never stored: only SHA-256 of it, and the first characters to recognise it by.
CREATE TABLE api_keys (
    id           uuid        PRIMARY KEY,
    project_id   integer     REFERENCES projects (id),              -- null: the whole server (kind admin)
    kind         text        NOT NULL CHECK (kind IN ('admin', 'secret', 'public', 'restricted')),
    name         text,
    prefix       text        NOT NULL,
    hash         bytea       NOT NULL UNIQUE CHECK (length(hash) = 32),
    scopes       text[]      NOT NULL DEFAULT '{}',
    networks     text[]      NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz,
    CHECK ((kind = 'admin') = (project_id IS NULL))
);
CREATE INDEX api_keys_by_project ON api_keys (project_id);

-- What a SaaS hands to one customer's browser: the customer's own usage, portal and seed doors, for a while.
CREATE TABLE customer_tokens (
    hash       bytea       PRIMARY KEY CHECK (length(hash) = 32),
    project_id integer     NOT NULL REFERENCES projects (id),
    customer   text        NOT NULL CHECK (length(customer) BETWEEN 1 AND 255),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX customer_tokens_by_expiry ON customer_tokens (expires_at);

-- The answer to a mutating request, replayed byte for byte. The row is claimed before the request runs and carries a
-- lease; an attempt that died leaves the claim, which the same request takes over once the lease has ended.
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

-- Who serves on this database. More than one live row: reads do not trust a process's memory.
CREATE TABLE servers (
    id         uuid        PRIMARY KEY,
    host       text        NOT NULL,
    process_id integer     NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now()
);

-- Room: Catalog ------------------------------------------------------------------------------------------------
-- Codes become small integers once; a feature keeps its number for ever, also when a catalogue drops it. Its last
-- definition stays too: balances and older plan versions may still name it.
CREATE TABLE features (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id integer NOT NULL REFERENCES projects (id),
    code       text    NOT NULL,
    document   jsonb   NOT NULL,
    UNIQUE (project_id, code)
);

-- Each published catalogue, whole. The newest revision of a project is the one in force.
CREATE TABLE catalogs (
    project_id   integer     NOT NULL REFERENCES projects (id),
    revision     integer     NOT NULL CHECK (revision > 0),
    document     jsonb       NOT NULL,
    etag         text        NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, revision)
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

-- Room: Customers ----------------------------------------------------------------------------------------------
CREATE SEQUENCE account_numbers AS integer;

-- "account" is the small number that the hot tables use; "id" is the name that the project gave.
-- "version" moves with every change of what the customer is entitled to.
CREATE TABLE customers (
    partition        smallint    NOT NULL CHECK (partition BETWEEN 0 AND 63),
    account          integer     NOT NULL,
    project_id       integer     NOT NULL REFERENCES projects (id),
    id               text        COLLATE "C" NOT NULL CHECK (length(id) BETWEEN 1 AND 255),
    version          integer     NOT NULL DEFAULT 1,
    plan_version_id  integer     REFERENCES plan_versions (id),     -- null: the newest version of the default plan
    previous_plan_version_id integer REFERENCES plan_versions (id), -- what was replaced at plan_assigned_at
    plan_assigned_at timestamptz,
    overrides        jsonb       NOT NULL DEFAULT '{}',             -- feature code -> changed members of the entitlement
    name             text,
    email            text,
    currency         text        CHECK (currency ~ '^[A-Z]{3}$'),
    time_zone        text,
    country          text        CHECK (country ~ '^[A-Z]{2}$'),
    tax_id           text,
    metadata         jsonb       NOT NULL DEFAULT '{}',
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (partition, account),
    UNIQUE (partition, project_id, id)
);
-- Lists run in byte order of the id, the same on every machine. Ending in the id (not in the account) also keeps a
-- lookup by id exact when a plan made on an empty table picks this index instead of the unique one.
CREATE INDEX customers_by_project ON customers (project_id, id);
CREATE INDEX customers_by_email   ON customers (project_id, lower(email) text_pattern_ops) WHERE email IS NOT NULL;

-- Facts: which plan version a customer had from when on, and why.
CREATE TABLE plan_assignments (
    partition       smallint    NOT NULL,
    account         integer     NOT NULL,
    assigned_at     timestamptz NOT NULL,
    sequence        integer     NOT NULL,                           -- customers.version after the change
    plan_version_id integer,
    cause           text        NOT NULL,
    PRIMARY KEY (partition, account, sequence)
);
