-- Room: Costs. The latencies and the error rate that a project accepts of providers and their models. A setting: PUT replaces all rows of a project.
CREATE TABLE sla_targets (
    project_id integer       NOT NULL REFERENCES projects (id),
    provider   text          COLLATE "C" NOT NULL CHECK (length(provider) BETWEEN 1 AND 100),
    model      text          COLLATE "C" NOT NULL CHECK (length(model) <= 255), -- '': the provider as a whole, and its models without a row
    p50_ms     numeric(12,3) CHECK (p50_ms > 0),
    p95_ms     numeric(12,3) CHECK (p95_ms > 0),
    p99_ms     numeric(12,3) CHECK (p99_ms > 0),
    error_rate numeric(7,6)  CHECK (error_rate BETWEEN 0 AND 1),    -- failed calls ÷ calls
    PRIMARY KEY (project_id, provider, model),
    CHECK (num_nonnulls(p50_ms, p95_ms, p99_ms, error_rate) > 0)
);

SELECT allow_possible_values('sla_targets');
