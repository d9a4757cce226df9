using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using Tollgate.Server.Tests.Metering;

namespace Tollgate.Server.Tests.Costs;

/// <summary>SLA targets, and the reports that compare calls with them. The facts are read by a statement of the test's own.</summary>
public sealed class SlaApiTests(SharedMeteringHost host) : IClassFixture<SharedMeteringHost>
{
    private static string Today => DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Providers_and_models_are_compared_with_targets_and_equal_the_raw_calls()
    {
        var calls = Enumerable.Range(1, 200).Select(static i =>
            $$"""
            {"customer":"sla","provider":"swift","model":"{{(i % 2 == 0 ? "even" : "odd")}}","input_tokens":{{i}},
             "latency_ms":{{i * i % 977 * 3}},"status":{{(i % 20 == 0 ? 500 : 200)}} }
            """);
        await RecordAsync($"[{string.Join(',', calls)}]");
        await SetAsync(
            """
            {"targets": [{"provider": "Swift", "p95_ms": 86400000, "error_rate": 0.05}, {"provider": "swift", "model": "even", "p99_ms": 1, "error_rate": 0.0999}]}
            """);

        var provider = await LineAsync("/v1/analytics/providers", "provider", "swift");
        var (p50, p95, p99, rate) = await NaiveAsync("swift", null);
        provider.GetProperty("error_rate").GetDecimal().ShouldBe(rate);
        rate.ShouldBe(0.05m);
        foreach (var (name, exact) in ((string, decimal)[])[("p50_ms", p50), ("p95_ms", p95), ("p99_ms", p99)])
        {
            provider.GetProperty("latency").GetProperty(name).GetDecimal().ShouldBe(exact, exact * 0.05m, name);
        }

        provider.GetProperty("sla").ToString().ShouldBe(
            """{"p50_ms":null,"p95_ms":86400000,"p99_ms":null,"error_rate":0.05,"met":true,"missed":[]}""");
        (await LineAsync("/v1/analytics/models", "model", "odd")).GetProperty("sla").GetProperty("met").GetBoolean().ShouldBeTrue(
            "The provider's target.");
        (await LineAsync("/v1/analytics/models", "model", "even")).GetProperty("sla").ToString().ShouldBe(
            """{"p50_ms":null,"p95_ms":null,"p99_ms":1,"error_rate":0.0999,"met":false,"missed":["p99_ms","error_rate"]}""");
        (await NaiveAsync("swift", "even")).Rate.ShouldBe(0.1m);
        (await LineAsync("/v1/analytics/models?group_by=plan", "model", "odd")).GetProperty("sla").GetProperty("met").ValueKind.ShouldBe(
            JsonValueKind.Null, "Latencies by plan are unknown.");
        (await host.Http.GetStringAsync($"/v1/analytics/models.csv?group_by=day&from={Today}")).Split("\r\n")
            .Single(static line => line.Contains(",even,", StringComparison.Ordinal)).ShouldEndWith(",,,1,0.0999,false,p99_ms error_rate");
    }

    [Fact]
    public async Task Targets_are_replaced_as_a_whole_and_belong_to_their_project()
    {
        await RecordAsync("""[{"customer":"own","provider":"lone","model":"m","input_tokens":1,"latency_ms":5}]""");
        var (other, key) = await ProjectAsync("sla-other");
        using (other)
        {
            using var set = await other.PutAsync(
                "/v1/sla-targets", MeteringHost.Text("""{"targets": [{"provider": "lone", "error_rate": 0}]}"""));
            ((int)set.StatusCode).ShouldBe(200, key);
            (await LineAsync("/v1/analytics/providers", "provider", "lone")).GetProperty("sla").ValueKind.ShouldBe(JsonValueKind.Null);
            await SetAsync("""{"targets": [{"provider": "lone", "p50_ms": 5.125}, {"provider": "lone", "model": "m", "p50_ms": 1}]}""");
            await SetAsync("""{"targets": [{"provider": "lone", "p50_ms": 5.125}]}""");
            (await host.GetAsync("/v1/sla-targets")).Body.ToString().ShouldBe(
                """{"targets":[{"provider":"lone","model":null,"p50_ms":5.125,"p95_ms":null,"p99_ms":null,"error_rate":null}]}""");
            (await other.GetStringAsync("/v1/sla-targets")).ShouldContain("\"error_rate\":0}");
            (await other.GetStringAsync("/v1/analytics/providers")).ShouldNotContain("lone");
        }
    }

