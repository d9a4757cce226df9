using Tollgate.Engine.Jobs;

namespace Tollgate.Engine.Imports;

/// <summary>The statements on imports, their chunks and results. Imported rows are written by the statements of their rooms.</summary>
internal static class ImportSql
{
    private const string Columns =
        """
        i.id, i.number, i.project_id, i.format, i.kind, i.header, i.is_dry_run, i.status, i.error, i.bytes, i.bytes_done, i.chunks,
               i.position, i.records, i.booked, i.replayed, i.rejected, i.created_at, i.started_at, i.finished_at, i.body_hash
        """;

    // ---- receiving ---------------------------------------------------------------------------------------------

    /// <summary>Imports of a project open one after the other, so that none exceeds their limit. $1 project.</summary>
    public const string LockOpening = "SELECT pg_advisory_xact_lock(7234025, $1)";

    /// <summary>
    /// $1 id, $2 project, $3 Idempotency-Key or null, $4 format, $5 kind or null, $6 dry run, $7 actor, $8 the project's time, $9 the most
    /// open imports. No row: an import has the key, or too many are open.
    /// </summary>
    public const string Open =
        """
        INSERT INTO imports (id, project_id, request_key, format, kind, is_dry_run, status, actor, created_at)
        SELECT $1, $2, $3, $4, $5, $6, 'receiving', $7, $8
         WHERE (SELECT count(*) FROM imports i WHERE i.project_id = $2 AND i.status IN ('receiving', 'waiting', 'running')) < $9
        ON CONFLICT (project_id, request_key) WHERE request_key IS NOT NULL DO NOTHING
          RETURNING number
        """;

    /// <summary>$1 project, $2 Idempotency-Key.</summary>
    public const string ByKey = $"SELECT {Columns} FROM imports i WHERE i.project_id = $1 AND i.request_key = $2";

    /// <summary>Stores a chunk of an import that is being received. $1 import, $2 position, $3 first line, $4 bytes, $5 records.</summary>
    public const string AddChunk =
        """
        WITH heard AS (
            UPDATE imports SET heard_at = now(), bytes = bytes + $4, chunks = chunks + 1 WHERE id = $1 AND status = 'receiving' RETURNING id
        )
        INSERT INTO import_chunks (import, position, first_line, bytes, records)
        SELECT h.id, $2, $3, $4, $5 FROM heard h
        """;

    /// <summary>$1 import, $2 hash of the body, $3 header or null. No row: another server has given the import up.</summary>
    public const string Received =
        "UPDATE imports SET status = 'waiting', body_hash = $2, header = $3 WHERE id = $1 AND status = 'receiving' RETURNING id";

    /// <summary>
    /// Ends an import that was not received completely; its key is free again. $1 import, or null: those that no server has heard of for
    /// $2 seconds, $3 the reason.
    /// </summary>
    public const string GiveUp =
        """
        WITH gone AS (
            UPDATE imports
               SET status = 'failed', error = $3, request_key = NULL, finished_at = now()
             WHERE status = 'receiving' AND (id = $1 OR ($1::uuid IS NULL AND heard_at < now() - make_interval(secs => $2)))
            RETURNING id
        )
        DELETE FROM import_chunks c USING gone WHERE c.import = gone.id
        """;

    /// <summary>Removes an import whose request is refused. $1 import.</summary>
    public const string Forget =
        """
        WITH gone AS (
            DELETE FROM import_chunks WHERE import = $1
        )
        DELETE FROM imports WHERE id = $1 AND status = 'receiving'
        """;

    // ---- running -----------------------------------------------------------------------------------------------

    /// <summary>The oldest import of each project that waits or runs, without parked ones. Rows: project, import.</summary>
    public const string Pending =
        $"""
        SELECT DISTINCT ON (i.project_id) i.project_id, i.id
          FROM imports i
         WHERE i.status IN ('waiting', 'running')
           AND {ParkedSql.NotParked} 'imports' AND q.project_id = i.project_id AND q.subject = i.id::text)
         ORDER BY i.project_id, i.number
        """;

    /// <summary>One server at a time books history of a project. $1 project.</summary>
    public const string TryLock = "SELECT pg_try_advisory_xact_lock(7234024, $1)";

    /// <summary>$1 import, $2 position. Rows: first line, bytes, records.</summary>
    public const string Chunk = "SELECT c.first_line, c.bytes, c.records FROM import_chunks c WHERE c.import = $1 AND c.position = $2";

    /// <summary>
    /// Counts a booked chunk and moves the position. No row: another server was faster. $1 import, $2 the expected position, $3 bytes, $4
    /// booked, $5 replayed, $6 rejected. Row: the rejected ones before.
    /// </summary>
    public const string Advance =
        """
        WITH moved AS (
            UPDATE imports
               SET status = 'running', started_at = coalesce(started_at, now()), position = position + 1, bytes_done = bytes_done + $3,
                   records = records + $4 + $5 + $6, booked = booked + $4, replayed = replayed + $5, rejected = rejected + $6
             WHERE id = $1 AND position = $2 AND status IN ('waiting', 'running')
            RETURNING id, rejected - $6 AS before
        ), gone AS (
            DELETE FROM import_chunks c USING moved WHERE c.import = moved.id AND c.position = $2
        )
        SELECT before FROM moved
        """;

