namespace Tollgate.Engine.Payments.Stripe;

/// <summary>Reads Tollgate's records for a comparison with Stripe.</summary>
internal static class ReconcileSql
{
    /// <summary>The ids of Stripe's customers in Tollgate. $1 project, $2 Stripe's ids. Rows: Stripe's id, Tollgate's.</summary>
    public const string Owners =
        """
        SELECT x.reference, c.id
          FROM provider_customers x
          JOIN customers c ON c.partition = x.partition AND c.account = x.account
         WHERE x.project_id = $1 AND x.provider = 'stripe' AND x.reference = ANY ($2)
        """;

    /// <summary>
    /// Subscriptions that Stripe manages: of these ids, or all that have not ended. $1 project, $2 ids or null, $3 limit. Rows: see
    /// ReconcileStripe.
    /// </summary>
    public const string ProviderManaged =
        """
        SELECT s.id, s.reference, s.status, v.plan, s.interval, s.quantity, s.period_start, s.period_end, s.cancel_at
          FROM subscriptions s
          JOIN plan_versions v ON v.id = s.plan_version_id
         WHERE s.project_id = $1 AND s.managed_by = 'stripe' AND (s.id = ANY ($2) OR ($2 IS NULL AND s.ended_at IS NULL))
         ORDER BY s.id
         LIMIT $3
        """;

    /// <summary>Newest first, by real time, since a sandbox's clock may show any time. $1 project, $2 since, $3 limit.</summary>
    public const string Payments =
        $"""
        SELECT {PaymentSql.Columns}
          FROM payments p
          JOIN customers c ON c.partition = p.partition AND c.account = p.account
         WHERE p.project_id = $1 AND p.provider = 'stripe' AND p.asked_at >= $2
         ORDER BY p.sequence DESC
         LIMIT $3
        """;
}
