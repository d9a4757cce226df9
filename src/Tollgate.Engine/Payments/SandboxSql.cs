namespace Tollgate.Engine.Payments;

/// <summary>The books of <see cref="SandboxProvider"/>.</summary>
internal static class SandboxSql
{
    /// <summary>$1 project, $2 key. Rows: reference, failure.</summary>
    public const string Find = "SELECT reference, failure FROM sandbox_charges WHERE project_id = $1 AND key = $2";

    /// <summary>A key that is known keeps what it has. $1 project, $2 key, $3 failure or null, $4 reference.</summary>
    public const string Do =
        """
        INSERT INTO sandbox_charges (project_id, key, failure, reference)
             VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING
        """;

    /// <summary>$1 project, $2 customer, $3 outcome, $4 how often.</summary>
    public const string Behave = "INSERT INTO sandbox_behaviors (project_id, customer, outcome, times) VALUES ($1, $2, $3, $4)";

    /// <summary>Uses the oldest once; no row: none was asked for. $1 project, $2 customer. Answers the outcome.</summary>
    public const string TakeBehavior =
        """
          WITH next AS (
                SELECT sequence, outcome, times
                  FROM sandbox_behaviors
                 WHERE project_id = $1 AND customer = $2
                 ORDER BY sequence
                 LIMIT 1
                   FOR UPDATE),
               used AS (
                UPDATE sandbox_behaviors b SET times = b.times - 1
                  FROM next
                 WHERE b.project_id = $1 AND b.customer = $2 AND b.sequence = next.sequence AND next.times > 1),
               gone AS (
                DELETE FROM sandbox_behaviors b
                 USING next
                 WHERE b.project_id = $1 AND b.customer = $2 AND b.sequence = next.sequence AND next.times = 1)
        SELECT outcome FROM next
        """;
}
