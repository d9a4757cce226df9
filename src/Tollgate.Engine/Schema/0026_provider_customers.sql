-- Room: Payments. Whom providers know our customers as. See docs/decisions/0014-payments.md.

-- Tests and real money are two worlds: the same account at a provider has other customers in each.
CREATE TABLE provider_customers (
    partition  smallint    NOT NULL,
    account    integer     NOT NULL,
    provider   text        NOT NULL,
    is_live    boolean     NOT NULL,
    project_id integer     NOT NULL REFERENCES projects (id),
    reference  text        COLLATE "C" NOT NULL,                    -- the provider's own id
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (partition, account, provider, is_live)
);
CREATE INDEX provider_customers_by_reference ON provider_customers (project_id, provider, reference);
