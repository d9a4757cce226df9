-- The same statement, all callers on one customer: each waits for the commit of the previous one.
WITH taken AS (UPDATE counters SET used = used + 1 WHERE customer = 1 AND used + 1 <= quota RETURNING customer) INSERT INTO facts (customer, quantity, occurred_at) SELECT customer, 1, now() FROM taken;
