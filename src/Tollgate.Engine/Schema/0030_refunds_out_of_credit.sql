-- Room: Payments. Money that paid no invoice became credit, and goes back out of it.
ALTER TABLE refunds ALTER COLUMN invoice DROP NOT NULL;
