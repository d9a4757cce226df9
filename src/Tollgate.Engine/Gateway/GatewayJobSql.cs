
using Tollgate.Engine.Jobs;

namespace Tollgate.Engine.Gateway;

/// <summary>The statements on gateway_jobs.</summary>
internal static class GatewayJobSql
{
    private const string Columns =
        "provider, id, customer, feature, model, endpoint, holds, started_at, settled_at IS NOT NULL, upstream, ask_at, attribute_to";

    /// <summary>
    /// $1 project, $2 provider, $3 id, $4 customer, $5 feature or null, $6 model, $7 endpoint, $8 holds, $9 the project's time, $10 whether
    /// it is settled, $11 upstream and $12 path to ask at, $13 what the cost is for or null. Nothing happens where the job is known: its
    /// first owner stays.
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
    /// Takes work that is due to be asked for: $1 project, $2 how many. Each is due again after a third of its age, so that a long one is
    /// not asked for a thousand times and a forgotten one not for ever.
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
        RETURNING j.provider, j.id, customer, feature, model, endpoint, holds, started_at, FALSE, upstream, ask_at, attribute_to
        """;

    /// <summary>What could not be asked for is due when its pause is over. $1 project, $2 provider, $3 id.</summary>
    public const string Release = """
        UPDATE gateway_jobs
           SET next_look_at = now()
         WHERE project_id = $1 AND provider = $2 AND id = $3 AND settled_at IS NULL
        """;

    /// <summary>Providers keep answers for 30 days, and an event of more than 35 is not recorded any more.</summary>
    public const string ForgetOld = "DELETE FROM gateway_jobs WHERE created_at < now() - interval '35 days'";
}
