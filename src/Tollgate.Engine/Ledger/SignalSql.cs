namespace Tollgate.Engine.Ledger;

/// <summary>
/// The statements on signals of customer success. A transaction sends them in this order, after the events: names, locks, signals with
/// their months, first signals. All transactions therefore wait for rows in one order. An import adds its names before its transaction.
/// </summary>
internal static class SignalSql
{
    /// <summary>The shard of <c>signal_months</c> that imports write: no lane waits for the rows of a chunk.</summary>
    public const short ImportShard = 64;

    /// <summary>
    /// Adds names of values that a project has not had, while there is room. $1 projects, $2 names, $3 units, $4 the most names.
    /// </summary>
    public const string AddNames =
        """
        SELECT add_value_name(x.project_id, x.name, x.unit, $4)
          FROM (SELECT DISTINCT u.project_id, u.name, u.unit
                  FROM unnest($1::integer[], $2::text[], $3::text[]) AS u (project_id, name, unit)
                 ORDER BY 1, 2, 3) x
         WHERE NOT EXISTS (SELECT FROM value_names v WHERE v.project_id = x.project_id AND v.name = x.name AND v.unit = x.unit)
           AND (SELECT count(*) FROM value_names v WHERE v.project_id = x.project_id) < $4
        """;

    /// <summary>Locks the customers' rows, until the end of the transaction. $1 partitions, $2 accounts, $3 projects.</summary>
    public const string Lock =
        """
        INSERT INTO customer_signals AS s (partition, account, project_id)
        SELECT DISTINCT x.partition, x.account, x.project_id
          FROM unnest($1::smallint[], $2::integer[], $3::integer[]) AS x (partition, account, project_id)
         ORDER BY 1, 2
            ON CONFLICT (partition, account) DO UPDATE SET project_id = excluded.project_id
        """;

    /// <summary>
    /// For imports: marks the customers, whose signals stay locked while a chunk of thousands is written. A lane that waits for one of them
    /// finds the mark, and sets only that customer aside. A customer that another transaction holds is marked already. $1 partitions, $2
    /// accounts.
    /// </summary>
    public const string Mark =
        """
        SELECT FROM unnest($1::smallint[], $2::integer[]) AS x (partition, account)
          JOIN customers c ON c.partition = x.partition AND c.account = x.account
           FOR SHARE OF c SKIP LOCKED
        """;

    /// <summary>
    /// Adds signals of new events, removes those of voided events, and adds both to their months: one statement, because all transactions
    /// lock months in one order. New events: $1 partitions, $2 accounts, $3 projects, $4 ids, $5 times, $6 months, $7 shards, $8 types, $9
    /// names, $10 units, $11 values. Voided events: $12 partitions, $13 accounts, $14 times, $15 ids.
    /// </summary>
    public const string Change =
        $"""
        WITH added AS (
        {Add}
        ), removed AS (
            DELETE FROM signals s
             USING unnest($12::smallint[], $13::integer[], $14::timestamptz[], $15::uuid[]) AS x (partition, account, at, id)
             WHERE s.partition = x.partition AND s.account = x.account AND s.at = x.at AND s.id = x.id AND s.shard = s.partition
               AND s.type IN ('onboarding_completed', 'support_ticket', 'csat', 'value_metric')
            RETURNING s.project_id, s.month, s.shard, s.type, s.name, s.unit, -1 AS sign, s.value),
        moved AS (
            SELECT * FROM added UNION ALL SELECT * FROM removed)
        {ToMonths}
        """;

    /// <summary>
    /// Adds signals of imported events, of a repeated one too: its signal is there already. A live event of the same id has its own signal.
    /// Parameters as for new events.
    /// </summary>
    public const string AddImported =
        $"""
        WITH moved AS (
        {AddHead}
              JOIN events_999901 e ON e.partition = x.partition AND e.account = x.account AND e.id = x.id AND e.occurred_at = x.at
        {AddTail})
        {ToMonths}
        """;

    /// <summary>Locks a customer's row before <see cref="Erase"/>, in the order of all transactions. $1 partition, $2 account.</summary>
    public const string LockOne = "SELECT FROM customer_signals WHERE partition = $1 AND account = $2 FOR UPDATE";

    /// <summary>Removes all signals of a customer. $1 partition, $2 account.</summary>
    public const string Erase =
        $"""
        WITH first_ones AS (
            DELETE FROM customer_signals WHERE partition = $1 AND account = $2),
        moved AS (
            DELETE FROM signals s
             WHERE s.partition = $1 AND s.account = $2
            RETURNING s.project_id, s.month, s.shard, s.type, s.name, s.unit, -1 AS sign, s.value)
        {ToMonths}
        """;

    /// <summary>Reads the first signals of customers again, whose rows this transaction has locked. $1 partitions, $2 accounts.</summary>
    public const string FindFirst =
        """
        UPDATE customer_signals s
           SET onboarded_at = f.onboarded_at, first_value_at = f.first_value_at
          FROM (SELECT x.partition, x.account,
                       (SELECT min(o.at) FROM signals o
                         WHERE o.partition = x.partition AND o.account = x.account AND o.type = 'onboarding_completed') AS onboarded_at,
                       (SELECT min(v.at) FROM signals v
                         WHERE v.partition = x.partition AND v.account = x.account AND v.type = 'value_metric') AS first_value_at
                  FROM (SELECT DISTINCT u.partition, u.account FROM unnest($1::smallint[], $2::integer[]) AS u (partition, account)) x) f
         WHERE s.partition = f.partition AND s.account = f.account
           AND (s.onboarded_at, s.first_value_at) IS DISTINCT FROM (f.onboarded_at, f.first_value_at)
        """;

    private const string ValueMetric = Core.Metering.SignalRules.ValueMetric;

    private const string Add = AddHead + "\n" + AddTail;

    private const string AddHead =
        $"""
            INSERT INTO signals (at, id, project_id, account, month, partition, shard, type, name, unit, value)
            SELECT x.at, x.id, x.project_id, x.account, x.month, x.partition, x.shard, x.type,
                   CASE WHEN x.type <> '{ValueMetric}' OR v.name IS NOT NULL THEN x.name ELSE '' END, coalesce(v.unit, ''), x.value
              FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::uuid[], $5::timestamptz[], $6::date[], $7::smallint[],
                          $8::text[], $9::text[], $10::text[], $11::numeric[])
                   AS x (partition, account, project_id, id, at, month, shard, type, name, unit, value)
              LEFT JOIN value_names v ON x.type = '{ValueMetric}' AND v.project_id = x.project_id AND v.name = x.name AND v.unit = x.unit
        """;

    private const string AddTail =
        """
                ON CONFLICT DO NOTHING
            RETURNING project_id, month, shard, type, name, unit, 1 AS sign, value
        """;

    private const string ToMonths =
        """
        INSERT INTO signal_months AS m (project_id, month, shard, type, name, unit, signals, total)
        SELECT x.project_id, x.month, x.shard, x.type, x.name, x.unit, sum(x.sign), sum(x.sign * x.value)
          FROM moved x
         GROUP BY x.project_id, x.month, x.shard, x.type, x.name, x.unit
         ORDER BY x.project_id, x.month, x.shard, x.type, x.name, x.unit
            ON CONFLICT (project_id, month, type, name, unit, shard)
            DO UPDATE SET signals = m.signals + excluded.signals, total = m.total + excluded.total
        """;
}
