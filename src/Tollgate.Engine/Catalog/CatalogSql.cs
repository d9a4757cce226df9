namespace Tollgate.Engine.Catalog;

/// <summary>Every statement of the room Catalog: features, catalogs, plan_versions.</summary>
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

    /// <summary><c>$2</c> the last id that is known already.</summary>
    public const string PlanVersions = """
        SELECT id, version, document::text
          FROM plan_versions
         WHERE project_id = $1 AND id > $2
         ORDER BY id
        """;

    /// <summary>The newest 1,000 changes of what the default plan is, newest first.</summary>
    public const string DefaultPlans = """
        SELECT in_force_from, default_plan_version_id
          FROM (SELECT revision, in_force_from, default_plan_version_id, lag(default_plan_version_id) OVER (ORDER BY revision) AS before
                  FROM catalogs
                 WHERE project_id = $1 AND default_plan_version_id IS NOT NULL) c
         WHERE default_plan_version_id IS DISTINCT FROM before
         ORDER BY revision DESC
         LIMIT 1000
        """;

    /// <summary>One publisher at a time per project; readers and the hot path are not touched.</summary>
    public const string LockProject = "SELECT pg_advisory_xact_lock(7234003, $1)";

    /// <summary>A feature keeps its number for ever; its last definition is replaced.</summary>
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

    /// <summary>How many features there are, and the bytes of all features and plan versions, as every server reads them.</summary>
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

    /// <summary>Heard by every server on this database once the transaction commits.</summary>
    public const string Notify = "SELECT pg_notify('tollgate_changed', 'catalog:' || $1)";

    /// <summary>
    /// Customers by the plan that a new version of it would reach: those on the default plan get it at once, those pinned
    /// to a version keep theirs. Members have what their owner has. $2 = the default plan's code.
    /// </summary>
    public const string CustomersByPlan = """
        SELECT coalesce(v.plan, $2), c.plan_version_id IS NOT NULL, count(*)
          FROM customers c
          LEFT JOIN plan_versions v ON v.id = c.plan_version_id
         WHERE c.project_id = $1 AND c.owner IS NULL
         GROUP BY 1, 2
        """;
}
