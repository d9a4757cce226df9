namespace Tollgate.Engine.Catalog;

/// <summary>The statements of the room Catalog: features, catalogs, plan_versions.</summary>
internal static class CatalogSql
{
    public const string Newest = """
        SELECT revision, etag, document::text
          FROM catalogs
         WHERE project_id = $1
         ORDER BY revision DESC
         LIMIT 1
        """;

    public const string Features = """
        SELECT id, code, document::text
          FROM features
         WHERE project_id = $1
         ORDER BY id
        """;

    /// <summary><c>$2</c> codes.</summary>
    public const string FeaturesNamed = """
        SELECT document::text
          FROM features
         WHERE project_id = $1 AND code = ANY ($2)
        """;

    /// <summary><c>$2</c> the last known id.</summary>
    public const string PlanVersions = """
        SELECT id, version, document::text
          FROM plan_versions
         WHERE project_id = $1 AND id > $2
         ORDER BY id
        """;

    /// <summary>The newest 1,000 changes of the default plan, newest first.</summary>
    public const string DefaultPlans = """
        SELECT in_force_from, default_plan_version_id
          FROM (SELECT revision, in_force_from, default_plan_version_id, lag(default_plan_version_id) OVER (ORDER BY revision) AS before
                  FROM catalogs
                 WHERE project_id = $1 AND default_plan_version_id IS NOT NULL) c
         WHERE default_plan_version_id IS DISTINCT FROM before
         ORDER BY revision DESC
         LIMIT 1000
        """;

    /// <summary>Allows one publisher at a time for each project; it does not block readers and the hot path.</summary>
    public const string LockProject = "SELECT pg_advisory_xact_lock(7234003, $1)";

    /// <summary>A feature keeps its number for ever; the statement replaces its definition.</summary>
    public const string UpsertFeature = """
        INSERT INTO features (project_id, code, document)
             VALUES ($1, $2, $3::jsonb)
        ON CONFLICT (project_id, code)
          DO UPDATE SET document = EXCLUDED.document
                  WHERE features.document IS DISTINCT FROM EXCLUDED.document
        """;

    public const string NewestPlanVersion = """
        SELECT version, document::text
          FROM plan_versions
         WHERE project_id = $1 AND plan = $2
         ORDER BY version DESC
         LIMIT 1
        """;

    public const string InsertPlanVersion = """
        INSERT INTO plan_versions (project_id, plan, version, document)
             VALUES ($1, $2, $3, $4::jsonb)
        """;

    /// <summary>The number of features, and the bytes of all features and plan versions, which every server loads.</summary>
    public const string Size = """
        SELECT f.count, f.bytes + v.bytes
          FROM (SELECT count(*), coalesce(sum(octet_length(document::text)), 0) AS bytes FROM features WHERE project_id = $1) AS f,
               (SELECT coalesce(sum(octet_length(document::text)), 0) AS bytes FROM plan_versions WHERE project_id = $1) AS v
        """;

    public const string InsertCatalog = """
        INSERT INTO catalogs (project_id, revision, etag, document, in_force_from, default_plan_version_id)
        SELECT $1, $2, $3, $4::jsonb, coalesce(p.test_clock, now()),
               (SELECT v.id FROM plan_versions v WHERE v.project_id = $1 AND v.plan = $5 ORDER BY v.version DESC LIMIT 1)
          FROM projects p
         WHERE p.id = $1
        """;

    /// <summary>Notifies every server on this database when the transaction commits.</summary>
    public const string Notify = "SELECT pg_notify('tollgate_changed', 'catalog:' || $1)";

    /// <summary>
    /// The customers that a new version of each plan would reach: those on the default plan get it at once, and those pinned to a version
    /// keep theirs. Members have the plan of their owner. $2 the default plan's code.
    /// </summary>
    public const string CustomersByPlan = """
        SELECT coalesce(v.plan, $2), c.plan_version_id IS NOT NULL, count(*)
          FROM customers c
          LEFT JOIN plan_versions v ON v.id = c.plan_version_id
         WHERE c.project_id = $1 AND c.owner IS NULL
         GROUP BY 1, 2
        """;
}
