-- Discounts and taxes apply once. See docs/decisions/0019-taxes-and-discounts-once.md.

-- Room: Subscriptions. What percentages of coupons took off the price of the running period, in percent: unused time is given back without it.
ALTER TABLE subscriptions ADD COLUMN reduced numeric(9,6) NOT NULL DEFAULT 0;
ALTER TABLE subscriptions ADD CONSTRAINT subscriptions_reduced_check CHECK (reduced BETWEEN 0 AND 100) NOT VALID;
-- What coupons of an amount that comes off each period took off it, for the time that the terms in force have left: where the period ends early, unused time
-- is given back without its share.
ALTER TABLE subscriptions ADD COLUMN amount_off bigint NOT NULL DEFAULT 0;
ALTER TABLE subscriptions ADD CONSTRAINT subscriptions_amount_off_check CHECK (amount_off >= 0) NOT VALID;
-- What was agreed to come off the plan's price before coupons; null: what the catalogue says.
ALTER TABLE subscriptions ADD COLUMN discount jsonb;

-- Of periods that an older version billed the lines say what coupons took off: percentages those of the newest invoice that asked for the period. Lines of the time
-- in which a subscription had one coupon do not name what took it off; their text does.
UPDATE subscriptions s
   SET reduced = x.reduced
  FROM (SELECT n.partition, n.account, n.id,
               CASE WHEN bool_or(n.percent >= 100) THEN 100 ELSE round(100 - 100 * exp(sum(ln(1 - n.percent / 100)) FILTER (WHERE n.percent < 100)), 6) END AS reduced
          FROM (SELECT p.partition, p.account, p.id, (c.document ->> 'percent_off')::numeric AS percent
                  FROM (SELECT DISTINCT ON (s.partition, s.account, s.id) s.partition, s.account, s.id, i.id AS invoice
                          FROM subscriptions s
                          JOIN invoices i ON i.partition = s.partition AND i.account = s.account AND i.subscription = s.id
                         WHERE s.ended_at IS NULL AND s.managed_by IS NULL
                           AND EXISTS (SELECT FROM invoice_lines l
                                        WHERE l.partition = i.partition AND l.account = i.account AND l.invoice = i.id
                                          AND l.kind <> 'usage' AND l.amount > 0 AND l.period_end = s.period_end)
                         ORDER BY s.partition, s.account, s.id, i.serial DESC) p
                  JOIN invoice_lines d ON d.partition = p.partition AND d.account = p.account AND d.invoice = p.invoice AND d.kind = 'discount'
                  JOIN redemptions   r ON r.partition = d.partition AND r.account = d.account AND r.subscription = p.id
                                      AND CASE WHEN d.redemption IS NULL THEN r.code = split_part(d.description, ' ', 2) ELSE r.sequence = d.redemption END
                  JOIN coupons       c ON c.project_id = r.project_id AND c.code = r.code
                 WHERE c.document ->> 'percent_off' IS NOT NULL) n
         GROUP BY n.partition, n.account, n.id) x
 WHERE s.partition = x.partition AND s.account = x.account AND s.id = x.id;
UPDATE subscriptions s
   SET amount_off = x.amount
  FROM (SELECT s.partition, s.account, s.id,
               trunc(sum(-d.amount * p.share) * extract(epoch FROM s.period_end - s.terms_since) / extract(epoch FROM s.period_end - s.period_start))::bigint AS amount
          FROM subscriptions s
          JOIN invoices      i ON i.partition = s.partition AND i.account = s.account AND i.subscription = s.id AND i.status <> 'void' AND i.period_start >= s.period_start
         CROSS JOIN LATERAL (SELECT coalesce(sum(l.amount) FILTER (WHERE l.kind <> 'usage' AND l.period_end = s.period_end) / nullif(sum(l.amount), 0), 0) AS share
                               FROM invoice_lines l
                              WHERE l.partition = i.partition AND l.account = i.account AND l.invoice = i.id AND l.amount > 0) p
          JOIN invoice_lines d ON d.partition = i.partition AND d.account = i.account AND d.invoice = i.id AND d.kind = 'discount'
          JOIN redemptions   r ON r.partition = d.partition AND r.account = d.account AND r.subscription = s.id AND r.amount IS NULL
                              AND CASE WHEN d.redemption IS NULL THEN r.code = split_part(d.description, ' ', 2) ELSE r.sequence = d.redemption END
          JOIN coupons       c ON c.project_id = r.project_id AND c.code = r.code
         WHERE s.ended_at IS NULL AND c.document ->> 'amount_off' IS NOT NULL AND c.document ->> 'duration' <> 'once'
         GROUP BY s.partition, s.account, s.id, s.period_start, s.period_end, s.terms_since) x
 WHERE s.partition = x.partition AND s.account = x.account AND s.id = x.id;

-- Room: Invoicing. An invoice that gives money back has negative tax.
ALTER TABLE invoices DROP CONSTRAINT invoices_tax_check;
-- The taxes on top of "prorated" that went back with it. Until this migration they did not.
ALTER TABLE invoices ADD COLUMN prorated_tax bigint NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD CONSTRAINT invoices_prorated_tax_check CHECK (prorated_tax >= 0) NOT VALID;

-- Room: Customers. Why the customer pays no tax, and the document that proves it; null: it pays.
ALTER TABLE customers ADD COLUMN tax_exempt jsonb;
