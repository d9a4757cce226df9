-- Rooms: Payments, Ledger. Indexes of reports, whose cost then follows their range and not the history of the project.

-- Payments by the time of their end: the success of payments and cash by day.
CREATE INDEX payments_by_end ON payments (project_id, settled_at) INCLUDE (status, currency, amount) WHERE settled_at IS NOT NULL;
-- Refunds have no project, so reports reach them through their payments; few payments have one.
CREATE INDEX payments_refunded ON payments (project_id) WHERE refunded > 0;

-- The periods of a feature that are not over: projections, and the use of all customers. A feature belongs to one project. A decision changes neither column,
-- so only the first use of a period writes an entry.
CREATE INDEX balances_by_feature ON balances (feature, period_end);
