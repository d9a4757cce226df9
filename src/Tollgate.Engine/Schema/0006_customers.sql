-- Room: Customers. Customers, their members, terms and VAT checks.

CREATE SEQUENCE account_numbers AS integer;

-- "account" is the small number that the hot tables use; "id" is the name that the project gave.
-- "version" moves with every change of the customer's entitlements.
CREATE TABLE customers (
    partition        smallint    NOT NULL CHECK (partition BETWEEN 0 AND 63),
    account          integer     NOT NULL,
    project_id       integer     NOT NULL REFERENCES projects (id),
    id               text        COLLATE "C" NOT NULL CHECK (length(id) BETWEEN 1 AND 255),
    version          integer     NOT NULL DEFAULT 1,
    owner            text        COLLATE "C",                       -- the customer whose balances this one uses; null: its own. See docs/decisions/0012-members.md
    plan_version_id  integer     REFERENCES plan_versions (id),     -- null: the newest version of the default plan
    previous_plan_version_id integer REFERENCES plan_versions (id), -- the version that was replaced at plan_assigned_at
    plan_assigned_at timestamptz,
    overrides        jsonb       NOT NULL DEFAULT '{}',             -- feature code -> changed members of the entitlement
    cycles           jsonb       NOT NULL DEFAULT '[]',             -- billing cycles of its quotas and their start, see Core/Time/BillingCycle.cs; empty: the calendar
    add_ons          jsonb       NOT NULL DEFAULT '[]',             -- additions of its subscription to the plan, as bought; see Engine/Customers/AddOnText.cs
    name             text,
    email            text,
    currency         text        CHECK (currency ~ '^[A-Z]{3}$'),
    time_zone        text,
    country          text        CHECK (country ~ '^[A-Z]{2}$'),
    tax_id           text,
    vat_check_at     timestamptz,                                   -- when VIES is asked next for the VAT id, in real time; null: it is not asked
    tax_exempt       jsonb,                                         -- why the customer pays no tax, and the document that proves it; null: it pays
    metadata         jsonb       NOT NULL DEFAULT '{}',
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (partition, account),
    UNIQUE (partition, project_id, id)
);
-- Lists run in byte order of the id, the same on every machine. The id as last column (not the account) also keeps a
-- lookup by id exact when a plan made on an empty table picks this index instead of the unique one.
CREATE INDEX customers_by_project ON customers (project_id, id);
CREATE INDEX customers_by_email   ON customers (project_id, lower(email) text_pattern_ops) WHERE email IS NOT NULL;
CREATE INDEX customers_vat_check  ON customers (project_id, vat_check_at) WHERE vat_check_at IS NOT NULL;

-- Each new VAT id is checked, and a removed one is not, regardless of the statement or the server that writes the row.
CREATE FUNCTION ask_for_vat_id() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.vat_check_at := CASE WHEN NEW.country IS NOT NULL AND NEW.tax_id IS NOT NULL THEN now() END;
    RETURN NEW;
END $$;
CREATE TRIGGER customers_new_vat_id BEFORE INSERT ON customers
    FOR EACH ROW WHEN (NEW.tax_id IS NOT NULL) EXECUTE FUNCTION ask_for_vat_id();
CREATE TRIGGER customers_other_vat_id BEFORE UPDATE OF country, tax_id ON customers
    FOR EACH ROW WHEN (OLD.country IS DISTINCT FROM NEW.country OR OLD.tax_id IS DISTINCT FROM NEW.tax_id) EXECUTE FUNCTION ask_for_vat_id();

-- Facts: a row for each change of plan, overrides or add-ons, with all three as they were after it. "sets" names those that the row changed, and
-- "from_at" says from when on: a renewal that was due yesterday says so today, and it does not undo overrides of this morning.
-- Reports and invoices of the past read the entitlement of any instant here (Core/Ledger/TermsTimeline.cs).
CREATE TABLE customer_terms (
    partition       smallint    NOT NULL,
    account         integer     NOT NULL,
    from_at         timestamptz NOT NULL,
    sequence        integer     NOT NULL,                           -- customers.version after the change
    plan_version_id integer,
    cause           text        NOT NULL,
    overrides       jsonb       NOT NULL,
    add_ons         jsonb       NOT NULL,
    sets            text[]      NOT NULL CHECK (sets <@ '{plan,overrides,add_ons}' AND cardinality(sets) > 0),
    PRIMARY KEY (partition, account, sequence)
);

-- Members: users that belong to a customer and use its balances. Partition and account are the owner's, so that decisions on its balances find the
-- members beside them. See docs/decisions/0012-members.md.
CREATE TABLE members (
    partition  smallint    NOT NULL,
    account    integer     NOT NULL,
    id         text        COLLATE "C" NOT NULL CHECK (length(id) BETWEEN 1 AND 255),
    project_id integer     NOT NULL REFERENCES projects (id),
    name       text,
    email      text,
    role       text,
    added_at   timestamptz NOT NULL,
    PRIMARY KEY (partition, account, id)
);

-- Requests with an Idempotency-Key whose effect has no natural key (a refund, a credit note, a manual credit). The row is written in the transaction of
-- the effect, so that a repeat finds it also when the answer was never stored.
CREATE TABLE customer_requests (
    partition smallint    NOT NULL,
    account   integer     NOT NULL,
    request   uuid        NOT NULL,                                 -- a hash of the key and the whole request
    result    text        NOT NULL,                                 -- the id of the object that the request made
    at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (partition, account, request)
);

-- Facts: answers of VIES about customers' VAT ids. Rows are added and never changed. The state of a customer's id is the last row of the customer, its
-- country and its id with the answer valid or invalid.
CREATE TABLE vat_checks (
    partition    smallint    NOT NULL,
    account      integer     NOT NULL,
    id           uuid        NOT NULL,
    project_id   integer     NOT NULL REFERENCES projects (id),
    country      text        NOT NULL,                              -- country and id as the customer had them then
    tax_id       text        NOT NULL,
    vies_id      text        NOT NULL,                              -- as sent to VIES: EL094259216
    answer       text        NOT NULL CHECK (answer IN ('valid', 'invalid', 'unavailable')),
    source       text        NOT NULL CHECK (source IN ('vies', 'sandbox')),
    asked_at     timestamptz NOT NULL,                              -- the project's time; of an answer shared with another customer: of that customer's check
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    consultation text,                                              -- VIES's number of the consultation
    name         text,                                              -- of the id's owner, where its country tells
    detail       text,                                              -- why there was no answer
    PRIMARY KEY (partition, account, id)
);
-- Answers for the same id of another customer.
CREATE INDEX vat_checks_shared ON vat_checks (project_id, vies_id, asked_at DESC) WHERE answer <> 'unavailable';
