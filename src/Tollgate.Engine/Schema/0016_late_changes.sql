-- Room: Ledger
-- Balances that changed when their quota period was long over: late events, voids, late settlements. The next invoice looks
-- at those periods again, and at no other one of the past: what a renewal costs does not grow with the customer's history.
CREATE TABLE late_changes (
    partition    smallint    NOT NULL,
    account      integer     NOT NULL,
    feature      integer     NOT NULL,
    period_start timestamptz NOT NULL,
    changed_at   timestamptz NOT NULL,                              -- the last time, by the project's clock
    PRIMARY KEY (partition, account, feature, period_start)
);
CREATE INDEX late_changes_by_time ON late_changes (partition, account, changed_at);
-- What changed since the last invoice, or may have: of what was rated, the rows that moved; of live subscriptions, the periods that nobody rated.
INSERT INTO late_changes (partition, account, feature, period_start, changed_at)
SELECT b.partition, b.account, b.feature, b.period_start, coalesce(s.usage_from, now())
  FROM rated_usage r
  JOIN balances b USING (partition, account, feature, period_start)
  LEFT JOIN subscriptions s ON s.partition = b.partition AND s.account = b.account AND s.ended_at IS NULL
 WHERE r.balance_version NOT IN (b.version, -1)
 UNION
SELECT b.partition, b.account, b.feature, b.period_start, s.usage_from
  FROM subscriptions s
  JOIN balances b ON b.partition = s.partition AND b.account = s.account AND b.period_end BETWEEN s.usage_from - interval '36 days' AND s.usage_from
 WHERE s.ended_at IS NULL AND b.used > b.drawn
   AND NOT EXISTS (SELECT FROM rated_usage r
                    WHERE r.partition = b.partition AND r.account = b.account AND r.feature = b.feature AND r.period_start = b.period_start);

-- A customer's running periods and those that a bill is for, without the years before.
CREATE INDEX balances_by_end ON balances (partition, account, period_end);
