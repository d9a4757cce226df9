-- Room: Projects. A credential ends with the key that issued it. A key issues under its lineage, which a rotation hands on to
-- the new key; the old one issues under a fresh lineage for as long as its grace lasts. So what was issued before the
-- rotation belongs to the new key, what the old one issues after it ends with the old one, and no row of it is touched.
ALTER TABLE api_keys
    ADD COLUMN lineage uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN issuer  uuid;                                        -- the lineage of the key that made it; null: the server did
CREATE UNIQUE INDEX api_keys_by_lineage ON api_keys (lineage);
CREATE INDEX api_keys_by_issuer  ON api_keys (issuer)     WHERE issuer IS NOT NULL;
CREATE INDEX api_keys_by_end     ON api_keys (revoked_at) WHERE revoked_at IS NOT NULL;

ALTER TABLE customer_tokens
    ADD COLUMN id         uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN issuer     uuid,                                     -- a lineage; null: an older server issued it
    ADD COLUMN revoked_at timestamptz;
CREATE UNIQUE INDEX customer_tokens_by_id ON customer_tokens (id);
CREATE INDEX customer_tokens_of_customer  ON customer_tokens (project_id, customer, created_at);
CREATE INDEX customer_tokens_by_end       ON customer_tokens (revoked_at) WHERE revoked_at IS NOT NULL;

-- Nobody wrote down who issued what exists: it counts as issued by the project's oldest valid secret key, and ends with it.
-- Tokens expire within 30 days, portal sessions within an hour.
UPDATE customer_tokens t
   SET issuer = f.lineage
  FROM (
        SELECT DISTINCT ON (project_id) project_id, lineage
          FROM api_keys
         WHERE kind = 'secret' AND revoked_at IS NULL AND coalesce(expires_at, 'infinity') > now()
         ORDER BY project_id, created_at, id
       ) f
 WHERE f.project_id = t.project_id;

-- Room: Checkouts.
ALTER TABLE portal_sessions
    ADD COLUMN issuer     uuid,
    ADD COLUMN token      uuid,                                     -- the customer token that opened it
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN revoked_at timestamptz;
CREATE INDEX portal_sessions_in_order ON portal_sessions (project_id, id);
UPDATE portal_sessions s
   SET issuer = f.lineage
  FROM (
        SELECT DISTINCT ON (project_id) project_id, lineage
          FROM api_keys
         WHERE kind = 'secret' AND revoked_at IS NULL AND coalesce(expires_at, 'infinity') > now()
         ORDER BY project_id, created_at, id
       ) f
 WHERE f.project_id = s.project_id;
ALTER TABLE checkouts
    ADD COLUMN issuer  uuid,                                        -- null: the server made it, for a mail
    ADD COLUMN token   uuid,
    ADD COLUMN session uuid;                                        -- the portal session that opened it
CREATE INDEX checkouts_of_issuer ON checkouts (issuer) WHERE status = 'open' AND issuer IS NOT NULL;
CREATE INDEX checkouts_of_token  ON checkouts (token)  WHERE status = 'open' AND token  IS NOT NULL;
