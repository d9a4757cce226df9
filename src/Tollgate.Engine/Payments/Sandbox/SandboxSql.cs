
using Tollgate.Engine.Jobs;

namespace Tollgate.Engine.Payments.Sandbox;

/// <summary>The statements of <see cref="SandboxProvider"/> on its own tables.</summary>
internal static class SandboxSql
{
    /// <summary>$1 project, $2 key. Rows: reference, failure, whether the result may be reported.</summary>
    public const string Find = "SELECT reference, failure, ready_at <= now() FROM sandbox_charges WHERE project_id = $1 AND key = $2";

    /// <summary>
    /// A known key keeps its result. $1 project, $2 key, $3 failure or null, $4 reference, $5 seconds until the result is reported.
    /// </summary>
    public const string Do =
        """
        INSERT INTO sandbox_charges (project_id, key, failure, reference, ready_at)
             VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))
        ON CONFLICT DO NOTHING
        """;

    /// <summary>$1 project, $2 customer, $3 outcome, $4 how often.</summary>
    public const string Behave = "INSERT INTO sandbox_behaviors (project_id, customer, outcome, times) VALUES ($1, $2, $3, $4)";

    /// <summary>Uses the oldest behavior once; no row: there is none. $1 project, $2 customer. Returns the outcome.</summary>
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

    // ---- webhooks ----------------------------------------------------------------------------------------------

    /// <summary>$1 project. Rows: copies, seconds of delay, whether in random order, whether a forged copy is added.</summary>
    public const string WebhookBehavior =
        "SELECT copies, delay_seconds, is_shuffled, is_forged FROM sandbox_webhook_behaviors WHERE project_id = $1";

    /// <summary>$1 project, $2 copies, $3 seconds of delay, $4 whether in random order, $5 whether a forged copy is added.</summary>
    public const string BehaveWebhooks =
        """
        INSERT INTO sandbox_webhook_behaviors (project_id, copies, delay_seconds, is_shuffled, is_forged)
             VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (project_id) DO UPDATE
                SET copies = excluded.copies, delay_seconds = excluded.delay_seconds, is_shuffled = excluded.is_shuffled,
                  is_forged = excluded.is_forged
        """;

    /// <summary>
    /// $1 id, $2 project, $3 type, $4 body, $5 seconds until it is sent, $6 whether its body differs from the signed one.
    /// </summary>
    public const string InsertWebhook =
        """
        INSERT INTO sandbox_webhooks (id, project_id, type, body, due_at, is_forged)
             VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5), $6)
        """;

    /// <summary>Counts a project's waiting webhooks, due or not, up to the limit. $1 project, $2 limit.</summary>
    public const string WaitingWebhooks = "SELECT count(*) FROM (SELECT FROM sandbox_webhooks WHERE project_id = $1 LIMIT $2) AS w";

    /// <summary>
    /// Claims due webhooks for a while; several servers claim different ones. Earliest first within a project, the projects in turn; if
    /// there are more projects than rows, the order of the projects is random. One pass over all due webhooks is cheap, because a project
    /// has few waiting. $1 number of rows, $2 seconds. Rows: id, project, body, whether it is forged.
    /// </summary>
    public const string TakeWebhooks =
        $"""
          WITH first AS MATERIALIZED (
                SELECT w.id, w.due_at, row_number() OVER (PARTITION BY w.project_id ORDER BY w.due_at, w.id) AS turn, random() AS lot
                  FROM sandbox_webhooks w
                 WHERE w.due_at <= now() AND {ParkedSql.NotParked} 'sandbox_webhooks' AND q.project_id = w.project_id
                   AND q.subject = w.id::text)),
               due AS (
                SELECT w.id, f.due_at
                  FROM first f
                  JOIN sandbox_webhooks w ON w.id = f.id
                 WHERE w.due_at <= now()
                 ORDER BY f.turn, f.lot
                 LIMIT $1
                   FOR UPDATE OF w SKIP LOCKED),
               taken AS (
                UPDATE sandbox_webhooks w
                   SET due_at = now() + make_interval(secs => $2)
                  FROM due
                 WHERE w.id = due.id
             RETURNING w.id, w.project_id, w.body, w.is_forged, due.due_at)
        SELECT id, project_id, body, is_forged FROM taken ORDER BY due_at, id
        """;

    /// <summary>$1 id.</summary>
    public const string ForgetWebhook = "DELETE FROM sandbox_webhooks WHERE id = $1";

    /// <summary>Makes a webhook that could not be sent due now. $1 id.</summary>
    public const string ReturnWebhook = "UPDATE sandbox_webhooks SET due_at = now() WHERE id = $1";
}
