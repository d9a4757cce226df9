using Microsoft.Extensions.Logging.Abstractions;
using Tollgate.Core.Alerts;
using Tollgate.Core.Money;
using Tollgate.Engine.Alerts;
using Tollgate.Engine.Analytics;
using Tollgate.Engine.Costs;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Tests.Ledger;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Alerts;

/// <summary>Facts become alerts once, on any number of servers and whatever breaks meanwhile.</summary>
public sealed class DeriveAlertsTests(TestPostgres postgres) : IAsyncLifetime
{
    private TestDatabase? _database;
    private LedgerRig? _rig;

    private TestDatabase Database => _database!;

    private LedgerRig Rig => _rig!;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _rig = await LedgerRig.StartAsync(_database, GatePolicyTests.Shop);
    }

    public async ValueTask DisposeAsync()
    {
        await _rig!.DisposeAsync();
        await _database!.DisposeAsync();
    }

    [Fact]
    public async Task Ten_thousand_customers_who_cross_at_once_give_each_its_alert_once_on_two_servers_and_a_few_messages()
    {
        const int customers = 10_000;
        var (mine, other) = (Derive(), Derive());
        await AddRuleAsync("{in_app,mail}", "{ops@example.com}");
        await CrossAsync(customers);

        await UntilAsync(async () =>
        {
            await Task.WhenAll(AllAsync(mine), AllAsync(other));
            return await CountAsync("kind = 'usage_threshold' AND customer IS NOT NULL") >= 2 * customers;
        });

        await Task.WhenAll(AllAsync(mine), AllAsync(other));
        (await CountAsync("customer IS NOT NULL"), await CountAsync("pushed IS NOT NULL AND 'mail' = ANY (channels)"))
            .ShouldBe((2 * customers, FireAlerts.MostPushedInAnHour + 1), "Two rules; the last message says that there are more.");
        (await Database.ScalarAsync<long>("SELECT count(DISTINCT (rule, subject, occasion)) FROM alerts WHERE customer IS NOT NULL"))
            .ShouldBe(2 * customers);
    }

    [Fact]
    public async Task Facts_of_a_failed_transaction_are_written_once_by_the_next_one()
    {
        await Rig.ConsumeAsync("u1", "job", 8);
        await Database.ExecuteAsync("ALTER TABLE alerts ADD CONSTRAINT broken CHECK (customer <> 'u2')");
        await Rig.ConsumeAsync("u2", "job", 8);
        await Rig.ConsumeAsync("u3", "job", 8);
        var derive = Derive();

        // The facts of u2 are parked, and those of the others go on.
        await UntilAsync(async () =>
        {
            await AllAsync(derive);
            return await CountAsync("customer IN ('u1', 'u3')") == 2
                && await Database.ScalarAsync<long>("SELECT count(*) FROM parked_work WHERE work = 'alert_events'") == 1;
        });
        (await CountAsync("customer = 'u2'")).ShouldBe(0);

        await Database.ExecuteAsync("ALTER TABLE alerts DROP CONSTRAINT broken");
        await Database.ExecuteAsync("UPDATE parked_work SET next_attempt_at = now()");
        for (var repeat = 0; repeat < 2; repeat++)
        {
            foreach (var place in await Rig.Parked.DueAsync(WorkNames.AlertEvents, CancellationToken.None))
            {
                await Rig.Parked.TryAsync(
                    WorkNames.AlertEvents, null, place, () => derive.RunAgainAsync(place, CancellationToken.None), CancellationToken.None);
            }
        }

        (await CountAsync("customer = 'u2'"), await Database.ScalarAsync<long>("SELECT count(*) FROM parked_work")).ShouldBe((1, 0));
    }

    [Fact]
    public async Task A_rule_leaves_earlier_facts_alone_and_its_new_threshold_fires_again()
    {
        var (derive, rules) = (Derive(), new ProjectAlertRules(Database.Source, new()));
        await Rig.ConsumeAsync("u1", "job", 8);
        var rule = (await rules.CreateAsync(
            new(Guid.CreateVersion7(), Rig.Project.Id, AlertKind.UsageThreshold, Quantity.Of(80), null, [AlertChannel.InApp], 0),
            CancellationToken.None))!.Rule;
        await Rig.ConsumeAsync("u2", "job", 8);
        await DerivedAsync(derive, $"rule = '{rule.Id}' AND customer = 'u2'");
        (await CountAsync($"rule = '{rule.Id}' AND customer = 'u1'")).ShouldBe(0, "Its crossing was before the rule.");

        await rules.ReplaceAsync(rule with { Threshold = Quantity.Of(90) }, CancellationToken.None);
        await Rig.ConsumeAsync("u2", "job", 1);
        await DerivedAsync(derive, $"rule = '{rule.Id}' AND customer = 'u2' AND occasion LIKE '%at 90'");
        await rules.ReplaceAsync(rule, CancellationToken.None);
        await Rig.ConsumeAsync("u2", "job", 1);
        await Rig.ConsumeAsync("u3", "job", 8);
        await DerivedAsync(derive, $"rule = '{rule.Id}' AND customer = 'u3'");
        (await CountAsync($"rule = '{rule.Id}' AND customer = 'u2'")).ShouldBe(2, "The rule had fired at 80 in this period.");
    }

    [Fact]
    public async Task A_recommendation_is_of_the_usage_when_the_fact_happened_however_late_it_is_derived()
    {
        var project = await Rig.AddProjectAsync(
            "plans",
            """
            code: plans
            name: Plans
            currency: USD
            default_plan: free
            features: [{code: calls, name: Calls}]
            plans:
              - {code: free, name: Free, entitlements: [{feature: calls, quota: 10}]}
              - {code: pro, name: Pro, prices: [{interval: monthly, amount: 2900}], entitlements: [{feature: calls, quota: 100}]}
            """);
        await Rig.Gate.ConsumeAsync(project, new("late", "calls", Quantity.Of(10), null, null, null), CancellationToken.None);
        await Database.ExecuteAsync(
            "UPDATE balances SET period_start = period_start - interval '3 months', period_end = period_end - interval '3 months'");
        await Database.ExecuteAsync(
            "UPDATE threshold_crossings SET period_start = period_start - interval '3 months', crossed_at = crossed_at - interval '3 months'");

        await DerivedAsync(Derive(), "customer = 'late' AND recommendation IS NOT NULL");

        (await Database.ScalarAsync<string>("SELECT DISTINCT recommendation FROM alerts WHERE recommendation IS NOT NULL"))
            .ShouldBe("Pro has 100 Calls, for $29.00 more a month.");
    }

    [Fact]
    public async Task A_recommendation_after_the_months_end_knows_nothing_of_what_came_after_the_fact()
    {
        var project = await Rig.AddProjectAsync(
            "two",
            """
            code: two
            name: Two
            currency: USD
            default_plan: free
            features: [{code: calls, name: Calls}, {code: words, name: Words}]
            plans:
              - {code: free, name: Free, entitlements: [{feature: calls, quota: 10}, {feature: words, quota: 1000}]}
              - {code: pro, name: Pro, prices: [{interval: monthly, amount: 2900}], entitlements: [{feature: calls, quota: 100000}, {feature: words, quota: 5000}]}
              - {code: max, name: Max, prices: [{interval: monthly, amount: 9900}], entitlements: [{feature: calls, quota: 100000}, {feature: words, quota: 999000}]}
            """);
        await ConsumeAsync("words", 1);
        await ConsumeAsync("calls", 10);
        await ConsumeAsync("words", 900);

        // Nobody looks until the period is over: all of it happened on its tenth day.
        foreach (var table in (string[])["events", "balances", "threshold_crossings"])
        {
            await Database.ExecuteAsync($"UPDATE {table} SET period_start = period_start - interval '3 months'");
        }

        await Database.ExecuteAsync("UPDATE balances SET period_end = period_end - interval '3 months'");
        await Database.ExecuteAsync(
            """
            UPDATE events SET occurred_at = period_start + interval '10 days' + CASE WHEN used_after > 900 THEN interval '1 minute' ELSE interval '0' END;
            SELECT ensure_events_month(period_start::date) FROM events;
            UPDATE events SET month = date_trunc('month', period_start)::date
            """);
        await Database.ExecuteAsync("UPDATE threshold_crossings SET crossed_at = period_start + interval '10 days'");

        await DerivedAsync(Derive(), "customer = 'late' AND recommendation IS NOT NULL");

        (await Database.ScalarAsync<string>("SELECT DISTINCT recommendation FROM alerts WHERE subject = 'late/calls' AND recommendation IS NOT NULL"))
            .ShouldBe("Pro has 100,000 Calls, for $29.00 more a month.", "When the calls ran out, one word was used, not 901.");

        Task ConsumeAsync(string feature, int amount) => Rig.Gate.ConsumeAsync(
            project, new("late", feature, Quantity.Of(amount), null, null, null), CancellationToken.None).AsTask();
    }

    [Fact]
    public async Task Quiet_hours_hold_the_channels_back_and_a_mute_keeps_them_out()
    {
        var derive = Derive();
        await AddRuleAsync("{in_app,webhook}", "{}", "'00:00', '23:59:59.999'");
        await Rig.ConsumeAsync("u1", "job", 8);
        await Rig.ConsumeAsync("u2", "job", 8);
        await DerivedAsync(derive, "customer = 'u2' AND 'webhook' = ANY (channels)");
        (await CountAsync("'webhook' = ANY (channels) AND push_at IS NOT NULL AND pushed IS NULL")).ShouldBe(2);

        var muted = await Database.ScalarAsync<Guid>("SELECT id FROM alerts WHERE 'webhook' = ANY (channels) AND customer = 'u1'");
        var queries = new AlertQueries(Database.Source, Rig.Clock);
        var until = Rig.Clock.Now(Rig.Project).Plus(TimeSpan.FromDays(1));
        (await queries.MuteAsync(Rig.Project, muted, until, CancellationToken.None))!.MutedUntil.ShouldNotBeNull();
        await Database.ExecuteAsync("UPDATE alerts SET push_at = now() WHERE push_at IS NOT NULL");
        await CheckAsync();

        (await CountAsync("'webhook' = ANY (channels) AND pushed IS NOT NULL"), await CountAsync("push_at IS NOT NULL")).ShouldBe((1, 0));
        await Database.ExecuteAsync("UPDATE alert_rules SET quiet_from = NULL, quiet_until = NULL");
        await Rig.ConsumeAsync("u1", "job", 1);
        await DerivedAsync(derive, "customer = 'u1' AND 'webhook' = ANY (channels) AND occasion LIKE '%/90'");
        (await CountAsync("customer = 'u1' AND 'webhook' = ANY (channels) AND pushed IS NOT NULL")).ShouldBe(0);
    }

    [Fact]
    public async Task Present_states_fire_once_however_often_they_are_seen()
    {
        var project = Rig.Project.Id;
        await Database.ExecuteAsync(
            $"INSERT INTO unpriced_models VALUES ({project}, 'openai', 'gpt-9', now(), now())");
        await Database.ExecuteAsync(
            $$"""
            INSERT INTO model_prices (project_id, provider, model, valid_from, document)
            SELECT {{project}}, 'x', m, now(), '{}' FROM unnest(ARRAY['a', 'b', 'c']) AS m
            """);
        await CheckAsync();
        (await CountAsync("kind = 'price_changed'")).ShouldBe(0, "The first prices of a project are no change.");
        await Database.ExecuteAsync(
            $$"""
            INSERT INTO model_prices (project_id, provider, model, valid_from, document)
            SELECT {{project}}, 'x', m, now(), '{}' FROM unnest(ARRAY['a', 'b']) AS m
            """);
        await Database.ExecuteAsync(
            $"""
            INSERT INTO parked_work (id, work, project_id, subject, attempts, error_type, error, next_attempt_at)
            SELECT gen_random_uuid(), 'mails', {project}, n::text, 1, 'x', 'It is broken.', now() + interval '1 hour'
              FROM generate_series(1, 3) AS n
            """);
        for (var look = 0; look < 3; look++)
        {
            await CheckAsync();
        }

        (await TitlesAsync(project)).ShouldBe(
            ["Background work failed: mails", "No price for gpt-9", "The prices of 2 models changed"]);
    }

    [Fact]
    public async Task Costs_margins_and_failed_calls_fire_at_their_thresholds_and_a_broken_row_stops_no_other_project()
    {
        var other = await Rig.AddProjectAsync("other", GatePolicyTests.Shop);
        foreach (var project in (int[])[Rig.Project.Id, other.Id])
        {
            await Database.ExecuteAsync(
                $"""
                INSERT INTO alert_rules (id, project_id, kind, threshold, channels, repeat)
                SELECT gen_random_uuid(), {project}, k.kind, k.threshold, ARRAY['in_app'], 'once'
                  FROM (VALUES ('budget', 100), ('budget', 1000), ('margin_below', 20), ('provider_errors', 10), ('provider_errors', 50))
                       AS k (kind, threshold)
                """);
        }

        // The other project's calls cost more than a quantity can be.
        await Database.ExecuteAsync(
            $"""
            INSERT INTO call_days
            SELECT p.id, (now() AT TIME ZONE 'UTC')::date, 'openai', m.model, '', '', 20, 4, 0, 0, 0, 0, 0,
                   CASE WHEN p.id = {other.Id} THEN 999999999999999999 ELSE 60 END
              FROM (VALUES ({Rig.Project.Id}), ({other.Id})) AS p (id), (VALUES ('a'), ('b')) AS m (model)
            """);
        for (var look = 0; look < 2; look++)
        {
            await CheckAsync();
            await FiguresAsync();
        }

        (await TitlesAsync(Rig.Project.Id)).ShouldBe(
        [
            "20% of the calls to openai failed", $"Calls to models cost $120.00 in {DateTime.UtcNow:yyyy-MM}",
            $"The margin is -100% in {DateTime.UtcNow:yyyy-MM}",
        ]);
        (await TitlesAsync(other.Id)).ShouldBe(
            ["20% of the calls to openai failed", "Background work failed: alert checks"], "The second look tells of the first.");
        (await Database.ScalarAsync<long>("SELECT count(*) FROM parked_work WHERE work = 'alert_checks'")).ShouldBe(
            2, "Its states, and its margin.");
    }

    private DeriveAlerts Derive() => new(
        Database.Source, Rig.Parked, new(Rig.Clock, NullLogger<FireAlerts>.Instance), Rig.Directory, Rig.Clock);

    private async Task CheckAsync() => await new CheckAlerts(
        Database.Source, Rig.Parked, new(Rig.Clock, NullLogger<FireAlerts>.Instance), Rig.Directory, Rig.Clock)
        .RunAsync(CancellationToken.None);

    private async Task FiguresAsync()
    {
        await Database.ExecuteAsync("DELETE FROM alert_looks");
        var (rates, revenue) = (new RateQueries(Database.Source), new RevenueQueries(Database.Source));
        var costs = new CostQueries(Database.Connections, new(Database.Connections, Rig.Parked));
        await new CheckFigures(
            Database.Source, Rig.Parked, new(Rig.Clock, NullLogger<FireAlerts>.Instance), Rig.Directory, new(Database.Source), revenue,
            new(rates, revenue, costs), new(Database.Source, new(Database.Source, rates), rates, revenue, costs), Rig.Clock)
            .RunAsync(CancellationToken.None);
    }

    private static async Task AllAsync(DeriveAlerts derive)
    {
        while (await derive.RunAsync(CancellationToken.None))
        {
        }
    }

    private Task DerivedAsync(DeriveAlerts derive, string where) => UntilAsync(async () =>
    {
        await AllAsync(derive);
        return await CountAsync(where) > 0;
    });

    private async Task<IReadOnlyList<string>> TitlesAsync(int project)
    {
        var titles = new List<string>();
        await using var command = Database.Source.CreateCommand($"SELECT title FROM alerts WHERE project_id = {project}");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            titles.Add(reader.GetString(0));
        }

        return [.. titles.Order(StringComparer.Ordinal)];
    }

    private Task<long> CountAsync(string where) => Database.ScalarAsync<long>($"SELECT count(*) FROM alerts WHERE {where}");

    private Task AddRuleAsync(string channels, string addresses, string quiet = "NULL, NULL") => Database.ExecuteAsync(
        $"""
        INSERT INTO alert_rules (id, project_id, kind, channels, mail_to, quiet_from, quiet_until, repeat)
        VALUES (gen_random_uuid(), {Rig.Project.Id}, 'usage_threshold', '{channels}', '{addresses}', {quiet}, 'once')
        """);

    /// <summary>Crossings of as many customers, in one transaction.</summary>
    private async Task CrossAsync(int customers)
    {
        await Rig.ConsumeAsync("first", "job", 1);
        await Database.ExecuteAsync(
            $"""
              WITH made AS (
                    INSERT INTO customers (partition, account, project_id, id)
                    SELECT n % 64, nextval('account_numbers'), {Rig.Project.Id}, 'many-' || n FROM generate_series(1, {customers}) AS n
                    RETURNING partition, account)
            INSERT INTO threshold_crossings (partition, account, feature, period_start, percent, used, granted, crossed_at)
            SELECT made.partition, made.account, b.feature, b.period_start, 80, 8, 10, now()
              FROM made
             CROSS JOIN (SELECT feature, period_start FROM balances LIMIT 1) AS b
            """);
    }
}
