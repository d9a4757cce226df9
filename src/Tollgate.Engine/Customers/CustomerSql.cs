namespace Tollgate.Engine.Customers;

/// <summary>Every statement of the customers room. Writers of <c>customers</c> and <c>plan_assignments</c> are only here.</summary>
public static class CustomerSql
{
    /// <summary>
    /// Creates the customers that are missing and answers all of them, existing and new, in no particular order.
    /// <c>$1 smallint[]</c> partitions, <c>$2 integer[]</c> project ids, <c>$3 text[]</c> customer ids, position by
    /// position; repeats are fine. Rows: partition, account, project_id, id.
    /// </summary>
    /// <remarks>
    /// One statement, so that the lanes may call it inside their own transaction. A customer that another transaction
    /// creates at the same moment is invisible to this statement's snapshot: DO NOTHING would lose it from the answer, so
    /// the conflict updates the row onto itself, which waits for the other transaction and returns its account number.
    /// The scalar subquery keeps the lookup an index probe per id, also when the statement was planned on an empty table.
    /// Inserting in key order keeps two batches that create the same customers from deadlocking.
    /// </remarks>
    public const string CreateMissing =
        """
        WITH wanted AS MATERIALIZED (
            SELECT DISTINCT w.partition, w.project_id, w.id
              FROM unnest($1::smallint[], $2::integer[], $3::text[]) AS w (partition, project_id, id)
        ), found AS MATERIALIZED (
            SELECT w.partition, w.project_id, w.id,
                   (SELECT c.account
                      FROM customers c
                     WHERE c.partition = w.partition AND c.project_id = w.project_id AND c.id = w.id) AS account
              FROM wanted w
        ), created AS (
            INSERT INTO customers AS c (partition, account, project_id, id)
            SELECT f.partition, nextval('account_numbers'), f.project_id, f.id
              FROM found f
             WHERE f.account IS NULL
             ORDER BY f.partition, f.project_id, f.id
                ON CONFLICT (partition, project_id, id) DO UPDATE SET version = c.version
            RETURNING c.partition, c.account, c.project_id, c.id
        )
        SELECT f.partition, f.account, f.project_id, f.id FROM found f WHERE f.account IS NOT NULL
        UNION ALL
        SELECT n.partition, n.account, n.project_id, n.id FROM created n;
        """;
}
