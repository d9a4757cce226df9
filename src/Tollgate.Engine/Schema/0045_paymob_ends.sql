-- Room: Payments.

-- True: no order is stored, shown or charged any more, because the payment was canceled without one.
ALTER TABLE paymob_orders ADD COLUMN is_ended boolean NOT NULL DEFAULT false;
ALTER TABLE paymob_orders ADD CHECK (NOT is_ended OR page IS NULL);
