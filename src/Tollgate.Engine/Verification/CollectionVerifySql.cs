namespace Tollgate.Engine.Verification;

/// <summary>The check of collections, for <see cref="VerifyLedger"/>. Parameters and columns as in <see cref="VerifySql"/>.</summary>
internal static class CollectionVerifySql
{
    /// <summary>
    /// A past-due subscription has a failed open collection, and a subscription with one is past due, unless it is paused or has ended, or
    /// was paused when the collection failed. Place: the subscription.
    /// </summary>
    public const string Collecting =
        """
        SELECT p.code, c.id, NULL::text, x.place, x.expected::numeric, x.found::numeric, count(*) OVER ()
          FROM (SELECT s.partition, s.account, 'subscription ' || s.id AS place, (s.status = 'past_due')::integer AS expected,
                  (k.failing > 0)::integer AS found
                  FROM subscriptions s
                 CROSS JOIN LATERAL (SELECT count(*) AS failing
                                       FROM collections k
                                      WHERE k.partition = s.partition AND k.account = s.account AND k.subscription = s.id
                                        AND k.state = 'open' AND k.failures > 0
                                        AND (s.status = 'past_due'
                                             OR NOT EXISTS (SELECT FROM subscription_facts f
                                                             WHERE f.partition = s.partition AND f.account = s.account
                                                               AND f.subscription = s.id
                                                               AND f.verb = 'resume' AND f.at >= k.first_failed_at))) k
                 WHERE s.status IN ('active', 'past_due') AND s.managed_by IS NULL) x
          JOIN customers c ON c.partition = x.partition AND c.account = x.account
          JOIN projects  p ON p.id = c.project_id
         WHERE x.expected <> x.found
           AND ($1::integer IS NULL OR p.id = $1)
         ORDER BY 1, 2, 4
         LIMIT 20
        """;
}
