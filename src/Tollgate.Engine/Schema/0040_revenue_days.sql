-- Room: Analytics. Recognised revenue by day, so that no report of it reads invoices. Invoices, lines and lost disputes are the facts; these tables are a
-- projection of them: deleting all rows and putting every invoice into revenue_queue computes them again.

-- The revenue of each line of an invoice over its service period: after discounts, without taxes, less credit notes and lost disputes; nothing if void, and
-- of a written-off invoice the share that was paid. As Core/Analytics/RevenueByDay.cs computes it, in minor units to the 15th decimal: sums of such
-- numbers are exact in any order. The plan is that of the subscription when the period begins; a credit for the rest of a period belongs to the plan
-- before the step that happened then. The fold and verify both use this view.
CREATE VIEW revenue_facts AS
SELECT i.project_id, i.partition, i.account, i.id AS invoice, l.position, i.currency, coalesce(p.plan, '') COLLATE "C" AS plan, coalesce(l.feature, 0) AS feature,
       l.period_start, greatest(l.period_end, l.period_start) AS period_end,
       round((l.amount - CASE WHEN s.weights > 0 THEN i.discount::numeric(60,30) * greatest(l.amount, 0) / s.weights ELSE 0 END) * k.kept, 15) AS earned
  FROM invoices i
 CROSS JOIN LATERAL (SELECT coalesce(sum(n.amount), 0) - i.discount AS net, coalesce(sum(greatest(n.amount, 0)), 0) AS weights
                       FROM invoice_lines n
                      WHERE n.partition = i.partition AND n.account = i.account AND n.invoice = i.id AND n.kind NOT IN ('discount', 'tax')) s
 CROSS JOIN LATERAL (SELECT coalesce(sum(d.amount), 0) AS lost
                       FROM disputes d
                       JOIN payments y ON y.partition = d.partition AND y.account = d.account AND y.id = d.payment
                      WHERE d.partition = i.partition AND d.account = i.account AND d.status = 'lost' AND y.invoice = i.id) x
 CROSS JOIN LATERAL (SELECT CASE WHEN i.total <= 0 OR s.net <= 0 THEN 1
                                 ELSE (s.net - (i.tax - (i.total - s.net)))::numeric(60,30)
                                      * greatest(0, CASE i.status WHEN 'uncollectible' THEN i.paid ELSE i.total END - i.credited - x.lost)
                                      / (s.net::numeric * i.total) END AS kept) k
  JOIN invoice_lines l ON l.partition = i.partition AND l.account = i.account AND l.invoice = i.id AND l.kind NOT IN ('discount', 'tax')
  LEFT JOIN LATERAL (SELECT coalesce((SELECT f.after ->> 'plan'
                                        FROM subscription_facts f
                                       WHERE f.partition = i.partition AND f.account = i.account AND f.subscription = i.subscription
                                         AND (f.at < l.period_start OR (f.at = l.period_start AND l.kind <> 'proration_credit'))
                                       ORDER BY f.sequence DESC LIMIT 1),
                                     (SELECT f.after ->> 'plan'
                                        FROM subscription_facts f
                                       WHERE f.partition = i.partition AND f.account = i.account AND f.subscription = i.subscription
                                       ORDER BY f.sequence LIMIT 1)) AS plan) p ON i.subscription IS NOT NULL
 WHERE i.status IN ('open', 'paid', 'uncollectible');

-- An amount that is spread evenly over a period, as at most four changes: "edge" falls on a day in which the period begins or ends, "change" is that of
-- the amount of each whole day from then on. So a period of a century costs as much as one of a month. An empty period is earned on its day.
CREATE FUNCTION revenue_changes(earned numeric, starts timestamptz, ends timestamptz) RETURNS TABLE (day date, edge numeric, change numeric)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT c.*
      FROM (SELECT p.*, round(p.per_second * 86400, 15) AS whole
              FROM (SELECT (starts AT TIME ZONE 'UTC')::date AS first,
                           ((greatest(ends, starts + interval '1 microsecond') - interval '1 microsecond') AT TIME ZONE 'UTC')::date AS last,
                           earned::numeric(60,30) / nullif(extract(epoch FROM ends - starts), 0) AS per_second) p) x
     CROSS JOIN LATERAL (
           SELECT x.first, earned, 0::numeric WHERE x.first = x.last
            UNION ALL
           SELECT x.first, round(x.per_second * (86400 - extract(epoch FROM (starts AT TIME ZONE 'UTC') - x.first)), 15), 0 WHERE x.first < x.last
            UNION ALL
           SELECT x.first + 1, 0, x.whole WHERE x.first < x.last
            UNION ALL
           SELECT x.last, round(x.per_second * extract(epoch FROM (ends AT TIME ZONE 'UTC') - x.last), 15), -x.whole WHERE x.first < x.last) c
$$;

-- The lines as they are in revenue_days: a change of an invoice takes them out of it before it adds the new ones.
CREATE TABLE revenue_lines (
    partition    smallint       NOT NULL,
    account      integer        NOT NULL,
    invoice      uuid           NOT NULL,
    position     smallint       NOT NULL,
    project_id   integer        NOT NULL,
    currency     text           NOT NULL,
    plan         text           COLLATE "C" NOT NULL,               -- '': of no subscription
    feature      integer        NOT NULL,                           -- 0: none, such as the price of a plan
    period_start timestamptz    NOT NULL,
    period_end   timestamptz    NOT NULL,
    earned       numeric(38,15) NOT NULL,
    PRIMARY KEY (partition, account, invoice, position)
);
-- Revenue by customer reads the lines that reach into its range.
CREATE INDEX revenue_lines_by_end ON revenue_lines (project_id, currency, period_end) INCLUDE (partition, account, period_start, earned);

