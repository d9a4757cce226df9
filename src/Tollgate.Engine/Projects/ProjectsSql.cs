namespace Tollgate.Engine.Projects;

/// <summary>Every statement of the room Projects: projects, project_hosts, api_keys, customer_tokens, servers, idempotency_keys.</summary>
internal static class ProjectsSql
{
    // ---- the snapshot ------------------------------------------------------------------------------------------

    public const string ReadProjects = """
        SELECT p.id, p.code, p.name, p.mode, p.time_zone, p.currency, p.test_clock, p.created_at,
               coalesce((SELECT max(c.revision) FROM catalogs c WHERE c.project_id = p.id), 0) AS catalog_revision,
               ARRAY(SELECT h.host FROM project_hosts h WHERE h.project_id = p.id ORDER BY h.host) AS hosts,
               coalesce((SELECT max(m.id) FROM model_prices m WHERE m.project_id = p.id), 0) AS own_price_revision,
               coalesce((SELECT max(m.id) FROM model_prices m WHERE m.project_id IS NULL), 0) AS shared_price_revision,
               coalesce((SELECT s.markup_basis_points FROM llm_settings s WHERE s.project_id = p.id), 0) AS markup_basis_points,
               coalesce((SELECT s.encrypt_usage FROM privacy_settings s WHERE s.project_id = p.id), false) AS encrypt_usage
          FROM projects p
         ORDER BY p.id
        """;

    /// <summary>
    /// Leaves out keys that ended more than 30 days ago: for these "invalid" is as good an answer as "expired".
    /// </summary>
    public const string ReadKeys = """
        SELECT id, project_id, kind, hash, scopes, networks, expires_at, revoked_at
          FROM api_keys
         WHERE coalesce(revoked_at, 'infinity') > now() - interval '30 days'
           AND coalesce(expires_at, 'infinity') > now() - interval '30 days'
        """;

    // ---- projects ----------------------------------------------------------------------------------------------

    public const string InsertProject = """
        INSERT INTO projects (code, name, mode, time_zone, currency)
             VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (code) DO NOTHING
          RETURNING id, created_at
        """;

    /// <summary>Held while an empty database gets its first projects, so that only one of several servers creates them.</summary>
    public const string LockFirstProjects = "SELECT pg_advisory_xact_lock(7234000, 1)";

    public const string AnyAdminKeyExists = "SELECT EXISTS (SELECT FROM api_keys WHERE kind = 'admin')";

    // ---- test clock --------------------------------------------------------------------------------------------

    /// <summary>A lock of the session: one advance at a time for each project.</summary>
    public const string TryLockTestClock = "SELECT pg_try_advisory_lock(7234002, $1)";

    public const string LetGoOfTestClock = "SELECT pg_advisory_unlock(7234002, $1)";

    public const string TestClock = "SELECT test_clock FROM projects WHERE id = $1 AND mode = 'sandbox'";

    public const string SetTestClock = "UPDATE projects SET test_clock = $2 WHERE id = $1 AND mode = 'sandbox' RETURNING true";

    // ---- hosts -------------------------------------------------------------------------------------------------

    /// <summary>Serialises changes of hosts: two projects that swap names would otherwise deadlock.</summary>
    public const string LockHosts = "SELECT pg_advisory_xact_lock(7234000, 3)";

    public const string HostsOfOthers = """
        SELECT ARRAY(SELECT host FROM project_hosts WHERE project_id <> $1 AND host = ANY ($2) ORDER BY host)
        """;

    public const string RemoveHosts = "DELETE FROM project_hosts WHERE project_id = $1";

    public const string InsertHosts = "INSERT INTO project_hosts (host, project_id) SELECT unnest($2::text[]), $1";

    // ---- keys --------------------------------------------------------------------------------------------------

    public const string InsertKey = """
        INSERT INTO api_keys (id, project_id, kind, name, prefix, hash, scopes, networks, expires_at, issuer)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
          RETURNING created_at
        """;

