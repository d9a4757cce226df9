-- Room: Payments. Paymob has limits: an order that nobody pays is asked for less and less often.
ALTER TABLE paymob_orders
    ADD COLUMN made_at  timestamptz NOT NULL DEFAULT now(),         -- real time, as is asked_at
    ADD COLUMN asked_at timestamptz;                                -- when Paymob last answered what became of it
