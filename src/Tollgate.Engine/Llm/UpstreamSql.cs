namespace Tollgate.Engine.Llm;

/// <summary>The statements on upstreams.</summary>
internal static class UpstreamSql
{
    public const string Load = """
        SELECT project_id, provider, base_url, secrets, version, updated_at, reported_cost
          FROM upstreams
         ORDER BY project_id, provider
        """;

    /// <summary>
    /// $1 project, $2 provider, $3 base URL or null, $4 secrets, $5 the most upstreams of a project, $6 the policy of reported costs or
    /// null. No row: the project has that many others.
    /// </summary>
    public const string Set = """
        INSERT INTO upstreams AS u (project_id, provider, base_url, secrets, reported_cost)
        SELECT $1, $2, $3, $4, $6
         WHERE EXISTS (SELECT FROM upstreams WHERE project_id = $1 AND provider = $2)
            OR (SELECT count(*) FROM upstreams WHERE project_id = $1) < $5
        ON CONFLICT (project_id, provider) DO UPDATE
                SET base_url = excluded.base_url, secrets = excluded.secrets, reported_cost = excluded.reported_cost,
                  version = DEFAULT, updated_at = now()
          RETURNING u.version, u.updated_at
        """;

    public const string Remove = "DELETE FROM upstreams WHERE project_id = $1 AND provider = $2";
}
