-- Room: Customers. Memberships that have ended: the owner's events and holds name the member. An erasure of the member looks there.
CREATE TABLE past_members (
    partition  smallint    NOT NULL,                                -- of the owner
    account    integer     NOT NULL,
    id         text        COLLATE "C" NOT NULL,
    project_id integer     NOT NULL REFERENCES projects (id),
    left_at    timestamptz NOT NULL,
    PRIMARY KEY (partition, account, id)
);
CREATE INDEX past_members_by_id ON past_members (project_id, id);

-- Room: Privacy. Erased customers. See docs/guides/privacy.md.

-- A row names nobody: "id_hash" is a keyed hash of the erased id, and its key is encrypted (signing_keys). By it Tollgate answers a repeat, and does not
-- create the customer again on use. "terms" has the words by which a running erasure finds the customer in texts; it is encrypted, and null afterwards.
CREATE TABLE erasures (
    id           uuid        PRIMARY KEY,
    sequence     bigint      GENERATED ALWAYS AS IDENTITY,          -- the order of requests
    project_id   integer     NOT NULL REFERENCES projects (id),
    id_hash      bytea       NOT NULL CHECK (length(id_hash) = 32),
    customer     text        COLLATE "C" NOT NULL,                  -- the pseudonym, under which the books of the customer stay
    actor        text        NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),                -- real time
    step         smallint    NOT NULL DEFAULT 0,                    -- of RunErasures; a server that dies leaves it to the next one
    place        text        NOT NULL DEFAULT '',                   -- inside the step: everything before it is done
    terms        text,
    due_at       timestamptz DEFAULT now(),                         -- of the next step, in real time; null: finished
    done_at      timestamptz,                                       -- everything was erased once; requests that ran meanwhile are searched once more
    changes      jsonb       NOT NULL DEFAULT '{}',                 -- rows changed or deleted, by table
    CHECK ((due_at IS NULL) = (terms IS NULL)),
    CHECK (due_at IS NOT NULL OR done_at IS NOT NULL)
);
CREATE INDEX erasures_by_hash     ON erasures (project_id, id_hash);
CREATE INDEX erasures_by_customer ON erasures (project_id, customer);
CREATE INDEX erasures_in_order    ON erasures (project_id, sequence);
CREATE INDEX erasures_due         ON erasures (project_id, due_at) WHERE due_at IS NOT NULL;

-- The data of an event without its person: the caller's ids and properties are gone. Calls to models keep the numbers and names from which
-- costs are computed ("the_kept"). Quantities, postings and corrections stay: balances and invoices are made of them.
CREATE FUNCTION erased_event(the_data jsonb, the_feature integer, the_kept text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(k.key, k.value), '{}')
      FROM (SELECT d.key,
                   CASE WHEN d.key = 'type' AND the_feature = 0 AND NOT the_data ? 'calc' THEN '"erased"'
                        WHEN d.key <> 'props' THEN d.value
                        WHEN the_data ? 'calc'
                        THEN (SELECT coalesce(jsonb_object_agg(p.key, CASE p.key WHEN 'error' THEN '"erased"' ELSE p.value END), '{}')
                                FROM jsonb_each(d.value) AS p
                               WHERE p.key = ANY (the_kept)) END AS value
              FROM jsonb_each(the_data) AS d
             WHERE d.key NOT IN ('id', 'by')) AS k
     WHERE k.value IS NOT NULL
$$;

SELECT allow_possible_values('past_members');
SELECT allow_possible_values('erasures');
