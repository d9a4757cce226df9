-- Signals of customer success: events of the types onboarding_completed, support_ticket, csat and value_metric. Reports read these tables, never the
-- events. A batch of the ledger writes them in the transaction that books or voids the events; verify compares them with the events.

-- Room: Ledger ----------------------------------------------------------------------------------------------------
-- What a report reads from an event: no row if the event is no signal, or lacks what its type needs. As Core/Metering/SignalRules.cs.
CREATE FUNCTION signal_of(the_type text, the_quantity numeric, the_props jsonb)
RETURNS TABLE (name text, unit text, value numeric) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT '', '', 1::numeric WHERE the_type IN ('onboarding_completed', 'support_ticket')
     UNION ALL
    SELECT left(the_props ->> 'score', 1), '', left(the_props ->> 'score', 1)::numeric
     WHERE the_type = 'csat' AND jsonb_typeof(the_props -> 'score') IN ('number', 'string') AND the_props ->> 'score' ~ '^[1-5](\.0+)?$'
     UNION ALL
    SELECT the_props ->> 'name', coalesce(the_props ->> 'unit', ''), n.value
      FROM (SELECT CASE coalesce(jsonb_typeof(the_props -> 'value'), 'null')
                   WHEN 'null' THEN the_quantity WHEN 'number' THEN (the_props ->> 'value')::numeric END AS value) n
     WHERE the_type = 'value_metric'
       AND jsonb_typeof(the_props -> 'name') = 'string' AND the_props ->> 'name' ~ '^[a-z][a-z0-9_]{0,63}$'
       AND coalesce(jsonb_typeof(the_props -> 'unit'), 'null') IN ('string', 'null')
       AND coalesce(the_props ->> 'unit', 'none') ~ '^[a-z][a-z0-9_]{0,31}$'
       AND n.value BETWEEN 0 AND 999999999999999999.999999999 AND trunc(n.value, 9) = n.value
$$;

-- The signals of all events, voided ones too, from the events themselves. A settled reservation is none.
CREATE VIEW signal_facts AS
SELECT c.project_id, e.partition, e.account, e.id, t.type, e.occurred_at AS at, s.name, s.unit, s.value, e.month = '9999-01-01' AS is_imported
  FROM events e
  JOIN customers c ON c.partition = e.partition AND c.account = e.account
  LEFT JOIN features f ON f.id = e.feature AND e.feature <> 0
 CROSS JOIN LATERAL (SELECT coalesce(e.data ->> 'type', f.code) AS type) t
 CROSS JOIN LATERAL signal_of(t.type, e.quantity, e.data -> 'props') s
 WHERE t.type IN ('onboarding_completed', 'support_ticket', 'csat', 'value_metric')
   AND NOT e.data ? 'void' AND NOT e.data ? 'hold';

-- The names and units that reports tell apart: the first hundred pairs of a project. A value with another name counts under the empty name. No
-- foreign key: it would keep projects locked while this file reads all events.
CREATE TABLE value_names (
    project_id integer NOT NULL,
    name       text    COLLATE "C" NOT NULL,
    unit       text    COLLATE "C" NOT NULL,
    PRIMARY KEY (project_id, name, unit)
);

-- Adds a name while there is room. One transaction at a time adds names to a project; a known name waits for nobody.
CREATE FUNCTION add_value_name(the_project integer, the_name text, the_unit text, the_most bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7234040, the_project);
    INSERT INTO value_names (project_id, name, unit)
    SELECT the_project, the_name, the_unit
     WHERE (SELECT count(*) FROM value_names v WHERE v.project_id = the_project) < the_most
        ON CONFLICT DO NOTHING;
END $$;

-- A row for each live signal.
CREATE TABLE signals (
    at         timestamptz   NOT NULL,                              -- occurred_at of the event
    id         uuid          NOT NULL,                              -- of the event
    project_id integer       NOT NULL,
    account    integer       NOT NULL,
    month      date          NOT NULL,                              -- of "at" in the project's time zone
    partition  smallint      NOT NULL,
    shard      smallint      NOT NULL,                              -- of signal_months
    type       text          COLLATE "C" NOT NULL,
    name       text          COLLATE "C" NOT NULL,                  -- the score of a csat, the name of a value; otherwise empty
    unit       text          COLLATE "C" NOT NULL,
    value      numeric(27,9) NOT NULL,
    PRIMARY KEY (partition, account, type, at, id, shard)
);
CREATE INDEX signals_in_time ON signals (project_id, type, at, id) INCLUDE (partition, account, name);

