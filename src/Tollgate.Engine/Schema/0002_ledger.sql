-- Room: Ledger. Balances, grants, holds and usage events: what the hot path reads and writes.
-- Rules that every statement keeps:
--   * a balance row's version moves with each change of that customer's feature (used, held, grants, rate windows),
--     so "WHERE version = the one I decided on" arbitrates between any number of servers;
--   * no index on a changing column and free space in each page, so that updates stay in their page (HOT);
--   * events are facts: inserted once, never updated, dropped by month.

-- Customer × feature × quota period. granted - used - held is what is left; see Core/Quotas for the arithmetic.
CREATE TABLE balances (
    account      integer       NOT NULL,
    feature      integer       NOT NULL,
    period_start timestamptz   NOT NULL,
    period_end   timestamptz   NOT NULL,
    version      bigint        NOT NULL DEFAULT 1,
    denied       bigint        NOT NULL DEFAULT 0,                  -- decisions refused: the only trace of a denial
    partition    smallint      NOT NULL,
    fired        smallint      NOT NULL DEFAULT 0,                  -- highest threshold percent recorded for this period
    open_holds   smallint      NOT NULL DEFAULT 0,
    used         numeric(27,9) NOT NULL DEFAULT 0 CHECK (used >= 0),
    held         numeric(27,9) NOT NULL DEFAULT 0 CHECK (held >= 0),
    drawn        numeric(27,9) NOT NULL DEFAULT 0,                  -- part of used that grants or a pool paid for
    carried      numeric(27,9) NOT NULL DEFAULT 0,                  -- overage of the period before, charged to this one
    quota        numeric(27,9),                                     -- the plan's own quota when last decided; null = unlimited
    PRIMARY KEY (partition, account, feature, period_start),
    CHECK (period_start < period_end),
    CHECK (drawn BETWEEN 0 AND used)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

-- Quantities beside the plan's own quota. used moves only together with a balance of the same customer and feature.
CREATE TABLE grants (
    partition    smallint      NOT NULL,
    account      integer       NOT NULL,
    feature      integer       NOT NULL,
    id           uuid          NOT NULL,
    source       text          NOT NULL CHECK (source IN ('rollover', 'topup', 'promotion', 'gift')),
    priority     smallint      NOT NULL,
    amount       numeric(27,9) NOT NULL CHECK (amount > 0),
    used         numeric(27,9) NOT NULL DEFAULT 0 CHECK (used >= 0),
    forfeited    numeric(27,9) NOT NULL DEFAULT 0 CHECK (forfeited >= 0), -- taken back unused: trimmed rollover, voided rest
    effective_at timestamptz   NOT NULL,
    expires_at   timestamptz   NOT NULL,
    created_at   timestamptz   NOT NULL,
    reference    text,                                              -- the caller's id, when it was not a UUID
    PRIMARY KEY (partition, account, id),
    CHECK (used + forfeited <= amount),
    CHECK (effective_at < expires_at)
) WITH (fillfactor = 70);

-- A reservation: taken before the work, settled with the true amount or released; expires by itself.
CREATE TABLE holds (
    partition     smallint        NOT NULL,
    account       integer         NOT NULL,
    id            uuid            NOT NULL,
    project_id    integer         NOT NULL,
    state         text            NOT NULL CHECK (state IN ('open', 'settled', 'released', 'expired')),
    features      integer[]       NOT NULL,                         -- what was asked for
    amounts       numeric(27,9)[] NOT NULL,
    held_features integer[]       NOT NULL,                         -- the balance rows that carry it
    held_periods  timestamptz[]   NOT NULL,
    held_amounts  numeric(27,9)[] NOT NULL,
    created_at    timestamptz     NOT NULL,
    expires_at    timestamptz     NOT NULL,
    closed_at     timestamptz,
    reference     text,                                             -- the caller's id, when it was not a UUID
    data          jsonb           NOT NULL DEFAULT '{}',
    PRIMARY KEY (partition, account, id),
    CHECK ((state = 'open') = (closed_at IS NULL)),
    CHECK (cardinality(features) = cardinality(amounts)),
    CHECK (cardinality(held_features) = cardinality(held_amounts) AND cardinality(held_features) = cardinality(held_periods))
) WITH (fillfactor = 70);
CREATE INDEX holds_by_id   ON holds (project_id, id);
CREATE INDEX holds_to_free ON holds (expires_at) WHERE state = 'open';

-- Where a rate window stands. Guarded by the version of the feature's balance row.
CREATE TABLE rate_states (
    account     integer       NOT NULL,
    feature     integer       NOT NULL,
    slot        smallint      NOT NULL,                             -- position of the limit in the entitlement
    partition   smallint      NOT NULL,
    fingerprint integer       NOT NULL,                             -- of the limit; another limit in the slot starts afresh
    moment      timestamptz   NOT NULL,                             -- GCRA: theoretical arrival time. Fixed window: its start
    used        numeric(27,9) NOT NULL DEFAULT 0,                   -- fixed window: units so far
    PRIMARY KEY (partition, account, feature, slot)
) WITH (fillfactor = 50);

-- Values that a "unique" meter has seen in a period.
CREATE TABLE unique_values (
    partition    smallint    NOT NULL,
    account      integer     NOT NULL,
    feature      integer     NOT NULL,
    period_start timestamptz NOT NULL,
    value        uuid        NOT NULL,                              -- first 128 bits of SHA-256 of the text
    PRIMARY KEY (partition, account, feature, period_start, value)
);

-- Each threshold once per customer, feature and period, in the transaction that crossed it.
CREATE TABLE threshold_crossings (
    partition    smallint      NOT NULL,
    account      integer       NOT NULL,
    feature      integer       NOT NULL,
    period_start timestamptz   NOT NULL,
    percent      smallint      NOT NULL,
    used         numeric(27,9) NOT NULL,
    granted      numeric(27,9) NOT NULL,
    crossed_at   timestamptz   NOT NULL,
    PRIMARY KEY (partition, account, feature, period_start, percent)
);

-- Usage events, by month. "month" is a function of the id where the id tells its time (UUIDv7) and of the moment of
-- recording otherwise; the unique key is the arbiter of duplicates. A retry of an id that does not tell its time looks
-- into the earlier months too (see LedgerSql). Column order avoids padding; no nulls, so no null bitmap:
-- about 90 bytes a row and 60 bytes in the one index.
CREATE TABLE events (
    occurred_at  timestamptz   NOT NULL,
    period_start timestamptz   NOT NULL,                            -- of the balance that carries it
    id           uuid          NOT NULL,
    account      integer       NOT NULL,
    feature      integer       NOT NULL,                            -- 0: no meter matched
    month        date          NOT NULL,
    partition    smallint      NOT NULL,
    quantity     numeric(27,9) NOT NULL,
    used_after   numeric(27,9) NOT NULL,                            -- of the balance, right after this event
    data         jsonb         NOT NULL DEFAULT '{}',               -- see Engine/Ledger/EventData.cs
    PRIMARY KEY (partition, account, id, month)
) PARTITION BY RANGE (month);

-- Creates the events partition of the month that holds the given day, if it is missing.
CREATE FUNCTION ensure_events_month(day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    first date := date_trunc('month', day)::date;
    name  text := 'events_' || to_char(first, 'YYYYMM');
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(7234001, to_char(first, 'YYYYMM')::int);
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF events FOR VALUES FROM (%L) TO (%L)',
                   name, first, (first + interval '1 month')::date);
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %I USING brin (occurred_at) WITH (pages_per_range = 32)',
                   name || '_by_time', name);
END $$;

-- Raises when a statement touched another number of rows than the batch decided on. 'TG001': a balance was changed by
-- somebody else. 'TG002': an event id exists already. The whole batch is rolled back and decided again.
CREATE FUNCTION expect_rows(actual bigint, expected bigint, code text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF actual <> expected THEN
        RAISE EXCEPTION 'expected % rows, found %', expected, actual USING ERRCODE = code;
    END IF;
END $$;

-- What everything outside the lanes calls when it changes what a customer may do (plan, override, grant): decisions
-- made on the old state are then stale and are made again.
-- "the_now" is the project's clock; older periods than the accept window of late events take no decisions any more.
CREATE FUNCTION touch_account(the_partition smallint, the_account integer, the_now timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    touched integer;
BEGIN
    -- The customer first: lanes that lock take the same order.
    UPDATE customers SET version = version + 1, updated_at = now()
     WHERE partition = the_partition AND account = the_account
    RETURNING version INTO touched;
    UPDATE balances SET version = version + 1
     WHERE partition = the_partition AND account = the_account AND period_end > the_now - interval '40 days';
    RETURN touched;
END $$;
