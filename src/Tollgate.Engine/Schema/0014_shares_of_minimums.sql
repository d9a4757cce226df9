-- Room: Subscriptions
-- Of terms that were in force for a part of a period the agreed minimum is that share of the time: since when the terms are in force in
-- the running period, and what usage of it has to come to for the terms before them (minor units; negative where their price was more).
ALTER TABLE subscriptions
    ADD COLUMN terms_since timestamptz,
    ADD COLUMN committed   bigint NOT NULL DEFAULT 0;
UPDATE subscriptions SET terms_since = period_start;
ALTER TABLE subscriptions ALTER COLUMN terms_since SET NOT NULL;
