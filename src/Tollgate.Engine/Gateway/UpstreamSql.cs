namespace Tollgate.Engine.Gateway;

/// <summary>Every statement of the room Gateway.</summary>
internal static class UpstreamSql
{
    public const string Load = """
        SELECT project_id, provider, base_url, secrets, version, updated_at
          FROM upstreams
         ORDER BY project_id, provider
        """;

    public const string Set = """
        INSERT INTO upstreams AS u (project_id, provider, base_url, secrets)
             VALUES ($1, $2, $3, $4)
        ON CONFLICT (project_id, provider) DO UPDATE
                SET base_url = excluded.base_url, secrets = excluded.secrets, version = DEFAULT, updated_at = now()
          RETURNING u.version, u.updated_at
        """;

    public const string Remove = "DELETE FROM upstreams WHERE project_id = $1 AND provider = $2";
}
