-- Room: Jobs. Failed work of background loops, one row for each subject: a delivery, an invoice, a whole project. A loop leaves the subject alone
-- until next_attempt_at and continues with the others; success removes the row. Times are real time, in which the loops run.
CREATE TABLE parked_work (
    id              uuid        PRIMARY KEY,
    work            text        NOT NULL,                           -- ParkedWork's names: mails, collections, …
    project_id      integer,                                        -- null: of no project
    subject         text        NOT NULL,                           -- key of the subject within its work; '': the whole project
    attempts        integer     NOT NULL CHECK (attempts > 0),      -- all of which failed
    error_type      text        NOT NULL,
    error           text        NOT NULL,                           -- without secrets
    first_failed_at timestamptz NOT NULL DEFAULT now(),
    last_failed_at  timestamptz NOT NULL DEFAULT now(),
    next_attempt_at timestamptz NOT NULL,
    UNIQUE NULLS NOT DISTINCT (work, project_id, subject)
);
