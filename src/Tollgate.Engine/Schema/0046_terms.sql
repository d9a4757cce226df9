-- What a customer was entitled to at any instant: whatever looks back reads it (Core/Ledger/TermsTimeline.cs).

-- Room: Catalog. Since when a catalogue is in force, on the project's clock, and the version that its default plan was then.
ALTER TABLE catalogs ADD COLUMN in_force_from timestamptz, ADD COLUMN default_plan_version_id integer REFERENCES plan_versions (id);
UPDATE catalogs c
   SET in_force_from = c.published_at,
       default_plan_version_id = (SELECT v.id
                                    FROM plan_versions v
                                   WHERE v.project_id = c.project_id AND v.plan = c.document ->> 'default_plan' AND v.published_at <= c.published_at
                                   ORDER BY v.version DESC
                                   LIMIT 1);
ALTER TABLE catalogs ALTER COLUMN in_force_from SET NOT NULL;

-- Room: Customers. Facts: a row for each change of plan, overrides or add-ons, with all three as they were after it. "sets" says which of them
-- it changed, from when on: a renewal that was due yesterday says so today, and overrides of this morning are not undone by it.
ALTER TABLE plan_assignments RENAME TO customer_terms;
ALTER TABLE customer_terms RENAME COLUMN assigned_at TO from_at;
ALTER TABLE customer_terms
    ADD COLUMN overrides jsonb  NOT NULL DEFAULT '{}',
    ADD COLUMN add_ons   jsonb  NOT NULL DEFAULT '[]',
    ADD COLUMN sets      text[] NOT NULL DEFAULT '{plan}' CHECK (sets <@ '{plan,overrides,add_ons}' AND cardinality(sets) > 0);
ALTER TABLE customer_terms ALTER COLUMN sets DROP DEFAULT, ALTER COLUMN overrides DROP DEFAULT, ALTER COLUMN add_ons DROP DEFAULT;

-- Since when somebody has overrides and add-ons was not recorded until now: they count since the customer's plan, or since the customer is there.
UPDATE customer_terms t
   SET overrides = c.overrides, add_ons = c.add_ons, sets = '{plan,overrides,add_ons}'
  FROM customers c
 WHERE c.partition = t.partition AND c.account = t.account
   AND t.sequence = (SELECT max(n.sequence) FROM customer_terms n WHERE n.partition = t.partition AND n.account = t.account)
   AND (c.overrides <> '{}' OR c.add_ons <> '[]');
INSERT INTO customer_terms (partition, account, from_at, sequence, plan_version_id, cause, overrides, add_ons, sets)
SELECT c.partition, c.account, c.created_at, c.version, c.plan_version_id, 'before terms were recorded', c.overrides, c.add_ons, '{plan,overrides,add_ons}'
  FROM customers c
 WHERE (c.overrides <> '{}' OR c.add_ons <> '[]')
   AND NOT EXISTS (SELECT FROM customer_terms t WHERE t.partition = c.partition AND t.account = c.account);

-- Room: Ledger. When what was left of a grant was taken back.
ALTER TABLE grants ADD COLUMN voided_at timestamptz;

-- What callers took back is in "forfeited" and here; the rest of "forfeited" was cut by the bound of rollovers, which later use of the same period lowers.
ALTER TABLE grants ADD COLUMN withdrawn numeric(27,9) NOT NULL DEFAULT 0 CHECK (withdrawn >= 0);

-- Nothing is left of what rolled out of a month when the whole month's quota proves used: a late event says so, and a void takes it back.
ALTER TABLE grants DROP CONSTRAINT grants_amount_check;
ALTER TABLE grants ADD CONSTRAINT grants_amount_check CHECK (amount > 0 OR (amount = 0 AND source = 'rollover')) NOT VALID;
