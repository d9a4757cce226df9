-- Facts in the order in which they became true, payments among what is told, and indexes for what is looked for among events and
-- deliveries. See docs/decisions/0015-the-facts-are-the-outbox.md.

-- Where a fact stands: not before the transaction that writes it, and not before any that had ended when it was written. Of two facts of one
-- customer the later one was written while the customer was held, after the earlier one's transaction had ended: it never stands before it,
-- also where its transaction had begun, and had its number, long before. Where both stand on one place their own numbers are the order.
CREATE FUNCTION place_of_fact() RETURNS xid8 LANGUAGE sql VOLATILE AS $$
    SELECT greatest(pg_current_xact_id(), (pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1)::text::xid8)
$$;

-- Room: Subscriptions ------------------------------------------------------------------------------------------
ALTER TABLE subscription_facts ALTER COLUMN xid SET DEFAULT place_of_fact();

-- Room: Invoicing ----------------------------------------------------------------------------------------------
ALTER TABLE invoice_facts ALTER COLUMN xid SET DEFAULT place_of_fact();

-- Room: Ledger -------------------------------------------------------------------------------------------------
ALTER TABLE threshold_crossings ALTER COLUMN xid SET DEFAULT place_of_fact();

-- Room: Payments. What was written before is not told: see 0020. ----------------------------------------------
ALTER TABLE payment_facts ADD COLUMN xid xid8;
ALTER TABLE payment_facts ALTER COLUMN xid SET DEFAULT place_of_fact();
CREATE INDEX payment_facts_by_xid ON payment_facts (xid) WHERE xid IS NOT NULL;
ALTER TABLE checkout_facts   ALTER COLUMN xid SET DEFAULT place_of_fact();
ALTER TABLE collection_facts ALTER COLUMN xid SET DEFAULT place_of_fact();

-- Room: Webhooks -----------------------------------------------------------------------------------------------
CREATE INDEX webhook_events_by_time         ON webhook_events (project_id, published_at);
CREATE INDEX webhook_events_by_type         ON webhook_events (project_id, type, position);
CREATE INDEX webhook_deliveries_by_state    ON webhook_deliveries (project_id, state, number);
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint, state, number);