    [Theory]
    [InlineData("""{"targets": [{"p95_ms": 1}]}""", "targets[0].provider")]
    [InlineData("""{"targets": [{"provider": "p"}]}""", "targets[0]")]
    [InlineData("""{"targets": [{"provider": "p", "p50_ms": 0, "p95_ms": 1.0001, "error_rate": 1.1}]}""",
        "targets[0].p50_ms targets[0].p95_ms targets[0].error_rate")]
    [InlineData("""{"targets": [{"provider": "p", "p50_ms": 1}, {"provider": " P", "p95_ms": 1}]}""", "targets[1]")]
    [InlineData("{}", "targets")]
    public async Task Wrong_targets_are_refused_with_all_faults(string body, string fields)
    {
        using var answer = await host.Http.PutAsync("/v1/sla-targets", MeteringHost.Text(body));
        var problem = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        ((int)answer.StatusCode).ShouldBe(422, problem.ToString());
        string.Join(' ', problem.GetProperty("errors").EnumerateArray().Select(static e => e.GetProperty("param").GetString()))
            .ShouldBe(fields, problem.ToString());
    }

    private async Task RecordAsync(string calls)
    {
        var (status, body) = await host.PostAsync("/v1/llm-calls", calls);
        status.ShouldBe(200, body.ToString());
        body.GetProperty("rejected").GetArrayLength().ShouldBe(0, body.ToString());
    }

    private async Task SetAsync(string body)
    {
        using var answer = await host.Http.PutAsync("/v1/sla-targets", MeteringHost.Text(body));
        ((int)answer.StatusCode).ShouldBe(200, await answer.Content.ReadAsStringAsync());
    }

    private async Task<JsonElement> LineAsync(string path, string member, string name)
    {
        var (status, body) = await host.GetAsync(path);
        status.ShouldBe(200, body.ToString());
        return body.GetProperty("data").EnumerateArray().Single(line => line.GetProperty(member).GetString() == name);
    }

    private async Task<(HttpClient Http, string Key)> ProjectAsync(string code)
    {
        using var admin = host.Server.NewClient(host.Server.AdminKey);
        var project = new JsonObject { ["code"] = code, ["name"] = "Other", ["mode"] = "live", ["catalog"] = "trendit" };
        using var created = await admin.PostAsync("/v1/projects", MeteringHost.Text(project.ToJsonString()));
        var key = JsonElement.Parse(await created.Content.ReadAsStringAsync()).GetProperty("secret_key").GetString()!;
        return (host.Server.NewClient(key), key);
    }

    private async Task<(decimal P50, decimal P95, decimal P99, decimal Rate)> NaiveAsync(string provider, string? model)
    {
        await using var connection = new NpgsqlConnection(host.Database.ConnectionString);
        await connection.OpenAsync();
        await using var naive = new NpgsqlCommand(
            """
            SELECT percentile_disc(0.5)  WITHIN GROUP (ORDER BY (data #>> '{props,latency_ms}')::numeric),
                   percentile_disc(0.95) WITHIN GROUP (ORDER BY (data #>> '{props,latency_ms}')::numeric),
                   percentile_disc(0.99) WITHIN GROUP (ORDER BY (data #>> '{props,latency_ms}')::numeric),
                   avg(CASE WHEN (data #>> '{props,status}')::integer >= 400 THEN 1 ELSE 0 END)
              FROM events
             WHERE data #>> '{props,latency_ms}' IS NOT NULL AND data #>> '{props,provider}' = $1 AND ($2::text IS NULL OR data #>> '{props,model}' = $2)
            """, connection) { Parameters = {
                    new() { Value = provider },
                    new() { Value = (object?)model ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text },
                } };
        await using var reader = await naive.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (
            reader.GetDecimal(0), reader.GetDecimal(1), reader.GetDecimal(2),
            decimal.Round(reader.GetDecimal(3), 4, MidpointRounding.AwayFromZero));
    }
}
