-- Room: Ledger. Each project looks for its own expired holds by its own clock. Holds of a project whose test clock stands still are long over
-- in real time: an index by time alone led every other project past all of them, every second.
DROP INDEX holds_to_free;
CREATE INDEX holds_to_free ON holds (project_id, expires_at) WHERE state = 'open';
