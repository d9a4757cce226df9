-- What takes something off invoices before tax, in the order of redemption: coupons of subscriptions, and promotional credits of
-- customers. See docs/decisions/0013-what-is-taken-off.md.

-- Room: Invoicing
CREATE TABLE redemptions (
    partition    smallint    NOT NULL,
    account      integer     NOT NULL,
    sequence     bigint      GENERATED ALWAYS AS IDENTITY,
    project_id   integer     NOT NULL REFERENCES projects (id),
    subscription uuid,                                              -- whose coupon it is; null: promotional credit
    code         text        COLLATE "C",                           -- the coupon's; null: promotional credit
    at_start     boolean     NOT NULL DEFAULT false,                -- the coupon was named when the subscription began
    currency     text        CHECK (currency ~ '^[A-Z]{3}$'),
    amount       bigint      CHECK (amount > 0),                    -- lasts until it is used up; null: the coupon's terms apply to each invoice anew
    remaining    bigint,                                            -- "amount" less what invoices that are not void had of it
    redeemed_at  timestamptz NOT NULL,
    ends_at      timestamptz,                                       -- takes nothing off from then on; null: never
    used         integer     NOT NULL DEFAULT 0 CHECK (used >= 0),  -- invoices that it took something off
    spent        boolean     NOT NULL DEFAULT false,
    actor        text,                                              -- who gave promotional credit; a coupon's is in the timeline
    note         text,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (partition, account, sequence),
    UNIQUE (partition, account, subscription, code),
    FOREIGN KEY (project_id, code) REFERENCES coupons (project_id, code),
    CHECK ((code IS NULL) = (subscription IS NULL)),
    CHECK (code IS NOT NULL OR amount IS NOT NULL),
    CHECK ((amount IS NULL) = (remaining IS NULL) AND (amount IS NULL) = (currency IS NULL)),
    CHECK (remaining BETWEEN 0 AND amount)
) WITH (fillfactor = 80);

INSERT INTO redemptions (partition, account, project_id, subscription, code, at_start, redeemed_at, ends_at, used, spent)
SELECT partition, account, project_id, subscription, code, true, redeemed_at, ends_at, used, spent
  FROM coupon_redemptions
 ORDER BY redeemed_at, code;
DROP TABLE coupon_redemptions;

-- What a batch of invoices reads.
CREATE INDEX redemptions_open    ON redemptions (partition, account) WHERE NOT spent;
CREATE INDEX redemptions_by_code ON redemptions (project_id, code) WHERE code IS NOT NULL;

-- Of a discount: what took it off. The line is the fact; a void invoice gives it back.
ALTER TABLE invoice_lines ADD COLUMN redemption bigint;

-- Who gave or took back money by hand.
ALTER TABLE customer_credits ADD COLUMN actor text;
