-- The tables of the PostgreSQL peers, in a separate database with the same instance, settings and disk as ours.

-- The best single statement: counters with room for HOT updates, and facts with the cheapest possible key (an increasing number), so that
-- the peer is as strong as possible.
CREATE TABLE counters (
    customer integer PRIMARY KEY,
    used     bigint  NOT NULL DEFAULT 0,
    quota    bigint  NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE facts (
    customer    integer     NOT NULL,
    sequence    bigint      GENERATED ALWAYS AS IDENTITY,
    quantity    bigint      NOT NULL,
    occurred_at timestamptz NOT NULL,
    PRIMARY KEY (customer, sequence)
);

INSERT INTO counters (customer, quota) SELECT n, 1000000000 FROM generate_series(1, 10000) n;

-- The seeds' design: count this month's rows, then write. 1,000 customers with 1,000 events each this month, in the order of their arrival.
CREATE TABLE usage_log (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer   integer     NOT NULL,
    feature    text        NOT NULL,
    quantity   bigint      NOT NULL,
    created_at timestamptz NOT NULL
);

INSERT INTO usage_log (customer, feature, quantity, created_at)
SELECT customer, 'ats_scan', 1, date_trunc('month', now()) + (now() - date_trunc('month', now())) * (turn / 1001.0)
  FROM generate_series(1, 1000) turn, generate_series(1, 1000) customer;

CREATE INDEX usage_log_by_customer ON usage_log (customer, feature, created_at);

VACUUM ANALYZE counters, facts, usage_log;
