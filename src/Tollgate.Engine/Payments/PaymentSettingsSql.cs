namespace Tollgate.Engine.Payments;

/// <summary>Every statement on provider settings and keys.</summary>
internal static class PaymentSettingsSql
{
    /// <summary>Rows: project, provider, version, manager of new subscriptions.</summary>
    public const string LoadChoices = "SELECT project_id, provider, version, subscriptions FROM payment_settings";

    /// <summary>Rows: project, provider, secrets, version, updated.</summary>
    public const string LoadCredentials = "SELECT project_id, provider, secrets, version FROM provider_credentials";

    /// <summary>
    /// $1 project, $2 provider, $3 manager of new subscriptions; null: unchanged with the same provider, Tollgate with another.
    /// </summary>
    public const string Choose =
        """
        INSERT INTO payment_settings AS s (project_id, provider, subscriptions)
             VALUES ($1, $2, coalesce($3, 'tollgate'))
        ON CONFLICT (project_id) DO UPDATE
                SET provider = excluded.provider, version = DEFAULT, updated_at = now(),
                    subscriptions = coalesce($3, CASE WHEN s.provider = excluded.provider THEN s.subscriptions ELSE 'tollgate' END)
        """;

    /// <summary>$1 project, $2 provider, $3 secrets.</summary>
    public const string SetCredentials =
        """
        INSERT INTO provider_credentials (project_id, provider, secrets)
             VALUES ($1, $2, $3)
        ON CONFLICT (project_id, provider) DO UPDATE
                SET secrets = excluded.secrets, version = DEFAULT, updated_at = now()
        """;

    /// <summary>$1 project, $2 provider.</summary>
    public const string RemoveCredentials = "DELETE FROM provider_credentials WHERE project_id = $1 AND provider = $2";
}
