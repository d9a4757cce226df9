-- Room: Payments. Orders at Paymob that are paid by a saved card and not on a page: a decline is the end of one.
ALTER TABLE paymob_orders ADD COLUMN is_charge boolean NOT NULL DEFAULT false;
