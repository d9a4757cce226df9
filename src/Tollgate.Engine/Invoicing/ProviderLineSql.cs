
using Tollgate.Engine.Jobs;

namespace Tollgate.Engine.Invoicing;

/// <summary>The statements on <c>provider_lines</c>.</summary>
internal static class ProviderLineSql
{
    /// <summary>Arrays, position by position; see <see cref="ProviderLines.Rows"/>.</summary>
    public const string Write =
        """
        INSERT INTO provider_lines (partition, account, id, project_id, subscription, feature, description, currency, amount,
          period_start, period_end, created_at)
        SELECT *
          FROM unnest($1::smallint[], $2::integer[], $3::uuid[], $4::integer[], $5::uuid[], $6::integer[], $7::text[],
            $8::text[], $9::bigint[],
                      $10::timestamptz[], $11::timestamptz[], $12::timestamptz[])
        """;

    /// <summary>
    /// Takes unsent lines, at growing intervals: most wait for an invoice that does not exist yet, and whose event will send them. No
    /// number of tries makes the interval overflow, which would fail the statement for all projects. $1 seconds, $2 number of rows. Rows:
    /// project, subscription.
    /// </summary>
    public const string TakeUnsent =
        $"""
          WITH first AS MATERIALIZED (
                SELECT d.partition, d.account, d.id, row_number() OVER (PARTITION BY d.project_id ORDER BY d.asked_at) AS turn
                  FROM provider_lines d
                 WHERE d.sent_at IS NULL AND d.asked_at < now() - make_interval(secs => least($1 * 2 ^ least(d.tries, 30), 21600))
                   AND {ParkedSql.NotParked} 'provider_lines' AND q.project_id = d.project_id AND q.subject = d.subscription::text))
        UPDATE provider_lines l
           SET asked_at = now(), tries = least(l.tries, 1000000) + 1
         WHERE (l.partition, l.account, l.id) IN (SELECT u.partition, u.account, u.id
                                                    FROM first f
                                                    JOIN provider_lines u ON u.partition = f.partition
                                                      AND u.account = f.account AND u.id = f.id
                                                   WHERE u.sent_at IS NULL AND u.asked_at < now()
                                                     - make_interval(secs => least($1 * 2 ^ least(u.tries, 30), 21600))
                                                   ORDER BY f.turn, u.asked_at
                                                   LIMIT $2
                                                     FOR NO KEY UPDATE OF u SKIP LOCKED)
        RETURNING l.project_id, l.subscription
        """;

    /// <summary>
    /// Oldest first. $1 project, $2 subscription. Rows: customer, the provider's id of the subscription, true if it has ended, and the
    /// line.
    /// </summary>
    public const string Unsent =
        """
        SELECT c.id AS customer_id, s.reference, s.ended_at IS NOT NULL AS has_ended, l.id, l.description, l.currency, l.amount,
               l.period_start, l.period_end, s.managed_by
          FROM subscriptions s
          JOIN customers c ON c.partition = s.partition AND c.account = s.account
          JOIN provider_lines l ON l.partition = s.partition AND l.account = s.account AND l.subscription = s.id
         WHERE s.project_id = $1 AND s.id = $2 AND l.sent_at IS NULL
         ORDER BY l.sequence
        """;

    /// <summary>
    /// Allows one sender for each subscription: two would look for earlier lines and both find none. $1 subscription. Returns true if the
    /// caller is the sender.
    /// </summary>
    public const string TryHold = "SELECT pg_try_advisory_lock(7234033, hashtext($1::text))";

    /// <summary>$1 subscription.</summary>
    public const string LetGo = "SELECT pg_advisory_unlock(7234033, hashtext($1::text))";

    /// <summary>$1 partition, $2 project, $3 id, $4 the provider's own id.</summary>
    public const string Sent =
        """
        UPDATE provider_lines
           SET reference = $4, sent_at = now()
         WHERE partition = $1 AND project_id = $2 AND id = $3 AND sent_at IS NULL
        """;
}
