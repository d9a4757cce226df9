-- Room: Secrets. Secrets in the database are encrypted with a key that lies elsewhere. See docs/operating/secrets.md.

-- The master keys that this database has known. The id is derived from the key and reveals nothing of it.
CREATE TABLE master_keys (
    id    text        PRIMARY KEY CHECK (id ~ '^[0-9a-f]{16}$'),
    state text        NOT NULL CHECK (state IN ('current', 'retiring', 'retired')), -- retiring: rows may still be encrypted with it
    since timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX master_keys_one_current ON master_keys (state) WHERE state = 'current';

-- Keys of the server's own that outlive a rotation of the master key, such as the key of links in mails.
CREATE TABLE signing_keys (
    name   text  PRIMARY KEY,
    secret bytea NOT NULL                                           -- encrypted
);
