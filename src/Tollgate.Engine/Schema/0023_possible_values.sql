-- Room: Postgres. Times and numbers that the server can read. PostgreSQL stores more than .NET: infinity, years before 1 and after 9999, NaN. A row
-- with such a value would fail in every statement that reads it, and loops read the rows of all projects in one statement. So no row gets one.

-- Adds a constraint to a table, over all its columns of these types: "<table>_possible". A later migration that adds a table or a column calls it again.
-- A table that already has such a row keeps it, without the constraint and with a warning: an upgrade must not keep the server from starting.
-- The type of a number with a precision refuses infinity itself, but not NaN, which is greater than every number.
-- parked_work.next_attempt_at may be infinity: an operator lets an item wait for ever with it.
CREATE FUNCTION allow_possible_values(the_table regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    the_name   name := (SELECT c.relname FROM pg_class c WHERE c.oid = the_table);
    conditions text;
BEGIN
    SELECT string_agg(
               CASE format_type(a.atttypid, NULL)
                   WHEN 'timestamp with time zone'   THEN format('%1$I BETWEEN ''0001-01-01Z'' AND ''9999-12-31Z''', a.attname)
                   WHEN 'date'                       THEN format('%1$I BETWEEN ''0001-01-01'' AND ''9999-12-31''', a.attname)
                   WHEN 'numeric'                    THEN format(CASE a.atttypmod WHEN -1 THEN '%1$I < ''Infinity'' AND %1$I > ''-Infinity'''
                                                                 ELSE '%1$I < ''NaN''' END, a.attname)
                   WHEN 'timestamp with time zone[]' THEN format('''0001-01-01Z'' <= ALL (%1$I) AND ''9999-12-31Z'' >= ALL (%1$I)', a.attname)
                   WHEN 'numeric[]'                  THEN format('''Infinity'' > ALL (%1$I) AND ''-Infinity'' < ALL (%1$I)', a.attname)
               END, ' AND ' ORDER BY a.attnum)
      INTO conditions
      FROM pg_attribute a
     WHERE a.attrelid = the_table AND a.attnum > 0 AND NOT a.attisdropped
       AND (the_name, a.attname) <> ('parked_work', 'next_attempt_at');
    IF conditions IS NULL THEN
        RETURN;
    END IF;

    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I', the_table, the_name || '_possible');
    EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I CHECK (%s)', the_table, the_name || '_possible', conditions);
EXCEPTION WHEN check_violation THEN
    RAISE WARNING 'The table % has a row with an impossible time or number, so it gets no constraint against them. Correct the row.', the_name;
END $$;

SELECT allow_possible_values(c.oid::regclass)
  FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
 ORDER BY c.relname;
