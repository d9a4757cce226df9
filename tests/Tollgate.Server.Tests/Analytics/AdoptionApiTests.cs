using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;

namespace Tollgate.Server.Tests.Analytics;

/// <summary>Adoption of features by month, compared with a naive count of the raw events by their local day.</summary>
[Collection(RunningServerTests.Invoicing)]
public sealed class AdoptionApiTests(RunningServer running)
{
    private const string Path = "/v1/analytics/features/adoption?from=2027-02-01";

    [Fact]
    public async Task Months_in_Cairo_equal_the_raw_events_and_deleted_months_come_back()
    {
        var (sandbox, other) = (await StoryAsync(), await StoryAsync());
        await other.UseAsync("only-there", "calls", 7);

        var lines = await LinesAsync(sandbox);
        lines.ShouldBe(
        [
            // ali and the two of the last second of March; acme on pro from 20 March on; zoe's use is void.
            "2027-03 calls 4 3 0.75 11",
            "2027-03 exports 1 1 1 2",

            // omar used at midnight in Cairo, 22:00 UTC. acme's April began on 20 March.
            "2027-04 calls 5 1 0.2 4",
        ]);
        foreach (var (month, feature, customers, units) in await NaiveAsync(sandbox))
        {
            lines.ShouldContain(line => line.StartsWith($"{month} {feature} ", StringComparison.Ordinal)
                && line.EndsWith($" {units}", StringComparison.Ordinal) && line.Split(' ')[3] == $"{customers}", $"{month} {feature}");
        }

        (await LinesAsync(other)).ShouldContain("2027-04 calls 6 2 0.3333 11");
        await ExecuteAsync("DELETE FROM feature_months; DELETE FROM feature_month_runs");
        (await LinesAsync(sandbox)).ShouldBe(lines);
        await ExecuteAsync("UPDATE feature_months SET used = 0, units = 99; UPDATE feature_month_runs SET ran_at = now() - interval '2 s'");
        (await LinesAsync(sandbox)).ShouldBe(lines, "A wrong month that can still change is computed again.");
        (await (await sandbox.FetchAsync(
            $"{Path}&feature=exports".Replace("?", ".csv?", StringComparison.Ordinal))).Content.ReadAsStringAsync())
            .ShouldBe(
                "month,feature,entitled,customers,rate,units,imported_units\r\n2027-03,exports,1,1,1,2,0\r\n");
    }

    [Fact]
    public async Task An_empty_project_has_no_lines_in_24_months_and_wrong_questions_are_refused_at_once()
    {
        var empty = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        (await GetAsync(empty, "/v1/analytics/features/adoption?from=2025-04-02"))["data"]!.AsArray().ShouldBeEmpty();
        var wrong = await empty.Door.GetAsync("/v1/analytics/features/adoption?from=2027-04-02&to=2027-04-01&feature=cals&limit=0");
        wrong.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        wrong.Json!["errors"]!.AsArray().Select(static one => one!["param"]!.GetValue<string>()).ShouldBe(["to", "limit", "feature"]);
        wrong.Json!["errors"]![2]!["detail"]!.GetValue<string>().ShouldContain("Did you mean 'calls'?");
    }

    private async Task<BillingSandbox> StoryAsync()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-03-05T00:00:00Z", zone: "Africa/Cairo");
        await sandbox.UseAsync("ali", "calls", 3);
        await sandbox.UseAsync("zoe", "calls", 1, id: "gone");
        (await sandbox.Door.PostAsync("/v1/events/gone/void", """{"customer": "zoe"}""")).Status.ShouldBe(HttpStatusCode.OK);
        await sandbox.AdvanceAsync("2027-03-20T10:00:00Z");
        var id = await sandbox.SubscribeAsync("""{"customer": "acme", "plan": "pro", "trial": false}""");
        await sandbox.UseAsync("acme", "exports", 2);
        await sandbox.AdvanceAsync("2027-03-31T22:00:00Z");
        await sandbox.UseAsync("ali", "calls", 2, "2027-03-31T21:59:59Z");
        await sandbox.UseAsync("sara", "calls", 5, "2027-03-31T21:59:59Z");
        await sandbox.UseAsync("omar", "calls", 4);
        await sandbox.UseAsync("acme", "calls", 1);
        await sandbox.AdvanceAsync("2027-04-03T00:00:00Z");
        (await sandbox.Door.PostAsync($"/v1/subscriptions/{id}/cancel", """{"at": "now"}""")).Status.ShouldBe(HttpStatusCode.OK);
        return sandbox;
    }

    private static async Task<string[]> LinesAsync(BillingSandbox sandbox) =>
    [
        .. (await GetAsync(sandbox, Path))["data"]!.AsArray().Select(static line => string.Join(
            ' ', ((string[])["month", "feature", "entitled", "customers", "rate", "units"]).Select(name => line![name]?.ToString()))),
    ];

    /// <summary>Customers without a subscription have calendar months; the billing month of acme began in March.</summary>
    private async Task<IReadOnlyList<(string Month, string Feature, long Customers, string Units)>> NaiveAsync(BillingSandbox sandbox)
    {
        await using var connection = new NpgsqlConnection(running.ConnectionString);
        await connection.OpenAsync();
        await using var naive = new NpgsqlCommand(
            """
            SELECT CASE WHEN c.id = 'acme' THEN '2027-03' ELSE to_char(e.occurred_at AT TIME ZONE 'Africa/Cairo', 'YYYY-MM') END, f.code,
                   count(DISTINCT c.id), trim_scale(sum(e.quantity))::text
              FROM events e
              JOIN customers c ON c.partition = e.partition AND c.account = e.account
              JOIN features f ON f.id = e.feature
             WHERE c.project_id = (SELECT id FROM projects WHERE code = $1) AND c.id <> 'zoe'
             GROUP BY 1, 2
            """, connection) { Parameters = { new() { Value = sandbox.Code } } };
        await using var reader = await naive.ExecuteReaderAsync();
        var rows = new List<(string, string, long, string)>();
        while (await reader.ReadAsync())
        {
            rows.Add((reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetString(3)));
        }

        rows.Count.ShouldBeGreaterThan(2);
        return rows;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(running.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<JsonNode> GetAsync(BillingSandbox sandbox, string path)
    {
        var came = await sandbox.Door.GetAsync(path);
        came.Status.ShouldBe(HttpStatusCode.OK, came.Json?.ToJsonString());
        return came.Json!;
    }
}
