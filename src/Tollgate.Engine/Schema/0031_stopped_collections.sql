-- Room: Payments. An invoice that failed for a reason that no customer can mend is not collected by itself any more. What is there is within narrower
-- checks, so it need not be read for these.
ALTER TABLE collections
    DROP CONSTRAINT collections_state_check,
    ADD CONSTRAINT collections_state_check CHECK (state IN ('open', 'paid', 'dropped', 'given_up', 'stopped')) NOT VALID;
ALTER TABLE collection_facts
    DROP CONSTRAINT collection_facts_verb_check,
    ADD CONSTRAINT collection_facts_verb_check CHECK (verb IN ('fail', 'pay', 'drop', 'give_up', 'hasten', 'stop')) NOT VALID;
DROP INDEX collections_failing;
CREATE INDEX collections_owed ON collections (project_id, coalesce(first_failed_at, ended_at), invoice)
    WHERE (state = 'open' AND failures > 0) OR state = 'stopped';
