-- What changes, pauses and cancellations gave back of an invoice's time, net of taxes that are added to prices. It cannot go back a second time, by a
-- refund or a credit note. Of invoices of before it is not known.
ALTER TABLE invoices ADD COLUMN prorated bigint NOT NULL DEFAULT 0 CHECK (prorated >= 0);
