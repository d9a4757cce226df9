-- The other side of S10: the best of one backend with the simplest design. Usage is already summed, five features with two tiers each,
-- invoices and lines with one key each. No proration, taxes, coupons, credits, facts, numbers or parties.
CREATE SCHEMA ceiling;
CREATE TABLE ceiling.usage (customer integer, feature smallint, used numeric, PRIMARY KEY (customer, feature));
CREATE TABLE ceiling.tiers (feature smallint, above numeric, up_to numeric, unit_price numeric, flat_fee numeric);
INSERT INTO ceiling.tiers
     SELECT feature, tier * 20, CASE tier WHEN 0 THEN 20 ELSE 1e12 END, 0.02 / (1 + tier), 0
       FROM generate_series(1, 5) AS feature CROSS JOIN generate_series(0, 1) AS tier;
CREATE TABLE ceiling.invoices (id bigint PRIMARY KEY, customer integer NOT NULL, period_start timestamptz NOT NULL, period_end timestamptz NOT NULL, total bigint NOT NULL);
CREATE TABLE ceiling.lines (invoice bigint, position smallint, feature smallint, description text NOT NULL, quantity numeric NOT NULL, amount bigint NOT NULL, PRIMARY KEY (invoice, position));
