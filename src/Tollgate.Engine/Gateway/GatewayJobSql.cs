
using Tollgate.Engine.Jobs;

namespace Tollgate.Engine.Gateway;

/// <summary>The statements on gateway_jobs.</summary>
internal static class GatewayJobSql
{
    private const string Columns =
        "provider, id, customer, feature, model, endpoint, holds, started_at, settled_at IS NOT NULL AS is_settled, upstream, ask_at, attribute_to";

    /// <summary>
    /// Stores a job. If the job is known, nothing happens: its first owner stays. $1 project, $2 provider, $3 id, $4 customer, $5 feature
    /// or null, $6 model, $7 endpoint, $8 holds, $9 the project's time, $10 true if it is settled, $11 upstream and $12 path for status
    /// requests, $13 attribution or null.
    /// </summary>
    public const string Remember = """
        INSERT INTO gateway_jobs (project_id, provider, id, customer, feature, model, endpoint, holds, started_at, settled_at, upstream,
             ask_at, attribute_to, next_look_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, CASE WHEN $10 THEN now() END, $11, $12, $13, CASE
               WHEN NOT $10 THEN now() + interval '10 minutes' END)
        ON CONFLICT (project_id, provider, id) DO NOTHING
        """;

    /// <summary>$1 project, $2 provider, $3 ids.</summary>
    public const string Find = $"""
        SELECT {Columns}
          FROM gateway_jobs
         WHERE project_id = $1 AND provider = $2 AND id = ANY ($3)
        """;

    /// <summary>$1 project, $2 provider, $3 id.</summary>
    public const string Settled = """
        UPDATE gateway_jobs
           SET settled_at = now(), next_look_at = NULL
         WHERE project_id = $1 AND provider = $2 AND id = $3 AND settled_at IS NULL
        """;

    /// <summary>Rows: project.</summary>
    public const string DueProjects = $"""
        SELECT p.id
          FROM projects p
         WHERE EXISTS (SELECT FROM gateway_jobs j
                        WHERE j.project_id = p.id AND j.settled_at IS NULL AND j.next_look_at <= now()
                          AND {ParkedSql.NotParked} 'gateway_jobs' AND q.project_id = j.project_id
                              AND q.subject = j.provider || '/' || j.id))
        """;

    /// <summary>
    /// Takes jobs whose status request is due: $1 project, $2 limit. Each is due again after a third of its age, so that Tollgate neither
    /// requests a long job a thousand times nor a forgotten one for ever.
    /// </summary>
    public const string TakeDue = $"""
        UPDATE gateway_jobs AS j
           SET next_look_at = now() + greatest(interval '10 minutes', (now() - created_at) / 3)
          FROM (SELECT project_id, provider, id
                  FROM gateway_jobs
                 WHERE project_id = $1 AND settled_at IS NULL AND next_look_at <= now()
                   AND {ParkedSql.NotParked} 'gateway_jobs' AND q.project_id = gateway_jobs.project_id
                       AND q.subject = gateway_jobs.provider || '/' || gateway_jobs.id)
                 ORDER BY next_look_at
                 LIMIT $2
                   FOR UPDATE SKIP LOCKED) AS due
         WHERE j.project_id = due.project_id AND j.provider = due.provider AND j.id = due.id
        RETURNING j.provider, j.id, customer, feature, model, endpoint, holds, started_at, FALSE AS is_settled, upstream, ask_at, attribute_to
        """;

    /// <summary>Makes a job due again after a failed request; it waits only while it is parked. $1 project, $2 provider, $3 id.</summary>
    public const string Release = """
        UPDATE gateway_jobs
           SET next_look_at = now()
         WHERE project_id = $1 AND provider = $2 AND id = $3 AND settled_at IS NULL
        """;

    /// <summary>Providers keep results for 30 days, and Tollgate records no event that is more than 35 days old.</summary>
    public const string ForgetOld = "DELETE FROM gateway_jobs WHERE created_at < now() - interval '35 days'";
}
