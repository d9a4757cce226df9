-- What is due is taken from the projects in turn: of each project the first, by an index that begins with the project.

DROP INDEX provider_events_due;
CREATE INDEX provider_events_due ON provider_events (project_id, due_at, sequence) WHERE state = 'waiting';

DROP INDEX mails_due;
CREATE INDEX mails_due ON mails (project_id, due_at, number) WHERE due_at IS NOT NULL;

DROP INDEX gateway_jobs_to_look_at;
CREATE INDEX gateway_jobs_to_look_at ON gateway_jobs (project_id, next_look_at) WHERE settled_at IS NULL;

DROP INDEX payments_unknown;
CREATE INDEX payments_unknown ON payments (project_id, asked_at) WHERE settled_at IS NULL;
