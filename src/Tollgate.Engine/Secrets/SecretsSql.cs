namespace Tollgate.Engine.Secrets;

/// <summary>A column whose values are encrypted.</summary>
/// <param name="Purpose">The <see cref="SecretPlace.Purpose"/> of its values.</param>
/// <param name="Row">SQL that gives their <see cref="SecretPlace.Row"/>.</param>
/// <param name="IsText">The column is text, not bytea.</param>
internal sealed record SecretColumn(string Table, string Column, string Purpose, string Row, bool IsText);

/// <summary>Every statement of the room, and the list of encrypted columns.</summary>
internal static class SecretsSql
{
    private const string OfProvider = "project_id || '/' || provider";

    /// <summary>
    /// All encrypted columns. In addition, the database holds hashes (SHA-256 of keys, tokens and addresses of pages, which are 256 random
    /// bits) and answers that are encrypted with the caller's own key (idempotency_keys).
    /// </summary>
    public static readonly IReadOnlyList<SecretColumn> Columns =
    [
        new("upstreams", "secrets", "upstreams", OfProvider, false),
        new("provider_credentials", "secrets", "payments", OfProvider, false),
        new("webhook_endpoints", "secret", "webhooks", "id::text", false),
        new("webhook_endpoints", "previous_secret", "webhooks", "id::text", false),
        new("payment_methods", "token", "cards", "id::text", true),
        new("provider_events", "body", "inbox", OfProvider + " || '/' || id", true),
        new("checkouts", "page", "pages", "id::text", true),
        new("paymob_orders", "page", "pages", "key::text", true),
        new("provider_invoices", "url", "pages", OfProvider + " || '/' || reference", true),
        new("erasures", "terms", "erasures", "id::text", true),
        new("usage_keys", "key", "usage", "partition || '/' || account || '/' || number", false),
        new("signing_keys", "secret", "signing", "name", false),
    ];

    /// <summary>Serialises starts: servers that start at the same time register one key.</summary>
    public const string Lock = "SELECT pg_advisory_lock(7234010, 1)";

    /// <summary>One rotation at a time. Servers may start meanwhile.</summary>
    public const string TryLockRotation = "SELECT pg_try_advisory_lock(7234010, 2)";

    public const string States = "SELECT id, state FROM master_keys";

    public const string Current = "SELECT id FROM master_keys WHERE state = 'current'";

    /// <summary>Changes the state of the current key. $1 its new state.</summary>
    public const string Leave = "UPDATE master_keys SET state = $1, since = now() WHERE state = 'current'";

    /// <summary>In the transaction of <see cref="Leave"/>, after it. $1 id.</summary>
    public const string MakeCurrent =
        "INSERT INTO master_keys (id, state) VALUES ($1, 'current') ON CONFLICT (id) DO UPDATE SET state = 'current', since = now()";

    public const string Retire = "UPDATE master_keys SET state = 'retired', since = now() WHERE state = 'retiring'";

    /// <summary>$1 name.</summary>
    public const string SigningKey = "SELECT secret FROM signing_keys WHERE name = $1";

    /// <summary>$1 name, $2 secret.</summary>
    public const string AddSigningKey = "INSERT INTO signing_keys (name, secret) VALUES ($1, $2) ON CONFLICT DO NOTHING";

    /// <summary>Replaces a key whose master key was lost. $1 name, $2 secret.</summary>
    public const string ReplaceSigningKey = "UPDATE signing_keys SET secret = $2 WHERE name = $1";

    /// <summary>Counts live servers. They renew their rows every few seconds.</summary>
    public const string LiveServers = "SELECT count(*) FROM servers WHERE seen_at > now() - interval '15 seconds'";

    // ---- rotation ------------------------------------------------------------------------------------------------

    /// <summary>Selects the values that another master key encrypted.</summary>
    public static string NotOf(SecretColumn column, string key) =>
        Select(column) + (column.IsText
            ? $"NOT starts_with({column.Column}, '{SecretBox.TextPrefix}{key}.')"
            : $@"substring({column.Column} FROM 2 FOR {MasterKey.IdBytes}) <> '\x{key}'");

    /// <summary>
    /// Replaces a value by the same secret under another key, so no version changes. $1 value, $2 ctid of the row, $3 the value as read: a
    /// value that changed meanwhile stays.
    /// </summary>
    public static string Put(SecretColumn column) =>
        $"UPDATE {column.Table} SET {column.Column} = $1 WHERE ctid = $2::tid AND {column.Column} = $3";

    private static string Select(SecretColumn column) =>
        $"SELECT ctid::text, {column.Row}, {column.Column} FROM {column.Table} WHERE {column.Column} IS NOT NULL AND ";
}
