-- Room: Invoicing. Subscriptions of other systems that continue: two movements of the kind 'move' pass the revenue from the imported subscription to the
-- next one. They add up to 0, so a customer who moves is neither lost nor new.
ALTER TABLE mrr_movements DROP CONSTRAINT mrr_movements_kind_check;
ALTER TABLE mrr_movements DROP CONSTRAINT mrr_movements_check1;
ALTER TABLE mrr_movements DROP CONSTRAINT mrr_movements_check2;
ALTER TABLE mrr_movements ADD CONSTRAINT mrr_movements_kind_check
    CHECK (kind IN ('new', 'expansion', 'contraction', 'churn', 'reactivation', 'move'));
ALTER TABLE mrr_movements ADD CONSTRAINT mrr_movements_begin_check
    CHECK (CASE WHEN kind = 'move' THEN year_before = 0 OR year_after = 0 ELSE (kind IN ('new', 'reactivation')) = (year_before = 0) END);
ALTER TABLE mrr_movements ADD CONSTRAINT mrr_movements_end_check
    CHECK (CASE WHEN kind = 'move' THEN true ELSE (kind = 'churn') = (year_after = 0) END);
