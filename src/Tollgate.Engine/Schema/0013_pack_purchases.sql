-- Room: Invoicing
-- Facts: credit packs that were bought, and what was promised with them: a later catalogue changes nothing of it. The units are a
-- grant under "grant_id", which is made of the purchase's own id: they are given once, when the invoice is paid.
CREATE TABLE pack_purchases (
    partition          smallint      NOT NULL,
    account            integer       NOT NULL,
    id                 uuid          NOT NULL,
    project_id         integer       NOT NULL REFERENCES projects (id),
    reference          text,                                        -- the caller's id, when it was not a UUID
    pack               text          NOT NULL,
    name               text          NOT NULL,
    feature            integer       NOT NULL REFERENCES features (id),
    count              bigint        NOT NULL CHECK (count > 0),
    units              numeric(27,9) NOT NULL CHECK (units > 0),    -- of all of them
    currency           text          NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    unit_amount        bigint        NOT NULL CHECK (unit_amount >= 0),
    priority           smallint      NOT NULL CHECK (priority BETWEEN 0 AND 1000),
    expires_after_days integer       CHECK (expires_after_days > 0),    -- from the payment on
    invoice            uuid          NOT NULL,
    grant_id           uuid          NOT NULL,
    bought_at          timestamptz   NOT NULL,
    created_at         timestamptz   NOT NULL DEFAULT now(),
    PRIMARY KEY (partition, account, id)
);
CREATE UNIQUE INDEX pack_purchases_by_invoice ON pack_purchases (partition, account, invoice);
