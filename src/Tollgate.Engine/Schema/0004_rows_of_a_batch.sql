-- What a batch writes: its rows as one array parameter for each table, and no work of PostgreSQL that nobody needs.

-- Raises 'TG001' where it is evaluated: inside an UPDATE, for a row whose version is not the one decided on.
CREATE FUNCTION stale_row() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a row was changed by somebody else' USING ERRCODE = 'TG001';
END $$;

-- An array for every column costs a function scan for every column; an array of rows costs one. Types as in the tables,
-- so that nothing is converted. Written by Engine/Ledger/BatchWriter.cs, which must keep the order of the columns.
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

-- PostgreSQL parses the checks of a table again for every statement that writes it: 25 µs of each batch. The ledger
-- asserts the same of every row before it writes it (Balance.AssertSound), and verify proves it.
ALTER TABLE balances
    DROP CONSTRAINT balances_used_check,
    DROP CONSTRAINT balances_held_check,
    DROP CONSTRAINT balances_check,
    DROP CONSTRAINT balances_check1;