CREATE TABLE revenue_days (
    project_id integer        NOT NULL,
    currency   text           NOT NULL,
    day        date           NOT NULL,                             -- UTC
    plan       text           COLLATE "C" NOT NULL,
    feature    integer        NOT NULL,
    edge       numeric(38,15) NOT NULL,
    change     numeric(38,15) NOT NULL,
    PRIMARY KEY (project_id, currency, day, plan, feature)
) WITH (fillfactor = 70);

-- Invoices whose revenue may have changed since the last fold, in any order and any number of times. Written by triggers in the transaction of the change,
-- emptied in the transaction that writes the tables above.
CREATE TABLE revenue_queue (
    project_id integer  NOT NULL,
    partition  smallint NOT NULL,
    account    integer  NOT NULL,
    invoice    uuid     NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX revenue_queue_by_project ON revenue_queue (project_id);

SELECT allow_possible_values(t) FROM unnest('{revenue_lines,revenue_days}'::regclass[]) AS t;

-- The triggers lock the billing tables until the end of this migration, so the invoices of earlier versions enter the queue in the next one.
CREATE FUNCTION queue_new_invoices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO revenue_queue SELECT i.project_id, i.partition, i.account, i.id FROM fresh i WHERE i.status <> 'draft';
    RETURN NULL;
END $$;
CREATE TRIGGER invoices_earn AFTER INSERT ON invoices REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION queue_new_invoices();

CREATE FUNCTION queue_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO revenue_queue VALUES (NEW.project_id, NEW.partition, NEW.account, NEW.id);
    RETURN NULL;
END $$;
-- A payment of an open invoice changes nothing.
CREATE TRIGGER invoices_earn_otherwise AFTER UPDATE OF status, currency, total, discount, tax, paid, credited ON invoices
    FOR EACH ROW WHEN ((replace(OLD.status, 'open', 'paid'), OLD.currency, OLD.total, OLD.discount, OLD.tax, OLD.credited)
                       IS DISTINCT FROM (replace(NEW.status, 'open', 'paid'), NEW.currency, NEW.total, NEW.discount, NEW.tax, NEW.credited)
                       OR (NEW.status = 'uncollectible' AND OLD.paid <> NEW.paid)) EXECUTE FUNCTION queue_invoice();

CREATE FUNCTION queue_disputed_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The lock waits for a transaction that sets the payment's invoice. Otherwise neither sees the other, and a fold between their ends misses the dispute.
    WITH paid AS MATERIALIZED (
        SELECT p.project_id, p.partition, p.account, p.invoice
          FROM payments p
         WHERE p.partition = NEW.partition AND p.account = NEW.account AND p.id = NEW.payment
           FOR SHARE)
    INSERT INTO revenue_queue SELECT p.project_id, p.partition, p.account, p.invoice FROM paid p WHERE p.invoice IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER disputes_lost AFTER INSERT ON disputes FOR EACH ROW WHEN (NEW.status = 'lost') EXECUTE FUNCTION queue_disputed_invoice();
CREATE TRIGGER disputes_changed AFTER UPDATE OF status, amount ON disputes FOR EACH ROW
    WHEN ((OLD.status, OLD.amount) IS DISTINCT FROM (NEW.status, NEW.amount)) EXECUTE FUNCTION queue_disputed_invoice();

-- A dispute may be lost before the payment of a checkout has its invoice.
CREATE FUNCTION queue_paid_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO revenue_queue SELECT NEW.project_id, NEW.partition, NEW.account, i.id FROM unnest(ARRAY[OLD.invoice, NEW.invoice]) AS i (id) WHERE i.id IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER payments_move AFTER UPDATE OF invoice ON payments FOR EACH ROW
    WHEN (OLD.invoice IS DISTINCT FROM NEW.invoice) EXECUTE FUNCTION queue_paid_invoice();

-- A step that changes the plan as of a time that was invoiced already: of the lines that begin then or later. A step with the plan of the step before it
-- changes only the lines between them, if it takes effect before that step.
CREATE FUNCTION queue_invoices_of_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO revenue_queue
    SELECT i.project_id, i.partition, i.account, i.id
      FROM fresh f
      JOIN subscription_facts b ON b.partition = f.partition AND b.account = f.account AND b.subscription = f.subscription AND b.sequence = f.sequence - 1
      JOIN invoices i ON i.partition = f.partition AND i.account = f.account AND i.subscription = f.subscription
     WHERE (f.after ->> 'plan' IS DISTINCT FROM b.after ->> 'plan' OR f.at < b.at)
       AND EXISTS (SELECT FROM invoice_lines l
                    WHERE l.partition = i.partition AND l.account = i.account AND l.invoice = i.id AND l.period_start >= f.at
                      AND (f.after ->> 'plan' IS DISTINCT FROM b.after ->> 'plan' OR l.period_start <= b.at));
    RETURN NULL;
END $$;
CREATE TRIGGER subscription_facts_change_plan AFTER INSERT ON subscription_facts REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT
    EXECUTE FUNCTION queue_invoices_of_plan();
