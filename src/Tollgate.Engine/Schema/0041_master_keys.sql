-- Room: Secrets. What is encrypted here is encrypted with a key that lies elsewhere. See docs/operating/secrets.md.

-- Which master keys this database has known. The id is derived from the key and reveals nothing of it.
CREATE TABLE master_keys (
    id    text        PRIMARY KEY CHECK (id ~ '^[0-9a-f]{16}$'),
    state text        NOT NULL CHECK (state IN ('current', 'retiring', 'retired')), -- retiring: rows may still be encrypted with it
    since timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX master_keys_one_current ON master_keys (state) WHERE state = 'current';

-- Keys of the server's own that outlive a rotation of the master key, such as the one of links in mails.
CREATE TABLE signing_keys (
    name   text  PRIMARY KEY,
    secret bytea NOT NULL                                           -- encrypted
);

-- The table protection_keys held keys in clear. The first start of this version encrypts everything anew and drops it.

-- The application's role makes the partitions of the coming months by this function alone; it creates nothing else.
ALTER FUNCTION ensure_events_month(date) SECURITY DEFINER SET search_path = public, pg_temp;

-- Places of facts ----------------------------------------------------------------------------------------------
-- They are numbers of transactions, which belong to one PostgreSQL. What is added to them makes a restored copy go on where the original was: a restore
-- replaces this function; elsewhere it stays 0. Immutable, so that it costs nothing: a copy's connections begin after it was replaced.
CREATE FUNCTION fact_place_shift() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT 0::bigint';

CREATE OR REPLACE FUNCTION place_of_fact() RETURNS xid8 LANGUAGE sql VOLATILE AS $$
    SELECT (greatest(pg_current_xact_id()::text::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1) + fact_place_shift())::text::xid8
$$;

-- Facts below it stand: every transaction that could still write one there has ended.
CREATE FUNCTION facts_stand_below() RETURNS xid8 LANGUAGE sql STABLE AS $$
    SELECT (pg_snapshot_xmin(pg_current_snapshot())::text::bigint + fact_place_shift())::text::xid8
$$;
