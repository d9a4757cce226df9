-- Room: Payments. What Paymob was asked for. It has no idempotency keys: a name is taken once, and what went back is known only as a sum.

-- An order that a customer pays on Paymob's page. "key" is the payment's id.
CREATE TABLE paymob_orders (
    project_id integer NOT NULL REFERENCES projects (id),
    key        uuid    NOT NULL,
    attempts   integer NOT NULL DEFAULT 1,                          -- names that were used up: an order whose answer was lost is shown to nobody
    reference  text,                                                -- the name of the one that is shown
    order_id   bigint,                                              -- Paymob's id of it
    page       text,
    expires_at timestamptz,                                         -- real time; after that the page takes nothing
    PRIMARY KEY (project_id, key),
    CHECK ((reference IS NULL) = (order_id IS NULL) AND (reference IS NULL) = (page IS NULL) AND (reference IS NULL) = (expires_at IS NULL))
);
CREATE INDEX paymob_orders_by_order ON paymob_orders (project_id, order_id) WHERE order_id IS NOT NULL;

-- Money that goes back. The row is committed before Paymob is asked.
CREATE TABLE paymob_refunds (
    project_id  integer NOT NULL REFERENCES projects (id),
    key         uuid    NOT NULL,
    transaction bigint  NOT NULL,                                   -- what was paid
    amount      bigint  NOT NULL CHECK (amount > 0),
    before      bigint  NOT NULL CHECK (before >= 0),               -- what had gone back of it when this one was ordered
    reference   bigint,                                             -- the refund's own transaction, once it is known
    failure     text,
    is_done     boolean NOT NULL DEFAULT false,
    PRIMARY KEY (project_id, key)
);
-- One after the other: of two at once the sum would not tell which was done.
CREATE UNIQUE INDEX paymob_refunds_one_open       ON paymob_refunds (project_id, transaction) WHERE NOT is_done;
CREATE INDEX        paymob_refunds_of_transaction ON paymob_refunds (project_id, transaction);
