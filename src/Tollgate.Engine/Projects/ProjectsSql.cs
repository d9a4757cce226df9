namespace Tollgate.Engine.Projects;

/// <summary>Every statement of the room Projects: projects, project_hosts, api_keys, customer_tokens, servers, idempotency_keys.</summary>
internal static class ProjectsSql
{
    // ---- the snapshot ------------------------------------------------------------------------------------------

    public const string ReadProjects = """
        SELECT p.id, p.code, p.name, p.mode, p.time_zone, p.currency, p.test_clock, p.created_at,
               coalesce((SELECT max(c.revision) FROM catalogs c WHERE c.project_id = p.id), 0),
               ARRAY(SELECT h.host FROM project_hosts h WHERE h.project_id = p.id ORDER BY h.host),
               coalesce((SELECT max(m.id) FROM model_prices m WHERE m.project_id = p.id), 0),
               coalesce((SELECT max(m.id) FROM model_prices m WHERE m.project_id IS NULL), 0),
               coalesce((SELECT s.markup_basis_points FROM llm_settings s WHERE s.project_id = p.id), 0)
          FROM projects p
         ORDER BY p.id
        """;

    /// <summary>Keys that ended more than 30 days ago are unknown to the server: "invalid" is then as good an answer as "expired".</summary>
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

    /// <summary>Held while an empty database gets its first projects, so that of several servers one does it.</summary>
    public const string LockFirstProjects = "SELECT pg_advisory_xact_lock(7234000, 1)";

    public const string AnyAdminKeyExists = "SELECT EXISTS (SELECT FROM api_keys WHERE kind = 'admin')";

    // ---- test clock --------------------------------------------------------------------------------------------

    /// <summary>Of the session: one advance at a time for each project.</summary>
    public const string TryLockTestClock = "SELECT pg_try_advisory_lock(7234002, $1)";

    public const string TestClock = "SELECT test_clock FROM projects WHERE id = $1 AND mode = 'sandbox'";

    public const string SetTestClock = "UPDATE projects SET test_clock = $2 WHERE id = $1 AND mode = 'sandbox' RETURNING true";

    // ---- hosts -------------------------------------------------------------------------------------------------

    /// <summary>Serialises changes of hosts: two projects that swap names would otherwise wait for each other.</summary>
    public const string LockHosts = "SELECT pg_advisory_xact_lock(7234000, 3)";

    public const string HostsOfOthers = """
        SELECT ARRAY(SELECT host FROM project_hosts WHERE project_id <> $1 AND host = ANY ($2) ORDER BY host)
        """;

    public const string RemoveHosts = "DELETE FROM project_hosts WHERE project_id = $1";

    public const string InsertHosts = "INSERT INTO project_hosts (host, project_id) SELECT unnest($2::text[]), $1";

    // ---- keys --------------------------------------------------------------------------------------------------

    public const string InsertKey = """
        INSERT INTO api_keys (id, project_id, kind, name, prefix, hash, scopes, networks, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
          RETURNING created_at
        """;

    /// <summary>Newest first; the id is a UUIDv7, so it orders by creation. $3 = the last id of the page before, or null.</summary>
    public const string ListKeys = """
        SELECT id, kind, name, prefix, scopes, networks, created_at, expires_at, revoked_at, last_used_at
          FROM api_keys
         WHERE project_id IS NOT DISTINCT FROM $1
           AND ($3::uuid IS NULL OR id < $3)
         ORDER BY id DESC
         LIMIT $2
        """;

    public const string LockKey = """
        SELECT kind, name, scopes, networks, expires_at, revoked_at
          FROM api_keys
         WHERE project_id IS NOT DISTINCT FROM $1 AND id = $2
           FOR UPDATE
        """;

    /// <summary>Serialises revocations of admin keys, so that two at once cannot take the last two.</summary>
    public const string LockAdminKeys = "SELECT pg_advisory_xact_lock(7234000, 2)";

    public const string IsLastAdminKey = """
        SELECT EXISTS (SELECT FROM api_keys WHERE kind = 'admin' AND id = $1)
           AND NOT EXISTS (SELECT FROM api_keys
                            WHERE kind = 'admin' AND id <> $1
                              AND coalesce(revoked_at, 'infinity') > now()
                              AND coalesce(expires_at, 'infinity') > now())
        """;

    public const string RevokeKey = """
        UPDATE api_keys
           SET revoked_at = least(coalesce(revoked_at, 'infinity'), now())
         WHERE project_id IS NOT DISTINCT FROM $1 AND id = $2
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

    public const string InsertToken = """
        INSERT INTO customer_tokens (hash, project_id, customer, expires_at)
             VALUES ($1, $2, $3, now() + $4)
          RETURNING expires_at
        """;

    public const string FindToken = "SELECT project_id, customer, expires_at FROM customer_tokens WHERE hash = $1";

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
        _ => "SELECT count(*) FROM (SELECT FROM customer_tokens WHERE project_id = $1 AND customer = $3 AND expires_at > now() LIMIT $2) AS t",
    };

    // ---- who serves --------------------------------------------------------------------------------------------

    /// <summary>
    /// One round trip: say that we live, and hear the time and who else does. Rows of this machine come with their
    /// process, so that the caller can see whether it still runs.
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

    /// <summary>Rows of servers that are known to be dead, and rows that nobody has renewed for a minute.</summary>
    public const string RemoveServers = """
        DELETE FROM servers
         WHERE id = ANY ($1) OR seen_at < clock_timestamp() - interval '1 minute'
        """;

    public const string Announce = "SELECT pg_notify('tollgate_changed', $1)";

    /// <summary>What this connection writes (that we live) need not survive a crash: it costs no flush of the disk.</summary>
    public const string Listen = "SET synchronous_commit = off; LISTEN tollgate_changed";

    /// <summary>This connection's process in PostgreSQL, and when it began.</summary>
    public const string Standing = "SELECT pid, backend_start FROM pg_stat_get_activity(pg_backend_pid())";

    // ---- idempotency keys --------------------------------------------------------------------------------------

    /// <summary>
    /// Takes the key for one attempt. An attempt that died (its lease is over, nothing was stored) is taken over, but
    /// only by the same request. No row back: somebody else has it; see <see cref="ReadIdempotencyKey"/>.
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
