-- Positions of facts. A fact table carries the column xid with the default place_of_fact(); webhooks and mails read facts in that order.
-- See docs/decisions/0015-the-facts-are-the-outbox.md.

-- Places are transaction numbers, which belong to one PostgreSQL. A restore replaces this function, so that a restored copy continues after the last
-- place of the original; everywhere else the shift stays 0. Immutable, so that it costs nothing: connections to a copy begin after the replacement.
CREATE FUNCTION fact_place_shift() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT 0::bigint';

-- The place of a fact is not before the transaction that writes it, and not before any transaction that had ended when the fact was written. The later
-- of two facts of one customer is written under the customer's lock, after the transaction of the earlier one has ended: its place is never before that
-- of the earlier one, even if its own transaction began long before. Facts with one place are ordered by their own numbers.
CREATE FUNCTION place_of_fact() RETURNS xid8 LANGUAGE sql VOLATILE AS $$
    SELECT (greatest(pg_current_xact_id()::text::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1) + fact_place_shift())::text::xid8
$$;

-- Facts below this place are final: every transaction that could still write one there has ended.
CREATE FUNCTION facts_stand_below() RETURNS xid8 LANGUAGE sql STABLE AS $$
    SELECT (pg_snapshot_xmin(pg_current_snapshot())::text::bigint + fact_place_shift())::text::xid8
$$;