-- Signals of a project by month. The shard keeps lanes and servers from waiting for each other's rows: it is the customer's partition, and 64 for imports.
CREATE TABLE signal_months (
    project_id integer       NOT NULL,
    month      date          NOT NULL,
    shard      smallint      NOT NULL,
    type       text          COLLATE "C" NOT NULL,
    name       text          COLLATE "C" NOT NULL,
    unit       text          COLLATE "C" NOT NULL,
    signals    bigint        NOT NULL,
    total      numeric(38,9) NOT NULL,
    PRIMARY KEY (project_id, month, type, name, unit, shard)
) WITH (fillfactor = 50);

-- The first signals of a customer that has any. A batch locks the row before it reads the customer's signals again, so that no server overlooks
-- those of another one.
CREATE TABLE customer_signals (
    partition      smallint    NOT NULL,
    account        integer     NOT NULL,
    project_id     integer     NOT NULL,
    onboarded_at   timestamptz,                                     -- the first onboarding_completed
    first_value_at timestamptz,                                     -- the first value_metric
    PRIMARY KEY (partition, account)
) WITH (fillfactor = 50);
CREATE INDEX customer_signals_by_value ON customer_signals (project_id, first_value_at) WHERE first_value_at IS NOT NULL;

-- Events of before this version.
CREATE TEMPORARY TABLE earlier_signals ON COMMIT DROP AS
SELECT s.*
  FROM signal_facts s
 WHERE s.is_imported
    OR NOT EXISTS (SELECT FROM events v
                    WHERE v.partition = s.partition AND v.account = s.account AND v.data ? 'void' AND (v.data ->> 'void')::uuid = s.id);

INSERT INTO value_names (project_id, name, unit)
SELECT x.project_id, x.name, x.unit
  FROM (SELECT s.project_id, s.name, s.unit, row_number() OVER (PARTITION BY s.project_id ORDER BY min(s.at), s.name, s.unit) AS number
          FROM earlier_signals s
         WHERE s.type = 'value_metric'
         GROUP BY s.project_id, s.name, s.unit) x
 WHERE x.number <= 100;

INSERT INTO signals (at, id, project_id, account, month, partition, shard, type, name, unit, value)
SELECT s.at, s.id, s.project_id, s.account, date_trunc('month', s.at AT TIME ZONE p.time_zone)::date, s.partition,
       CASE WHEN s.is_imported THEN 64 ELSE s.partition END, s.type,
       CASE WHEN s.type <> 'value_metric' OR v.name IS NOT NULL THEN s.name ELSE '' END, coalesce(v.unit, ''), s.value
  FROM earlier_signals s
  JOIN projects p ON p.id = s.project_id
  LEFT JOIN value_names v ON v.project_id = s.project_id AND v.name = s.name AND v.unit = s.unit AND s.type = 'value_metric';

INSERT INTO signal_months (project_id, month, shard, type, name, unit, signals, total)
SELECT s.project_id, s.month, s.shard, s.type, s.name, s.unit, count(*), sum(s.value)
  FROM signals s
 GROUP BY s.project_id, s.month, s.shard, s.type, s.name, s.unit;

INSERT INTO customer_signals (partition, account, project_id, onboarded_at, first_value_at)
SELECT s.partition, s.account, s.project_id, min(s.at) FILTER (WHERE s.type = 'onboarding_completed'),
       min(s.at) FILTER (WHERE s.type = 'value_metric')
  FROM signals s
 GROUP BY s.partition, s.account, s.project_id;

SELECT allow_possible_values(t) FROM unnest('{signals,signal_months,customer_signals}'::regclass[]) AS t;

-- Room: Customers -------------------------------------------------------------------------------------------------
-- Sign-ups by month.
CREATE INDEX customers_by_creation ON customers (project_id, created_at) WHERE owner IS NULL;
