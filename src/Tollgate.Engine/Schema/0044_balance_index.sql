-- Room: Ledger. An index of reports, in a file of its own: while it is built, only balances wait.

-- The periods of a feature that are not over: projections, and the use of all customers. A feature belongs to one project. A decision changes neither column,
-- so only the first use of a period writes an entry.
CREATE INDEX balances_by_feature ON balances (feature, period_end);
