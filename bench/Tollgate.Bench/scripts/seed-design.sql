-- The seeds' design done correctly: lock the customer, sum the month, compare in the application, insert.
\set customer random(1, 1000)
BEGIN;
SELECT pg_advisory_xact_lock(:customer);
SELECT coalesce(sum(quantity), 0) AS used FROM usage_log WHERE customer = :customer AND feature = 'ats_scan' AND created_at >= date_trunc('month', now()) \gset
\if :used < 1000000
INSERT INTO usage_log (customer, feature, quantity, created_at) VALUES (:customer, 'ats_scan', 1, now());
\endif
COMMIT;
