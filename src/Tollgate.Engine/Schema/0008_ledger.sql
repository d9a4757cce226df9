-- Room: Ledger. Balances, grants, holds and usage events: the rows that the hot path reads and writes.
-- Rules that every statement keeps:
--   * a balance row's version moves with each change of that customer's feature (used, held, grants, rate windows),
--     so "WHERE version = the one I decided on" arbitrates between any number of servers;
--   * no index on a changing column and free space in each page, so that updates stay in their page (HOT);
--   * events are facts: inserted once, never updated, dropped by month.

-- Customer × feature × quota period. granted - used - held is left; see Core/Quotas for the arithmetic.
-- The table has no CHECK: PostgreSQL parses the checks of a table again for every statement that writes it, 25 µs of each batch. The ledger asserts
-- before it writes a row (Balance.AssertSound), and verify proves, that used and held are >= 0 and that drawn is between 0 and used.
-- Space on the pages: a fillfactor of 50 leaves room for new versions of a row on its page, but it also is the mark at which PostgreSQL cleans a page:
-- with the page half full, every update cleaned it once more, a fifth of the update's time. So the rows themselves make the room: "room" makes
-- a new row twice as wide as it needs to be, and its first update gives that back. Pages then are half empty, and cleaned when nine tenths full.
CREATE TABLE balances (
    account      integer       NOT NULL,
    feature      integer       NOT NULL,
    period_start timestamptz   NOT NULL,
    period_end   timestamptz   NOT NULL,
    version      bigint        NOT NULL DEFAULT 1,
    denied       bigint        NOT NULL DEFAULT 0,                  -- refused decisions: the only trace of a denial
    partition    smallint      NOT NULL,
    fired        smallint      NOT NULL DEFAULT 0,                  -- highest threshold percent recorded for this period
    open_holds   smallint      NOT NULL DEFAULT 0,
    used         numeric(27,9) NOT NULL DEFAULT 0,
    held         numeric(27,9) NOT NULL DEFAULT 0,
    drawn        numeric(27,9) NOT NULL DEFAULT 0,                  -- part of used that grants or a pool paid for
    carried      numeric(27,9) NOT NULL DEFAULT 0,                  -- overage of the period before, charged to this one
    quota        numeric(27,9),                                     -- the plan's own quota when last decided; null = unlimited
    room         text          NOT NULL DEFAULT repeat('.', 130),   -- space on the page, see above
    report_at    timestamptz,                                       -- of a level (aggregate "latest": seats, stored gigabytes): time of the report that counts; null: no level, or all reports were voided
    reports      integer,                                           -- of a level: reports recorded in the period, voided ones too: their order; null: no level
    level        numeric(27,9),                                     -- of a level that time weighs (aggregate "weighted_sum"): where it stands at the period's end, as far as reports say
    level_time   numeric(60,0),                                     -- its integral until the period's end: 10^-9 units times microseconds, exact; "used" is this divided by level_whole, rounded once
    level_whole  bigint,                                            -- microseconds of the period that nothing cuts
    PRIMARY KEY (partition, account, feature, period_start)
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE balances ALTER COLUMN room SET STORAGE PLAIN;           -- compressed it would take no space
-- A customer's running and billed periods, without the years before.
CREATE INDEX balances_by_end ON balances (partition, account, period_end);

-- Quantities beside the plan's own quota. used moves only together with a balance of the same customer and feature.
CREATE TABLE grants (
    partition    smallint      NOT NULL,
    account      integer       NOT NULL,
    feature      integer       NOT NULL,
    id           uuid          NOT NULL,
    source       text          NOT NULL CHECK (source IN ('rollover', 'topup', 'promotion', 'gift')),
    priority     smallint      NOT NULL,
    amount       numeric(27,9) NOT NULL,
    used         numeric(27,9) NOT NULL DEFAULT 0 CHECK (used >= 0),
    forfeited    numeric(27,9) NOT NULL DEFAULT 0 CHECK (forfeited >= 0), -- taken back unused: trimmed rollover, withdrawals, voided rest
    effective_at timestamptz   NOT NULL,
    expires_at   timestamptz   NOT NULL,
    created_at   timestamptz   NOT NULL,
    reference    text,                                              -- the caller's id, when it was not a UUID
    voided_at    timestamptz,                                       -- when the rest was taken back
    withdrawn    numeric(27,9) NOT NULL DEFAULT 0 CHECK (withdrawn >= 0), -- part of "forfeited" that callers took back; the bound of rollovers cut the rest, which later use of the same period lowers
    schedule     uuid,                                              -- which schedule made it: a caller's grant of the same name is not the schedule's
    PRIMARY KEY (partition, account, id),
    -- A rollover has amount 0 when late events prove the whole quota of its month used; a void of them takes that back.
    CONSTRAINT grants_amount_check CHECK (amount > 0 OR (amount = 0 AND source = 'rollover')),
    CHECK (used + forfeited <= amount),
    CHECK (effective_at < expires_at)
) WITH (fillfactor = 70);

-- A reservation: taken before the work, settled with the true amount or released; expires automatically.
CREATE TABLE holds (
    partition     smallint        NOT NULL,
    account       integer         NOT NULL,
    id            uuid            NOT NULL,
    project_id    integer         NOT NULL,
    state         text            NOT NULL CHECK (state IN ('open', 'settled', 'released', 'expired')),
    features      integer[]       NOT NULL,                         -- as requested
    amounts       numeric(27,9)[] NOT NULL,
    held_features integer[]       NOT NULL,                         -- the balance rows that carry it
    held_periods  timestamptz[]   NOT NULL,
    held_amounts  numeric(27,9)[] NOT NULL,
    created_at    timestamptz     NOT NULL,
    expires_at    timestamptz     NOT NULL,
    closed_at     timestamptz,
    reference     text,                                             -- the caller's id, when it was not a UUID
    member        text,                                             -- which member of the customer made it; null: the customer itself
    data          jsonb           NOT NULL DEFAULT '{}',
    PRIMARY KEY (partition, account, id),
    CHECK ((state = 'open') = (closed_at IS NULL)),
    CHECK (cardinality(features) = cardinality(amounts)),
    CHECK (cardinality(held_features) = cardinality(held_amounts) AND cardinality(held_features) = cardinality(held_periods))
) WITH (fillfactor = 70);
CREATE INDEX holds_by_id   ON holds (project_id, id);
-- Each project looks for its own expired holds by its own clock. Holds of a project whose test clock stands still have expired long ago in real time:
-- an index by time alone led every other project past all of them, every second.
CREATE INDEX holds_to_free ON holds (project_id, expires_at) WHERE state = 'open';

-- The state of a rate window. Guarded by the version of the feature's balance row.
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

-- Live reports of levels that time weighs (aggregate "weighted_sum"). A report holds until the next one, over the ends of quota periods: this table
-- has the level with which a period begins. Verify compares it with the events.
CREATE TABLE level_reports (
    occurred_at timestamptz   NOT NULL,
    account     integer       NOT NULL,
    feature     integer       NOT NULL,
    number      integer       NOT NULL,                             -- in the order of recording, of those of one instant
    partition   smallint      NOT NULL,
    level       numeric(27,9) NOT NULL,
    PRIMARY KEY (partition, account, feature, occurred_at, number)
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
    xid          xid8          NOT NULL DEFAULT place_of_fact(),
    PRIMARY KEY (partition, account, feature, period_start, percent)
);
CREATE INDEX threshold_crossings_by_xid ON threshold_crossings (xid);

-- Balances that changed long after the end of their quota period: late events, voids, late settlements. The next invoice looks
-- at those periods again, and at no other period of the past: the cost of a renewal does not grow with the customer's history.
CREATE TABLE late_changes (
    partition    smallint    NOT NULL,
    account      integer     NOT NULL,
    feature      integer     NOT NULL,
    period_start timestamptz NOT NULL,
    changed_at   timestamptz NOT NULL,                              -- the last time, by the project's clock
    PRIMARY KEY (partition, account, feature, period_start)
);
CREATE INDEX late_changes_by_time ON late_changes (partition, account, changed_at);

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

-- Creates the events partition of the month that holds the given day, if it is missing. The application's role makes the
-- partitions of the coming months by this function alone; it creates nothing else.
CREATE FUNCTION ensure_events_month(day date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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

-- Calls to models that the cost rollups have not taken in yet, and voided calls that they have not taken back. Written in the
-- transaction that writes the event; emptied in the transaction that writes the rollups: each call counts once,
-- whichever process is killed and when. No key and no index: rows live for a second and are taken in any order.
CREATE TABLE call_queue (
    id        uuid     NOT NULL,                                    -- of the call itself, also where sign is -1
    account   integer  NOT NULL,
    month     date     NOT NULL,                                    -- the partition of events that has the call
    partition smallint NOT NULL,
    sign      smallint NOT NULL CHECK (sign IN (1, -1))             -- -1: the call was voided
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);

-- A batch passes its rows as one array parameter for each table: an array for every column costs a function scan for every column; an array of rows
-- costs one. Types as in the tables, so that nothing is converted. Engine/Ledger/BatchWriter.cs writes them and must keep the order of the columns.
CREATE TYPE balance_change AS (
    period_start timestamptz,
    version      bigint,
    denied       bigint,
    account      integer,
    feature      integer,
    partition    smallint,
    fired        smallint,
    open_holds   smallint,
    used         numeric(27,9),
    held         numeric(27,9),
    drawn        numeric(27,9),
    quota        numeric(27,9)
);

CREATE TYPE new_event AS (
    occurred_at  timestamptz,
    period_start timestamptz,
    id           uuid,
    account      integer,
    feature      integer,
    month        date,
    partition    smallint,
    quantity     numeric(27,9),
    used_after   numeric(27,9),
    data         jsonb
);

-- Raises 'TG001' where it is evaluated: inside an UPDATE, for a row whose version is not the one decided on.
CREATE FUNCTION stale_row() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a row was changed by somebody else' USING ERRCODE = 'TG001';
END $$;

-- Raises when a statement touched another number of rows than the batch decided on. 'TG001': another writer changed a
-- balance. 'TG002': an event id exists already. The whole batch is rolled back and decided again.
CREATE FUNCTION expect_rows(actual bigint, expected bigint, code text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF actual <> expected THEN
        RAISE EXCEPTION 'expected % rows, found %', expected, actual USING ERRCODE = code;
    END IF;
END $$;

-- Everything outside the lanes calls it for a change of a customer's rights (plan, override, grant): decisions
-- made on the old state are then stale and are made again.
-- "the_now" is the project's clock; periods older than the accept window of late events take no decisions any more.
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

-- The integral of a level in a stretch, the level at the end, and the last report inside.
CREATE FUNCTION level_over(the_partition smallint, the_account integer, the_feature integer, since timestamptz, until timestamptz,
                           OUT level_time numeric, OUT level numeric, OUT report_at timestamptz) LANGUAGE sql STABLE AS $$
    SELECT coalesce(trunc(sum(r.level * 1000000000 * greatest(
               trunc((extract(epoch FROM least(r.next, until)) - extract(epoch FROM greatest(r.occurred_at, since))) * 1000000), 0))), 0),
           coalesce((array_agg(r.level ORDER BY r.occurred_at DESC, r.number DESC))[1], 0),
           max(r.occurred_at) FILTER (WHERE r.occurred_at >= since)
      FROM (SELECT l.occurred_at, l.number, l.level, lead(l.occurred_at, 1, until) OVER (ORDER BY l.occurred_at, l.number) AS next
              FROM level_reports l
             WHERE l.partition = the_partition AND l.account = the_account AND l.feature = the_feature AND l.occurred_at < until
               AND l.occurred_at >= coalesce((SELECT max(b.occurred_at)
                                                FROM level_reports b
                                               WHERE b.partition = the_partition AND b.account = the_account AND b.feature = the_feature
                                                 AND b.occurred_at <= since), since)) r
$$;

-- An integral divided by the length of the whole period, rounded to the ninth decimal, a half up.
CREATE FUNCTION level_used(level_time numeric, level_whole bigint) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT div(2 * level_time + level_whole, 2 * level_whole::numeric) * 0.000000001
$$;

-- The usage of a balance at an instant. For a level that time weighs it is less than "used" until the period ends.
CREATE FUNCTION used_by(b balances, at timestamptz) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN b.level_time IS NULL THEN b.used
                ELSE level_used(b.level_time - trunc(b.level * 1000000000 * greatest(trunc((extract(epoch FROM b.period_end)
                         - extract(epoch FROM greatest(at, b.report_at, b.period_start))) * 1000000), 0)), b.level_whole) END
$$;
