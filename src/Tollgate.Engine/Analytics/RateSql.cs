namespace Tollgate.Engine.Analytics;

/// <summary>The statements on exchange rates.</summary>
internal static class RateSql
{
    /// <summary>Serialises the additions of a project. $1 project.</summary>
    public const string Lock = "SELECT pg_advisory_xact_lock(7234021, $1)";

    /// <summary>
    /// Returns the number of the rate that holds on the day: the present one if it is the same. No row: the project has the most rates. $1
    /// project, $2 currency, $3 target, $4 day, $5 rate, $6 the most rates.
    /// </summary>
    public const string Add =
        """
          WITH present AS (
                SELECT r.sequence, r.rate
                  FROM exchange_rates r
                 WHERE r.project_id = $1 AND r.currency = $2 AND r.target = $3 AND r.valid_from = $4
                 ORDER BY r.sequence DESC LIMIT 1),
               added AS (
                INSERT INTO exchange_rates (project_id, currency, target, valid_from, rate)
                SELECT $1, $2, $3, $4, $5
                 WHERE NOT EXISTS (SELECT FROM present p WHERE p.rate = $5)
                   AND (SELECT count(*) FROM exchange_rates r WHERE r.project_id = $1) < $6
                RETURNING sequence)
        SELECT sequence FROM added
         UNION ALL
        SELECT p.sequence FROM present p WHERE p.rate = $5
        """;

    /// <summary>$1 project, $2 currency or null, $3 the sequence after which it starts or null, $4 number of rows.</summary>
    public const string List =
        """
        SELECT r.sequence, r.currency, r.target, r.valid_from, r.rate
          FROM exchange_rates r
         WHERE r.project_id = $1 AND ($2::text IS NULL OR r.currency = $2) AND ($3::bigint IS NULL OR r.sequence < $3)
         ORDER BY r.sequence DESC
         LIMIT $4
        """;

    /// <summary>$1 project, $2 target.</summary>
    public const string Load =
        """
        SELECT DISTINCT ON (r.currency, r.valid_from) r.currency, r.valid_from, r.rate
          FROM exchange_rates r
         WHERE r.project_id = $1 AND r.target = $2
         ORDER BY r.currency, r.valid_from, r.sequence DESC
        """;
}
