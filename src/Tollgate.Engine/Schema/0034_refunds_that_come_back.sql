-- Room: Invoicing. Money of an invoice that had gone back to the customer came back to the project. What is there is within a narrower check.
ALTER TABLE invoice_facts
    DROP CONSTRAINT invoice_facts_verb_check,
    ADD CONSTRAINT invoice_facts_verb_check CHECK (verb IN ('finalize', 'pay', 'void', 'mark_uncollectible', 'credit', 'refund', 'refund_fail')) NOT VALID;
