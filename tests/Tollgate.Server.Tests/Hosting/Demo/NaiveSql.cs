namespace Tollgate.Server.Tests.Hosting.Demo;

/// <summary>Naive statements on the facts of a project. $1 code, $2 from, $3 until. Rows: a name and a sum.</summary>
internal static class NaiveSql
{
    private const string Project = "(SELECT id FROM projects WHERE code = $1)";

    /// <summary>Money of payments on the day when it came.</summary>
    public const string Cash =
        $"""
        SELECT '', coalesce(sum(p.amount), 0) * 0.01
          FROM payments p
         WHERE p.project_id = {Project} AND p.status = 'succeeded' AND p.settled_at >= $2 AND p.settled_at < $3
        """;

    public const string Spend =
        $"""
        SELECT '', coalesce(sum(s.amount), 0)::numeric
          FROM acquisition_spend s
         WHERE s.project_id = {Project} AND s.day >= $2::date AND s.day < $3::date
        """;

    /// <summary>Trials by the facts with which they ended, and payments.</summary>
    public const string Pairs =
        $"""
        WITH steps AS (
            SELECT f.verb, f.at,
                   lag(f.after ->> 'status') OVER (PARTITION BY f.partition, f.account, f.subscription ORDER BY f.sequence) AS before
              FROM subscription_facts f
              JOIN customers c ON c.partition = f.partition AND c.account = f.account
             WHERE c.project_id = {Project})
        SELECT 'trials', count(*)::numeric FROM steps
         WHERE verb IN ('convert_trial', 'expire_trial') AND before = 'trialing' AND at >= $2 AND at < $3
         UNION ALL
        SELECT 'converted', count(*) FROM steps WHERE verb = 'convert_trial' AND at >= $2 AND at < $3
         UNION ALL
        SELECT 'payments', count(*) FROM payments WHERE project_id = {Project} AND settled_at >= $2 AND settled_at < $3
         UNION ALL
        SELECT 'succeeded', count(*)
          FROM payments
         WHERE project_id = {Project} AND status = 'succeeded' AND settled_at >= $2 AND settled_at < $3
        """;

    /// <summary>Each line's amount × the share of its period on each day of the range.</summary>
    public static string Revenue(string name) =>
        $"""
        SELECT {name}, sum(0.01 * l.amount
                           * extract(epoch FROM least(l.period_end, d.at + interval '24 hours') - greatest(l.period_start, d.at))
                           / extract(epoch FROM l.period_end - l.period_start))
          FROM invoices i
          JOIN customers c ON c.partition = i.partition AND c.account = i.account
          JOIN invoice_lines l ON (l.partition, l.account, l.invoice) = (i.partition, i.account, i.id)
          JOIN generate_series($2::timestamptz, $3::timestamptz - interval '1 second', interval '24 hours') AS d (at)
            ON l.period_start < d.at + interval '24 hours' AND l.period_end > d.at
         WHERE i.project_id = {Project} AND i.status <> 'void' AND l.kind <> 'tax'
         GROUP BY 1
        """;

    public static string Cost(string name) =>
        $$"""
        SELECT {{name}}, sum((e.data #>> '{calc,cost_usd}')::numeric)
          FROM events e
          JOIN customers c ON c.partition = e.partition AND c.account = e.account
         WHERE c.project_id = {{Project}} AND e.data ? 'calc' AND e.occurred_at >= $2 AND e.occurred_at < $3
           AND e.data #>> '{calc,cost_usd}' IS NOT NULL
         GROUP BY 1
        """;

    /// <summary>Units of features by month.</summary>
    public static string Units(string which) =>
        $"""
        SELECT to_char(e.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM') || ' ' || f.code, sum(e.quantity)
          FROM events e
          JOIN customers c ON c.partition = e.partition AND c.account = e.account
          JOIN features f ON f.id = e.feature
         WHERE c.project_id = {Project} AND {which}
         GROUP BY 1
        """;
}
