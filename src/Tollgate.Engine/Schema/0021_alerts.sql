-- Room: Alerts. Rules that turn facts into alerts. The facts are the outbox, as for webhooks and mails: facts below every running transaction become
-- alerts, and the place moves in the transaction that writes them. See docs/guides/alerts.md.

-- One row: facts below the transaction have become alerts.
CREATE TABLE alert_place (
    only_one      boolean     PRIMARY KEY DEFAULT true CHECK (only_one),
    derived_below xid8        NOT NULL,
    began_at      timestamptz NOT NULL DEFAULT now()                -- older prices make no alert
);
INSERT INTO alert_place (derived_below) VALUES (pg_snapshot_xmin(pg_current_snapshot()));

-- Projects that have got their first rules. An operator may have changed or deleted them since.
CREATE TABLE alert_projects (
    project_id integer PRIMARY KEY REFERENCES projects (id)
);

CREATE TABLE alert_rules (
    id          uuid          PRIMARY KEY,
    project_id  integer       NOT NULL REFERENCES projects (id),
    kind        text          NOT NULL,
    threshold   numeric(18,4),                                      -- its unit depends on the kind; null: every fact
    severity    text          CHECK (severity IN ('info', 'warning', 'critical')), -- null: the fact decides
    channels    text[]        NOT NULL CHECK (cardinality(channels) > 0),
    mail_to     text[]        NOT NULL DEFAULT '{}',
    quiet_from  time,                                               -- local time of the project
    quiet_until time,
    repeat      text          NOT NULL CHECK (repeat IN ('once', 'always', 'hourly', 'daily', 'weekly')),
    enabled     boolean       NOT NULL DEFAULT true,
    since       xid8          NOT NULL DEFAULT place_of_fact(),     -- the rule does not apply to earlier facts
    created_at  timestamptz   NOT NULL DEFAULT now(),
    updated_at  timestamptz   NOT NULL DEFAULT now(),
    CHECK ((quiet_from IS NULL) = (quiet_until IS NULL) AND quiet_from IS DISTINCT FROM quiet_until OR quiet_from IS NULL),
    CHECK (('mail' = ANY (channels)) = (cardinality(mail_to) > 0))
);
CREATE INDEX alert_rules_by_project ON alert_rules (project_id, id);

-- Fired alerts. A rule fires once for a subject and an occasion: the unique key is the arbiter between servers, and after a kill.
CREATE TABLE alerts (
    number           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id               uuid        NOT NULL UNIQUE,
    project_id       integer     NOT NULL,
    rule             uuid        NOT NULL,                          -- may be deleted by now
    kind             text        NOT NULL,
    customer         text        COLLATE "C",                       -- null: it concerns no customer
    subject          text        COLLATE "C" NOT NULL,
    occasion         text        COLLATE "C" NOT NULL,              -- the period, and the rule's threshold
    severity         text        NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    title            text        NOT NULL,
    detail           text        NOT NULL,
    recommendation   text,
    data             jsonb       NOT NULL DEFAULT '{}',             -- for usage: the numbers
    channels         text[]      NOT NULL,                          -- of the rule, when it fired
    mail_to          text[]      NOT NULL,
    at               timestamptz NOT NULL,                          -- when it happened, in the project's time
    fired_at         timestamptz NOT NULL DEFAULT now(),
    is_test          boolean     NOT NULL DEFAULT false,
    push_at          timestamptz,                                   -- in the project's time: the end of quiet hours; null: sent, or never
    pushed           xid8,                                          -- the place at which webhooks and mails read it; null: not sent
    read_at          timestamptz,                                   -- by the operator
    acknowledged_at  timestamptz,
    muted_until      timestamptz,
    customer_read_at timestamptz,                                   -- by the customer
    UNIQUE (project_id, rule, subject, occasion)
) WITH (fillfactor = 80);
CREATE INDEX alerts_by_project  ON alerts (project_id, number);
CREATE INDEX alerts_by_customer ON alerts (project_id, customer, number) WHERE customer IS NOT NULL;
CREATE INDEX alerts_by_subject  ON alerts (project_id, kind, subject);
CREATE INDEX alerts_unread      ON alerts (project_id, number) WHERE read_at IS NULL;
CREATE INDEX alerts_to_push     ON alerts (push_at) WHERE push_at IS NOT NULL;
CREATE INDEX alerts_by_xid      ON alerts (pushed) WHERE pushed IS NOT NULL;
CREATE INDEX alerts_of_rule     ON alerts (rule, fired_at);
CREATE INDEX alerts_by_age      ON alerts USING brin (fired_at);

-- Subjects of which the channels hear nothing for a while. The list has their alerts all the same.
CREATE TABLE alert_mutes (
    project_id integer     NOT NULL,
    rule       uuid        NOT NULL,
    subject    text        COLLATE "C" NOT NULL,
    until      timestamptz NOT NULL,                                -- in the project's time
    PRIMARY KEY (project_id, rule, subject)
);

-- Alerts look for new prices by their time.
CREATE INDEX model_prices_by_time ON model_prices (created_at);

-- Mails to operators have an address of their own instead of a customer.
ALTER TABLE mails DROP CONSTRAINT mails_type_check;
ALTER TABLE mails ADD CONSTRAINT mails_type_check
    CHECK (type IN ('receipt', 'payment_failed', 'trial_ending', 'quota_threshold', 'plan_changed', 'canceled', 'alert'));
ALTER TABLE mails ALTER COLUMN customer DROP NOT NULL;
ALTER TABLE mails ADD COLUMN recipient text;
ALTER TABLE mails ADD CONSTRAINT mails_to_check CHECK ((customer IS NULL) = (recipient IS NOT NULL));

-- The form of what an endpoint receives: Tollgate's signed events, or messages as Slack's incoming webhooks take them.
ALTER TABLE webhook_endpoints ADD COLUMN format text NOT NULL DEFAULT 'tollgate' CHECK (format IN ('tollgate', 'slack'));
