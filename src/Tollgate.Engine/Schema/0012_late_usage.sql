-- Room: Invoicing
-- Usage beyond the quota that came when its period was invoiced already, of features that ignore such (late_events:
-- ignore_and_report): recorded and counted, not billed, listed. What it would have cost is kept with it.
ALTER TABLE rated_usage
    ADD COLUMN ignored_quantity numeric(27,9) NOT NULL DEFAULT 0 CHECK (ignored_quantity >= 0),
    ADD COLUMN ignored_amount   bigint        NOT NULL DEFAULT 0;
-- Hardly a row has any, and the list asks for those alone.
CREATE INDEX rated_usage_ignored ON rated_usage (partition, account) WHERE ignored_quantity > 0;
