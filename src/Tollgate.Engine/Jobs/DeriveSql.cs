namespace Tollgate.Engine.Jobs;

/// <summary>The statement that the rooms share which derive rows from the facts of all projects.</summary>
internal static class DeriveSql
{
    /// <summary>
    /// The range from the first unprocessed transaction to before the oldest running one, or a shorter range: about $1 facts of each kind,
    /// and always all facts of a transaction. $1 number of facts. Row: from, to, to before the oldest, whether there is a fact.
    /// </summary>
    /// <param name="place">The table with the position, <c>derived_below</c>.</param>
    /// <param name="facts">The tables of facts. The transaction is in the column <c>xid</c>, or in the one named after a dot.</param>
    public static string Span(string place, params string[] facts)
    {
        return $"""
            SELECT p.derived_below, coalesce(((array_agg(f.xid ORDER BY f.xid) FILTER (WHERE f.is_last))[1]::text::numeric + 1)::text::xid8,
              x.top), x.top, count(f.xid) > 0
              FROM {place} p
             CROSS JOIN (SELECT facts_stand_below() AS top) x
              LEFT JOIN LATERAL ({string.Join(" UNION ALL ", facts.Select(First).Concat(facts.Select(Last)))}) f ON true
             GROUP BY p.derived_below, x.top
            """;

        static string First(string fact) => Row(fact, "false", "LIMIT 1");

        static string Last(string fact) => Row(fact, "true", "OFFSET $1 LIMIT 1");

        static string Row(string fact, string isLast, string which)
        {
            var (table, xid) = fact.Split('.') is [var name, var column] ? (name, column) : (fact, "xid");
            return $"(SELECT {xid} AS xid, {isLast} AS is_last FROM {table} WHERE {xid} >= p.derived_below AND {xid} < x.top"
                + $" ORDER BY {xid} {which})";
        }
    }
}
