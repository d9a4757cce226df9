namespace Tollgate.Engine.Branding;

/// <summary>The statements on branding. Each but the load is restricted to a project.</summary>
internal static class BrandingSql
{
    /// <summary>All projects, without the pictures.</summary>
    public const string Load = "SELECT b.project_id, b.name, b.accent, b.radius, b.logo_hash, b.logo_type FROM branding b";

    /// <summary>$1 project, $2 hash.</summary>
    public const string Logo = "SELECT b.logo FROM branding b WHERE b.project_id = $1 AND b.logo_hash = $2";

    /// <summary>
    /// $1 project, $2 name, $3 accent, $4 radius, $5 true to set the logo, $6 to $8 the logo with its hash and type, or null.
    /// </summary>
    public const string Set =
        """
        INSERT INTO branding AS b (project_id, name, accent, radius, logo, logo_hash, logo_type)
             VALUES ($1, $2, $3, $4, $6, $7, $8)
        ON CONFLICT (project_id) DO UPDATE
                SET name = excluded.name, accent = excluded.accent, radius = excluded.radius,
                    logo      = CASE WHEN $5 THEN excluded.logo      ELSE b.logo      END,
                    logo_hash = CASE WHEN $5 THEN excluded.logo_hash ELSE b.logo_hash END,
                    logo_type = CASE WHEN $5 THEN excluded.logo_type ELSE b.logo_type END,
                    updated_at = now()
        """;
}