    /// <summary>
    /// Serialises changes to the keys of one project, so that a revocation sees every key that the revoked key made. An admin key may have
    /// made keys in any project, so ending one waits for all changes. $1 project.
    /// </summary>
    public const string LockKeysOfProject = "SELECT pg_advisory_xact_lock_shared(7234010, 0), pg_advisory_xact_lock(7234010, $1)";

    public const string LockAllKeys = "SELECT pg_advisory_xact_lock(7234010, 0)";

    /// <summary>A key that is valid and may issue others. $1 id. Rows: kind, scopes, networks, expiry, lineage.</summary>
    public const string FindIssuer = """
        SELECT kind, scopes, networks, expires_at, lineage
          FROM api_keys
         WHERE id = $1 AND revoked_at IS NULL AND coalesce(expires_at, 'infinity') > now()
        """;

    /// <summary>Returns true if a lineage made the key, directly or through other keys. $1 id, $2 lineage.</summary>
    public const string IsMadeBy = """
        WITH RECURSIVE up AS (
            SELECT issuer FROM api_keys WHERE id = $1
             UNION
            SELECT k.issuer FROM up JOIN api_keys k ON k.lineage = up.issuer
        )
        SELECT EXISTS (SELECT FROM up WHERE issuer = $2)
        """;

    /// <summary>Gives the old key a new lineage for the keys that it issues from now on. $1 id. Returns the previous lineage.</summary>
    public const string TakeLineage = """
        WITH old AS (SELECT id, lineage FROM api_keys WHERE id = $1)
        UPDATE api_keys k SET lineage = gen_random_uuid() FROM old WHERE k.id = old.id RETURNING old.lineage
        """;

    /// <summary>$1 id, $2 lineage.</summary>
    public const string GiveLineage = "UPDATE api_keys SET lineage = $2 WHERE id = $1";

    /// <summary>Newest first; the id is a UUIDv7, so it orders by creation. $3 = the last id of the page before, or null.</summary>
    public const string ListKeys = """
        SELECT k.id, k.kind, k.name, k.prefix, k.scopes, k.networks, k.created_at, k.expires_at, k.revoked_at, k.last_used_at, i.id AS issuer
          FROM api_keys k
          LEFT JOIN api_keys i ON i.lineage = k.issuer
         WHERE k.project_id IS NOT DISTINCT FROM $1
           AND ($3::uuid IS NULL OR k.id < $3)
         ORDER BY k.id DESC
         LIMIT $2
        """;

    public const string LockKey = """
        SELECT kind, name, scopes, networks, expires_at, revoked_at, issuer
          FROM api_keys
         WHERE project_id IS NOT DISTINCT FROM $1 AND id = $2
           FOR UPDATE
        """;

    /// <summary>The key and everything that it made. $1 project or null, $2 id.</summary>
    public const string RevokeKey = """
        WITH RECURSIVE ended AS (
            SELECT id, lineage FROM api_keys WHERE project_id IS NOT DISTINCT FROM $1 AND id = $2
             UNION
            SELECT k.id, k.lineage FROM ended e JOIN api_keys k ON k.issuer = e.lineage
        )
        UPDATE api_keys k
           SET revoked_at = least(coalesce(k.revoked_at, 'infinity'), now())
          FROM ended e
         WHERE k.id = e.id
        """;

    public const string AnyAdminKeyIsValid = """
        SELECT EXISTS (SELECT FROM api_keys
                        WHERE kind = 'admin' AND coalesce(revoked_at, 'infinity') > now() AND coalesce(expires_at, 'infinity') > now())
        """;

    public const string ExpireKeyAfter = """
        UPDATE api_keys
           SET expires_at = least(coalesce(expires_at, 'infinity'), now() + $3)
         WHERE project_id IS NOT DISTINCT FROM $1 AND id = $2
        """;

    public const string WriteLastUsed = """
        UPDATE api_keys k
           SET last_used_at = u.used_at
          FROM unnest($1::uuid[], $2::timestamptz[]) AS u (id, used_at)
         WHERE k.id = u.id AND coalesce(k.last_used_at, '-infinity') < u.used_at
        """;

    // ---- customer tokens ---------------------------------------------------------------------------------------

