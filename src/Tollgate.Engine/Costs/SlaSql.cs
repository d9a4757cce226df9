namespace Tollgate.Engine.Costs;

/// <summary>The statements on SLA targets.</summary>
internal static class SlaSql
{
    /// <summary>One request after the other replaces a project's targets. $1 project.</summary>
    public const string Lock = "SELECT pg_advisory_xact_lock(7234022, $1)";

    /// <summary>$1 project.</summary>
    public const string Clear = "DELETE FROM sla_targets WHERE project_id = $1";

    /// <summary>$1 project, $2 providers, $3 models ('': the whole provider), $4 to $6 p50, p95 and p99, $7 error rates.</summary>
    public const string Add =
        """
        INSERT INTO sla_targets (project_id, provider, model, p50_ms, p95_ms, p99_ms, error_rate)
        SELECT $1, x.*
          FROM unnest($2::text[], $3::text[], $4::numeric[], $5::numeric[], $6::numeric[], $7::numeric[])
            AS x (provider, model, p50_ms, p95_ms, p99_ms, error_rate)
        """;

    /// <summary>$1 project.</summary>
    public const string List =
        """
        SELECT t.provider, t.model, trim_scale(t.p50_ms) AS p50_ms, trim_scale(t.p95_ms) AS p95_ms, trim_scale(t.p99_ms) AS p99_ms,
               trim_scale(t.error_rate) AS error_rate
          FROM sla_targets t
         WHERE t.project_id = $1
         ORDER BY t.provider, t.model
        """;
}
