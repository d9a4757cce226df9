-- Room: Webhooks. Endpoints that nobody switched off and that get nothing any more, and the fact of it, which is told as all others are. See
-- docs/decisions/0015-the-facts-are-the-outbox.md.

-- The first failure since the last good attempt. Null: the last attempt was good, or none was made; of what failed before this version the next failure is the first.
ALTER TABLE webhook_endpoints ADD COLUMN failing_since timestamptz;
ALTER TABLE webhook_endpoints DROP CONSTRAINT webhook_endpoints_disabled_reason_check;
ALTER TABLE webhook_endpoints ADD CONSTRAINT webhook_endpoints_disabled_reason_check CHECK (disabled_reason IN ('asked', 'gone', 'failing'));

-- Facts. Real time, as sending is.
CREATE TABLE webhook_endpoint_facts (
    endpoint   uuid        NOT NULL REFERENCES webhook_endpoints (id),
    sequence   integer     NOT NULL,
    project_id integer     NOT NULL,
    verb       text        NOT NULL CHECK (verb IN ('disable')),
    reason     text        NOT NULL CHECK (reason IN ('gone', 'failing')),
    at         timestamptz NOT NULL DEFAULT now(),
    xid        xid8        NOT NULL DEFAULT place_of_fact(),
    PRIMARY KEY (endpoint, sequence)
);
CREATE INDEX webhook_endpoint_facts_by_xid ON webhook_endpoint_facts (xid);
