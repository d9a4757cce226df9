-- Discounts and taxes apply once. See docs/decisions/0019-taxes-and-discounts-once.md.

-- Room: Subscriptions. What percentages of coupons took off the price of the running period, in percent: unused time is given back without it.
-- Of periods that were billed before this migration it is 0, and what was billed bounds what is given back.
ALTER TABLE subscriptions ADD COLUMN reduced numeric(9,6) NOT NULL DEFAULT 0 CHECK (reduced BETWEEN 0 AND 100);
-- What was agreed to come off the plan's price before coupons; null: what the catalogue says.
ALTER TABLE subscriptions ADD COLUMN discount jsonb;

-- Room: Invoicing. An invoice that gives money back has negative tax.
ALTER TABLE invoices DROP CONSTRAINT invoices_tax_check;
-- The taxes on top of "prorated" that went back with it. Until this migration they did not.
ALTER TABLE invoices ADD COLUMN prorated_tax bigint NOT NULL DEFAULT 0 CHECK (prorated_tax >= 0);

-- Room: Customers. Why the customer pays no tax, and the document that proves it; null: it pays.
ALTER TABLE customers ADD COLUMN tax_exempt jsonb;