    /// <summary>$1 import. No row: chunks are left.</summary>
    public const string Finish =
        """
        WITH done AS (
            UPDATE imports
               SET status = 'finished', started_at = coalesce(started_at, now()), finished_at = now()
             WHERE id = $1 AND position = chunks AND status IN ('waiting', 'running')
            RETURNING id
        ), forgotten AS (
            DELETE FROM import_seen s USING done WHERE s.import = done.id
        )
        SELECT id FROM done
        """;

    /// <summary>$1 the import in an array, $2 lines, $3 ids or nulls, $4 codes, $5 details, $6 customers or nulls.</summary>
    public const string AddRejections =
        """
        INSERT INTO import_rejections (import, line, record, code, detail, customer)
        SELECT ($1::uuid[])[1], x.line, x.record, x.code, x.detail, x.customer
          FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[]) AS x (line, record, code, detail, customer)
            ON CONFLICT DO NOTHING
        """;

    /// <summary>$1 the import in an array, $2 kinds, $3 months, $4 names, $5 records, $6 amounts.</summary>
    public const string AddSums =
        """
        INSERT INTO import_sums AS s (import, kind, month, name, records, amount)
        SELECT ($1::uuid[])[1], x.kind, x.month, x.name, x.records, x.amount
          FROM unnest($2::text[], $3::date[], $4::text[], $5::bigint[], $6::numeric[]) AS x (kind, month, name, records, amount)
         ORDER BY x.kind, x.month, x.name COLLATE "C"
            ON CONFLICT (import, kind, month, name) DO UPDATE SET records = s.records + excluded.records, amount = s.amount + excluded.amount
        """;

    /// <summary>
    /// Notes records of a dry run. $1 import, $2 keys, $3 contents. Rows: those of an earlier chunk, with true if the content differs.
    /// </summary>
    public const string See =
        """
        WITH given AS MATERIALIZED (
            SELECT * FROM unnest($2::uuid[], $3::uuid[]) AS g (key, content)
        ), noted AS (
            INSERT INTO import_seen (import, key, content) SELECT $1, g.key, g.content FROM given g ORDER BY g.key ON CONFLICT DO NOTHING
        )
        SELECT g.key, s.content <> g.content FROM given g JOIN import_seen s ON s.import = $1 AND s.key = g.key
        """;

    /// <summary>$1 import, $2 keys. Rows: those that the dry run has seen.</summary>
    public const string Seen = "SELECT s.key FROM import_seen s WHERE s.import = $1 AND s.key = ANY ($2)";

    /// <summary>
    /// The records with these ids that were imported. $1 partitions, $2 accounts, $3 kinds, $4 ids. Rows: position from 1, object, content.
    /// </summary>
    public const string KnownRecords =
        """
        SELECT x.number, r.object, r.content
          FROM unnest($1::smallint[], $2::integer[], $3::text[], $4::text[]) WITH ORDINALITY AS x (partition, account, kind, id, number)
          JOIN imported_records r ON r.partition = x.partition AND r.account = x.account AND r.kind = x.kind AND r.id = x.id
        """;

    public const string AddRecords =
        "COPY imported_records (partition, account, kind, id, object, content, import) FROM STDIN (FORMAT BINARY)";

    // ---- reading -----------------------------------------------------------------------------------------------

    /// <summary>$1 project, $2 id.</summary>
    public const string Find = $"SELECT {Columns} FROM imports i WHERE i.project_id = $1 AND i.id = $2";

    /// <summary>The newest first. $1 project, $2 status or null, $3 the id after which it starts, or null, $4 number of rows.</summary>
    public const string List =
        $"""
        SELECT {Columns}
          FROM imports i
         WHERE i.project_id = $1 AND ($2::text IS NULL OR i.status = $2)
           AND ($3::uuid IS NULL OR i.number < (SELECT a.number FROM imports a WHERE a.project_id = $1 AND a.id = $3))
         ORDER BY i.number DESC
         LIMIT $4
        """;

    /// <summary>$1 import.</summary>
    public const string Rejections =
        "SELECT r.line, r.record, r.code, r.detail FROM import_rejections r WHERE r.import = $1 ORDER BY r.line";

    /// <summary>$1 import, $2 number of rows.</summary>
    public const string Sums =
        """
        SELECT s.kind, s.month, s.name, s.records, s.amount FROM import_sums s WHERE s.import = $1 ORDER BY s.kind, s.month, s.name LIMIT $2
        """;
}