    /// <summary>
    /// $1 id, $2 hash, $3 project, $4 customer, $5 lifetime, $6 the key that issues it or null. It ends with the key at the latest.
    /// </summary>
    public const string InsertToken = """
        INSERT INTO customer_tokens (id, hash, project_id, customer, expires_at, issuer)
             VALUES ($1, $2, $3, $4,
                     least(now() + $5, (SELECT expires_at FROM api_keys WHERE id = $6)),
                     (SELECT lineage FROM api_keys WHERE id = $6))
          RETURNING expires_at
        """;

    /// <summary>
    /// Reads the token and the key that issued it in one look-up, so that a revocation counts immediately on every server.
    /// </summary>
    public const string FindToken = $"""
        SELECT t.project_id, t.customer, t.expires_at, t.id, t.revoked_at, t.issuer, {IssuerState.Columns}
          FROM customer_tokens t
          LEFT JOIN api_keys i ON i.lineage = t.issuer
         WHERE t.hash = $1
        """;

    /// <summary>Newest first. $1 project, $2 customer, $3 the last id of the page before or null, $4 rows.</summary>
    public const string ListTokens = """
        SELECT t.id, i.id, t.created_at, least(t.expires_at, i.expires_at),
               coalesce(t.revoked_at, CASE WHEN t.issuer IS NOT NULL AND i.id IS NULL THEN t.created_at ELSE i.revoked_at END)
          FROM customer_tokens t
          LEFT JOIN api_keys i ON i.lineage = t.issuer
         WHERE t.project_id = $1 AND t.customer = $2
           AND ($3::uuid IS NULL OR (t.created_at, t.id) < (SELECT c.created_at, c.id FROM customer_tokens c
               WHERE c.project_id = $1 AND c.id = $3))
         ORDER BY t.created_at DESC, t.id DESC
         LIMIT $4
        """;

    public const string RevokeToken = """
        UPDATE customer_tokens SET revoked_at = coalesce(revoked_at, now())
         WHERE project_id = $1 AND customer = $2 AND id = $3
        """;

    /// <summary>Revokes tokens of a deleted customer, so that no token creates the customer again. $1 project, $2 customer.</summary>
    public const string RevokeTokensOfCustomer = """
        UPDATE customer_tokens SET revoked_at = now()
         WHERE project_id = $1 AND customer = $2 AND revoked_at IS NULL
        """;

    // ---- logins of customers -------------------------------------------------------------------------------------

    /// <summary>$1 project, $2 user name, $3 customer, $4 hash of the password, $5 the key that sets it or null.</summary>
    public const string SetLogin = """
        INSERT INTO customer_logins (project_id, username, customer, password_hash, issuer)
             VALUES ($1, $2, $3, $4, (SELECT lineage FROM api_keys WHERE id = $5))
        ON CONFLICT (project_id, customer)
          DO UPDATE SET username = excluded.username, password_hash = excluded.password_hash, issuer = excluded.issuer, updated_at = now()
          RETURNING updated_at
        """;

    /// <summary>$1 project, $2 customer.</summary>
    public const string RemoveLogin = "DELETE FROM customer_logins WHERE project_id = $1 AND customer = $2";

    /// <summary>The login with the present key of the one that set it, unless that key has ended. $1 project, $2 user name.</summary>
    public const string FindLogin = """
        SELECT l.customer, l.password_hash, i.id
          FROM customer_logins l
          LEFT JOIN api_keys i ON i.lineage = l.issuer AND i.revoked_at IS NULL AND coalesce(i.expires_at, 'infinity') > now()
         WHERE l.project_id = $1 AND l.username = $2 AND (l.issuer IS NULL OR i.id IS NOT NULL)
        """;

    // ---- how many ----------------------------------------------------------------------------------------------

