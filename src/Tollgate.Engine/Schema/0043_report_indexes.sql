-- Room: Payments. Indexes of reports, whose cost then follows their range and not the history of the project.

-- Payments by the time of their end: the success of payments and cash by day.
CREATE INDEX payments_by_end ON payments (project_id, settled_at) INCLUDE (status, currency, amount) WHERE settled_at IS NOT NULL;
-- Refunds have no project, so reports reach them through their payments; few payments have one.
CREATE INDEX payments_refunded ON payments (project_id) WHERE refunded > 0;
