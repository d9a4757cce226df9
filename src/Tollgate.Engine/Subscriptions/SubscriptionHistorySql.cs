namespace Tollgate.Engine.Subscriptions;

/// <summary>The statements on imported subscriptions: ended ones, with a timeline that no webhook and no mail reads.</summary>
internal static class SubscriptionHistorySql
{
    /// <summary>
    /// Parallel arrays: $1 partitions, $2 accounts, $3 ids, $4 projects, $5 numbers of facts, $6 statuses, $7 plan versions, $8 intervals,
    /// $9 currencies, $10 quantities, $11 amounts or nulls, $12 starts, $13 starts and $14 ends of the last periods, $15 ends of trials or
    /// nulls, $16 reasons or nulls, $17 numbers of imports.
    /// </summary>
    public const string Insert =
        """
        INSERT INTO subscriptions (partition, account, id, project_id, version, status, plan_version_id, interval, currency, quantity,
                                   custom_amount, started_at, anchor, period_start, period_end, terms_since, usage_from, trial_end,
                                   cancel_reason, ended_at, imported_by)
        SELECT x.partition, x.account, x.id, x.project_id, x.version, x.status, x.plan_version_id, x.interval, x.currency, x.quantity,
               x.custom_amount, x.started_at, x.period_start, x.period_start, x.period_end, x.period_start, x.period_end, x.trial_end,
               x.cancel_reason, x.period_end, x.imported_by
          FROM unnest($1::smallint[], $2::integer[], $3::uuid[], $4::integer[], $5::integer[], $6::text[], $7::integer[], $8::text[],
                      $9::text[], $10::bigint[], $11::bigint[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[],
                      $15::timestamptz[], $16::text[], $17::integer[])
               AS x (partition, account, id, project_id, version, status, plan_version_id, interval, currency, quantity, custom_amount,
                     started_at, period_start, period_end, trial_end, cancel_reason, imported_by)
        """;

    /// <summary>
    /// The times in which customers have subscriptions, imported ones included. $1 partitions, $2 accounts. Rows: account, start, end or
    /// null.
    /// </summary>
    public const string Spans =
        """
        SELECT s.account, s.started_at, s.ended_at
          FROM (SELECT DISTINCT * FROM unnest($1::smallint[], $2::integer[]) AS g (partition, account)) x
          JOIN subscriptions s ON s.partition = x.partition AND s.account = x.account
        """;

    /// <summary>
    /// At the place 0, before every reader of facts. Parallel arrays: $1 partitions, $2 accounts, $3 subscriptions, $4 sequences, $5 verbs,
    /// $6 times, $7 states as JSON.
    /// </summary>
    public const string InsertFacts =
        """
        INSERT INTO subscription_facts (partition, account, subscription, sequence, verb, at, actor, after, xid)
        SELECT x.partition, x.account, x.subscription, x.sequence, x.verb, x.at, 'import', x.after::jsonb, '0'::xid8
          FROM unnest($1::smallint[], $2::integer[], $3::uuid[], $4::integer[], $5::text[], $6::timestamptz[], $7::text[])
               AS x (partition, account, subscription, sequence, verb, at, after)
        """;
}
