-- Room: Analytics. Queues the invoices of earlier versions. Until they are folded, reports of their project read them directly.

-- A migration of its own, which only reads invoices: the one before locks the billing tables. Since then triggers queue what changes, and an invoice may be
-- queued twice.
INSERT INTO revenue_queue SELECT i.project_id, i.partition, i.account, i.id FROM invoices i WHERE i.status <> 'draft';