    /// <summary><c>$1</c> project, <c>$2</c> the limit: counting stops there; <c>$3</c> the customer of tokens.</summary>
    public static string CountOf(Thing thing) => thing switch
    {
        Thing.Key => """
            SELECT count(*)
              FROM (SELECT FROM api_keys
                     WHERE project_id = $1
                       AND coalesce(revoked_at, 'infinity') > now() - interval '30 days'
                       AND coalesce(expires_at, 'infinity') > now() - interval '30 days'
                     LIMIT $2) AS k
            """,
        Thing.Coupon => "SELECT count(*) FROM (SELECT FROM coupons WHERE project_id = $1 LIMIT $2) AS c",
        Thing.Checkout => "SELECT count(*) FROM (SELECT FROM checkouts WHERE project_id = $1 AND status = 'open' LIMIT $2) AS c",
        _ =>
            "SELECT count(*) FROM (SELECT FROM customer_tokens WHERE project_id = $1 AND customer = $3 AND expires_at > now() AND "
                + "revoked_at IS NULL LIMIT $2) AS t",
    };

    // ---- who serves --------------------------------------------------------------------------------------------

    /// <summary>
    /// Renews this server's row and reads the time and the other live servers, in one round trip. Rows of this machine include their
    /// process, so that the caller can check that it still runs.
    /// </summary>
    public const string Heartbeat = """
        WITH me AS (
            INSERT INTO servers (id, host, process_id, seen_at)
                 VALUES ($1, $2, $3, clock_timestamp())
            ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
        ), others AS (
            SELECT id, CASE WHEN host = $2 THEN process_id ELSE 0 END AS process
              FROM servers
             WHERE id <> $1 AND seen_at > clock_timestamp() - interval '10 seconds'
        )
        SELECT clock_timestamp(),
               coalesce((SELECT array_agg(id      ORDER BY id) FROM others), '{}'),
               coalesce((SELECT array_agg(process ORDER BY id) FROM others), '{}')
        """;

    /// <summary>Removes the rows of dead servers, and rows not renewed for a minute.</summary>
    public const string RemoveServers = """
        DELETE FROM servers
         WHERE id = ANY ($1) OR seen_at < clock_timestamp() - interval '1 minute'
        """;

    public const string Announce = "SELECT pg_notify('tollgate_changed', $1)";

    /// <summary>This connection's writes (its heartbeats) need not survive a crash: they cost no flush of the disk.</summary>
    public const string Listen = "SET synchronous_commit = off; LISTEN tollgate_changed";

    /// <summary>This connection's PostgreSQL process and its start time.</summary>
    public const string Standing = "SELECT pid, backend_start FROM pg_stat_get_activity(pg_backend_pid())";

    // ---- idempotency keys --------------------------------------------------------------------------------------

    /// <summary>
    /// Claims the key for one attempt. Only the same request takes over an attempt that died (its lease has ended, and no answer is
    /// stored). No row: another request holds the key; see <see cref="ReadIdempotencyKey"/>.
    /// </summary>
    public const string ClaimIdempotencyKey = """
        INSERT INTO idempotency_keys AS i (project_id, key, operation, body_hash, claim, lease_until)
             VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6)
        ON CONFLICT (project_id, key) DO UPDATE
                SET claim = excluded.claim, lease_until = excluded.lease_until
              WHERE i.status IS NULL AND i.lease_until < clock_timestamp() AND i.body_hash = excluded.body_hash
          RETURNING 1
        """;

    public const string ReadIdempotencyKey = """
        SELECT body_hash, status, content_type, body, sealed
          FROM idempotency_keys
         WHERE project_id = $1 AND key = $2
        """;

    public const string StoreAnswer = """
        UPDATE idempotency_keys
           SET status = $4, content_type = $5, body = $6, sealed = $7
         WHERE project_id = $1 AND key = $2 AND claim = $3
        """;

    public const string ForgetIdempotencyKey = "DELETE FROM idempotency_keys WHERE project_id = $1 AND key = $2 AND claim = $3";

    // ---- housekeeping, hourly ----------------------------------------------------------------------------------

    public const string RemoveOldIdempotencyKeys = "DELETE FROM idempotency_keys WHERE created_at < now() - interval '35 days'";

    public const string RemoveOldTokens = "DELETE FROM customer_tokens WHERE expires_at < now() - interval '1 day'";
}
