-- Room: Customers. Requests with an Idempotency-Key whose effect has no natural key (a refund, a credit note, money given by hand): written in the
-- transaction of the effect, so that a repeat finds it also when the answer was never stored.
CREATE TABLE customer_requests (
    partition smallint    NOT NULL,
    account   integer     NOT NULL,
    request   uuid        NOT NULL,                                 -- a hash of the key and of all that was asked
    result    text        NOT NULL,                                 -- the id of what came of it
    at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (partition, account, request)
);

-- Room: Payments. What went back of money that had become credit takes the credit, and no invoice gets a credit note over it.
ALTER TABLE refunds ALTER COLUMN credit_note DROP NOT NULL;
ALTER TABLE refunds ADD COLUMN from_credit bigint NOT NULL DEFAULT 0 CHECK (from_credit BETWEEN 0 AND amount);
ALTER TABLE refunds ADD CHECK ((credit_note IS NULL) = (from_credit = amount));
-- Lists by invoice and by status read their own rows only.
CREATE INDEX payments_by_invoice ON payments (project_id, invoice, sequence);
CREATE INDEX payments_by_status  ON payments (project_id, status, sequence);

-- Room: Invoicing.
ALTER TABLE customer_credits DROP CONSTRAINT customer_credits_cause_check;
ALTER TABLE customer_credits ADD CONSTRAINT customer_credits_cause_check
    CHECK (cause IN ('proration', 'invoice', 'credit_note', 'manual', 'payment', 'refund'));
