namespace Tollgate.Engine.Jobs;

/// <summary>The statements on parked_work, and on other items that wait for an operator.</summary>
internal static class ParkedSql
{
    /// <summary>
    /// A condition for the statements by which loops take work, so that they skip parked items. Continue it with the name of the work, and
    /// <c>AND q.project_id = … AND q.subject = …)</c>.
    /// </summary>
    public const string NotParked = "NOT EXISTS (SELECT FROM parked_work q WHERE q.next_attempt_at > now() AND q.work =";

    /// <summary>
    /// Parks an item, or counts another failure of it. $1 id of a new row, $2 work, $3 project or null, $4 subject, $5 type and $6 message
    /// of the error, $7 first and $8 longest pause in seconds, $9 random factor, $10 a fixed pause in seconds, or null. Row: attempts,
    /// next_attempt_at.
    /// </summary>
    public const string Park =
        """
        INSERT INTO parked_work AS p (id, work, project_id, subject, attempts, error_type, error, next_attempt_at)
             VALUES ($1, $2, $3, $4, 1, $5, $6, now() + make_interval(secs => coalesce($10, $7 * $9)))
        ON CONFLICT (work, project_id, subject)
          DO UPDATE SET attempts = least(p.attempts, 1000000) + 1, error_type = excluded.error_type, error = excluded.error, last_failed_at = now(),
                        next_attempt_at = now() + make_interval(secs => coalesce($10, least($7 * power(2, least(p.attempts, 30)), $8) * $9))
          RETURNING attempts, next_attempt_at
        """;

    /// <summary>$1 work, $2 number of rows.</summary>
    public const string Due =
        "SELECT subject FROM parked_work WHERE work = $1 AND project_id IS NULL AND next_attempt_at <= now() ORDER BY next_attempt_at "
            + "LIMIT $2";

    /// <summary>$1 work, $2 project or null, $3 subject.</summary>
    public const string Done = "DELETE FROM parked_work WHERE work = $1 AND project_id IS NOT DISTINCT FROM $2 AND subject = $3";

    /// <summary>
    /// Deletes rows that no loop has tried for an hour after they were due: the work was done in another way (paid by hand) or its object
    /// was deleted. Rows for facts that made no mails or alerts stay: no other row refers to those. $1 number of rows.
    /// </summary>
    public const string Forget =
        """
        DELETE FROM parked_work
         WHERE id = ANY (ARRAY(SELECT id FROM parked_work WHERE next_attempt_at < now() - interval '1 hour'
           AND work NOT IN ('mail_events', 'alert_events') LIMIT $1))
        """;

    /// <summary>
    /// $1 number of rows. Rows: work, project or null, subject, next_attempt_at; an operator may have set that to <c>infinity</c>, which is
    /// no time of .NET.
    /// </summary>
    public const string Known =
        """
        SELECT work, project_id, subject,
               least(greatest(next_attempt_at, timestamptz 'epoch'), now() + interval '1 year') AS next_attempt_at
          FROM parked_work p
         ORDER BY p.next_attempt_at
         LIMIT $1
        """;

    /// <summary>
    /// Parked rows together with items that other rooms hold for an operator: provider events that Tollgate could not apply for two days,
    /// and subscriptions whose next invoice needs a review. Neither of these has a next attempt.
    /// </summary>
    private const string All =
        """
          WITH parked AS MATERIALIZED (
                SELECT id, work, project_id, subject, attempts, error_type, error, first_failed_at, last_failed_at,
                       CASE WHEN isfinite(next_attempt_at) THEN next_attempt_at END AS next_attempt_at
                  FROM parked_work
                UNION ALL
                SELECT md5('inbox/' || project_id || '/' || provider || '/' || id)::uuid, 'inbox', project_id, provider || ':' || id,
                       attempts, 'not_applied',
                       reason, received_at, received_at, NULL
                  FROM provider_events
                 WHERE state = 'parked'
                UNION ALL
                SELECT md5('subscription/' || project_id || '/' || id)::uuid, 'subscriptions', project_id, id::text, 1, 'needs_review',
                       parked_reason, parked_at, parked_at, NULL
                  FROM subscriptions
                 WHERE parked_at IS NOT NULL)
        """;

    /// <summary>
    /// Newest first failure first. $1 project or null for all, $2 work or null, $3 id after which the list starts, or null, $4 number of
    /// rows.
    /// </summary>
    public const string List =
        $"""
        {All}
        SELECT *
          FROM parked p
         WHERE ($1::integer IS NULL OR p.project_id = $1)
           AND ($2::text IS NULL OR p.work = $2)
           AND ($3::uuid IS NULL OR (p.first_failed_at, p.id) < (SELECT a.first_failed_at, a.id FROM parked a WHERE a.id = $3))
         ORDER BY p.first_failed_at DESC, p.id DESC
         LIMIT $4
        """;

    /// <summary>$1 project or null for all, $2 id.</summary>
    public const string Find = $"{All} SELECT * FROM parked p WHERE p.id = $2 AND ($1::integer IS NULL OR p.project_id = $1)";

    /// <summary>Rows: work, number.</summary>
    public const string Count = $"{All} SELECT work, count(*) FROM parked GROUP BY work";

    /// <summary>$1 id.</summary>
    public const string Retry = "UPDATE parked_work SET next_attempt_at = now() WHERE id = $1";

    /// <summary>Deletes the rows of calls that failed before and were folded with others.</summary>
    public const string UnparkFolded =
        """
        DELETE FROM parked_work p
              WHERE p.work = 'call_costs' AND p.next_attempt_at <= now()
                AND NOT EXISTS (SELECT FROM call_queue k WHERE p.subject = k.partition || '/' || k.account || '/' || k.id)
        """;
}
