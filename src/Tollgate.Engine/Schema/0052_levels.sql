-- Room: Ledger. A level is a feature whose last reported value is used (seats, stored gigabytes). Null in every other row.
ALTER TABLE balances ADD COLUMN report_at timestamptz;             -- when the report happened that counts; null: all were voided
ALTER TABLE balances ADD COLUMN reports   integer;                 -- recorded in the period, voided ones too: their order
