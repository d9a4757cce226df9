-- Room: Ledger. Encrypted texts of usage. See docs/decisions/0025-keys-of-customers.md.

-- The keys that encrypt the texts of a customer's usage, if its project wants that (data.box of events names the number). Each is encrypted with the master
-- key. A customer gets a further key only if no master key of its server opened the last one. Erasing the customer deletes its keys.
CREATE TABLE usage_keys (
    partition smallint NOT NULL,
    account   integer  NOT NULL,
    number    smallint NOT NULL,
    key       bytea    NOT NULL,
    PRIMARY KEY (partition, account, number)
);

-- Room: Imports. By it an erasure finds what was rejected of a customer.
ALTER TABLE import_rejections ADD COLUMN customer text COLLATE "C";   -- of the record; null: it could not be read, or an earlier version wrote the row

-- Room: Privacy.
ALTER TABLE privacy_settings ADD COLUMN encrypt_usage boolean NOT NULL DEFAULT false; -- of usage that is recorded from now on

-- As before, and without the encrypted texts ("box").
CREATE OR REPLACE FUNCTION erased_event(the_data jsonb, the_feature integer, the_kept text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(k.key, k.value), '{}')
      FROM (SELECT d.key,
                   CASE WHEN d.key = 'type' AND the_feature = 0 AND NOT the_data ? 'calc' THEN '"erased"'
                        WHEN d.key <> 'props' THEN d.value
                        WHEN the_data ? 'calc'
                        THEN (SELECT coalesce(jsonb_object_agg(p.key, CASE p.key WHEN 'error' THEN '"erased"' ELSE p.value END), '{}')
                                FROM jsonb_each(d.value) AS p
                               WHERE p.key = ANY (the_kept)) END AS value
              FROM jsonb_each(the_data) AS d
             WHERE d.key NOT IN ('id', 'by', 'from', 'box')) AS k
     WHERE k.value IS NOT NULL
$$;
