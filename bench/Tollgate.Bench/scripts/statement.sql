-- Decide and record in one statement: the strongest design without batching.
\set customer random(1, 10000)
WITH taken AS (UPDATE counters SET used = used + 1 WHERE customer = :customer AND used + 1 <= quota RETURNING customer) INSERT INTO facts (customer, quantity, occurred_at) SELECT customer, 1, now() FROM taken;
