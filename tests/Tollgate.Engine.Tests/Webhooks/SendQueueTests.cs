using Tollgate.Engine.Webhooks;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Webhooks;

/// <summary>The distribution of the places for sending deliveries.</summary>
public sealed class SendQueueTests(TestPostgres postgres)
{
    [Fact]
    public async Task A_project_gets_no_more_than_its_share_and_projects_take_turns()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await FillAsync(database);
        var many = await database.ScalarAsync<int>("SELECT id FROM projects WHERE code = 'many'");
        var queue = new SendQueue(database.Source);

        // 50 of its 64 go to endpoints that it has deleted since.
        var (first, _) = await queue.ClaimAsync(10, new Dictionary<int, int> { [many] = 50 }, 64, CancellationToken.None);
        first.Select(static one => one.Project).ShouldBe(Enumerable.Repeat(many + 1, 8).Concat([many, many]), ignoreOrder: true);
        var (second, _) = await queue.ClaimAsync(200, new Dictionary<int, int> { [many] = 52 }, 64, CancellationToken.None);
        second.Count.ShouldBe(12);
        second.Select(static one => one.Endpoint).Distinct().Count()
            .ShouldBe(12, "Each of its endpoints has a turn before one has a second.");
    }

    [Fact]
    public async Task A_delivery_with_an_impossible_time_stops_no_other()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await FillAsync(database);
        await database.ExecuteAsync("""
            ALTER TABLE webhook_deliveries DROP CONSTRAINT webhook_deliveries_possible;
            UPDATE webhook_deliveries
               SET first_due_at = CASE object WHEN '1' THEN timestamptz '200000-01-01' WHEN '2' THEN 'infinity' ELSE '-infinity' END
             WHERE object <> '4'
            """);
        var (good, broken) = await new SendQueue(database.Source).ClaimAsync(
            500, new Dictionary<int, int>(), 500, CancellationToken.None);
        (good.Count + broken.Count).ShouldBe(128);
        good.Count.ShouldBeGreaterThanOrEqualTo(96);
    }

    private static async Task FillAsync(TestDatabase database) =>
        await database.ExecuteAsync(
            """
            INSERT INTO projects (code, name, mode, time_zone, currency) SELECT code, code, 'live', 'Etc/UTC', 'USD'
              FROM unnest('{many,few}'::text[]) AS code;
            INSERT INTO webhook_endpoints (id, project_id, url, events, secret)
            SELECT gen_random_uuid(), p.id, 'https://example.com/', '{*}', ''
                   FROM projects p, generate_series(1, CASE p.code WHEN 'many' THEN 30 ELSE 2 END);
            INSERT INTO webhook_events (id, project_id, type, object_type, object, sequence, occurred_at, payload)
            SELECT gen_random_uuid(), p.id, 'customer.created', 'customer', n::text, 1, now(), '{}'
                   FROM projects p, generate_series(1, 4) AS n;
            INSERT INTO webhook_deliveries (project_id, endpoint, event, object_type, object, first_due_at, due_at)
            SELECT e.project_id, e.id, v.position, v.object_type, v.object, now(), now()
              FROM webhook_endpoints e JOIN webhook_events v ON v.project_id = e.project_id
             ORDER BY e.project_id, e.id, v.position;
            """);
}
