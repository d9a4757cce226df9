-- Room: Invoicing
-- What a quota period was rated by, stretch by stretch: from when to when, plan version, quota, price, units beyond. Null: the row is of a
-- version that rated a period by one quota and price, and they stay what it is rated by.
ALTER TABLE rated_usage ADD COLUMN parts jsonb;

-- Periods with an agreed minimum that are over: usage of them that is reported or voided later is compared with the minimum again.
CREATE TABLE minimum_periods (
    partition    smallint    NOT NULL,
    account      integer     NOT NULL,
    subscription uuid        NOT NULL,
    period_start timestamptz NOT NULL,
    period_end   timestamptz NOT NULL,
    currency     text        NOT NULL,
    required     bigint      NOT NULL CHECK (required > 0),         -- what usage has to come to, beside the plan's price
    usage        bigint      NOT NULL,                              -- what it came to
    billed       bigint      NOT NULL CHECK (billed >= 0),          -- what lines of kind "minimum" ask for
    PRIMARY KEY (partition, account, subscription, period_start)
);
