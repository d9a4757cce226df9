using System.Globalization;
using System.Text.Json;

namespace Tollgate.Server.Tests.Metering;

public sealed class EventListTests(SharedMeteringHost host) : IClassFixture<SharedMeteringHost>
{
    private static string Ago(int seconds) =>
        DateTimeOffset.UtcNow.AddSeconds(-seconds).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private async Task RecordAsync(string customer, params (string Id, string Type, int Ago)[] events)
    {
        var items = events.Select(e =>
            $$"""{"id":"{{e.Id}}","customer":"{{customer}}","type":"{{e.Type}}","occurred_at":"{{Ago(e.Ago)}}"}""");
        var (_, body) = await host.PostAsync("/v1/events", $"[{string.Join(',', items)}]");
        body.GetProperty("accepted").GetInt64().ShouldBe(events.Length, body.ToString());
    }

    private async Task<(string[] Ids, bool More)> IdsAsync(string query)
    {
        var (status, body) = await host.GetAsync("/v1/events" + query);
        status.ShouldBe(200, body.ToString());
        return ([.. body.GetProperty("data").EnumerateArray().Select(e => e.GetProperty("id").GetString()!)],
            body.GetProperty("has_more").GetBoolean());
    }

    [Theory]
    [InlineData("?customer=pages-of-call", "call")]
    [InlineData("?type=paged", "paged")]
    public async Task Pages_are_newest_first_and_stable_while_events_come_in(string filter, string type)
    {
        var run = Guid.NewGuid().ToString("N")[..8];
        await RecordAsync("pages-of-" + type, [.. Enumerable.Range(0, 7).Select(i => ($"{run}-{i}", type, (i * 700) + 10))]);
        var (first, more) = await IdsAsync(filter + "&limit=3");
        more.ShouldBeTrue();
        first.ShouldBe([$"{run}-0", $"{run}-1", $"{run}-2"]);
        await RecordAsync("pages-of-" + type, ($"{run}-new", type, 1));
        (await IdsAsync($"{filter}&limit=3&starting_after={first[^1]}")).Ids.ShouldBe([$"{run}-3", $"{run}-4", $"{run}-5"]);
        (await IdsAsync($"{filter}&limit=100")).Ids[..8].ShouldBe([$"{run}-new", .. Enumerable.Range(0, 7).Select(i => $"{run}-{i}")]);
    }

    [Fact]
    public async Task Filters_name_type_feature_and_time()
    {
        await RecordAsync("filtered", ("f-1", "scan", 7_200), ("f-2", "other", 3_600), ("f-3", "call", 60));
        (await IdsAsync("?customer=filtered&type=other")).Ids.ShouldBe(["f-2"]);
        (await IdsAsync("?customer=filtered&type=scan")).Ids.ShouldBe(["f-1"]);
        (await IdsAsync("?customer=filtered&feature=call")).Ids.ShouldBe(["f-3"]);
        (await IdsAsync($"?customer=filtered&from={Ago(4_000)}&to={Ago(600)}")).Ids.ShouldBe(["f-2"]);
        (await IdsAsync("?customer=nobody")).Ids.ShouldBeEmpty();
        (await host.GetAsync($"/v1/events?from={Ago(0)}&to={Ago(100)}")).Status.ShouldBe(422);
        (await host.GetAsync("/v1/events?from=2020-01-01T00:00:00Z")).Status.ShouldBe(422);
        (await host.GetAsync("/v1/events?limit=0&from=x")).Body.GetProperty("errors").GetArrayLength().ShouldBe(2);
        (await host.GetAsync("/v1/events?customer=filtered&starting_after=never")).Status.ShouldBe(404);
    }

    [Theory]
    [InlineData("/v1/events?customer=filtered&to=8999-12-31T00:00:00Z", 200)]
    [InlineData("/v1/events?customer=filtered&from=1971-01-01T00:00:00Z&to=8999-12-31T00:00:00Z", 200)]
    [InlineData("/v1/events?customer=filtered&starting_after=-9223372036854775808~019abc00-0000-7000-8000-000000000000", 404)]
    [InlineData("/v1/events?customer=filtered&starting_after=9223372036854775807~019abc00-0000-7000-8000-000000000000", 404)]
    [InlineData("/v1/events?starting_after=-1~019abc00-0000-7000-8000-000000000000", 404)]
    public async Task The_ends_of_time_are_no_fault_of_the_server(string path, int status)
    {
        var (answered, body) = await host.GetAsync(path);
        answered.ShouldBe(status, body.ToString());
    }

    [Fact]
    public async Task CSV_reaches_to_the_last_day_that_a_filter_accepts()
    {
        await host.PostAsync("/v1/events", """{"id":"last-day","customer":"all-time","type":"call"}""");
        using var answer = await host.Http.GetAsync("/v1/events.csv?customer=all-time&to=8999-12-31T00:00:00Z");
        ((int)answer.StatusCode).ShouldBe(200);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("last-day");
    }

    [Fact]
    public async Task The_feature_filter_finds_what_a_pool_paid()
    {
        await host.PostAsync("/v1/consume", """{"customer":"pooled","feature":"cv","amount":2,"id":"p-1"}""");
        (await IdsAsync("?customer=pooled&feature=credits")).Ids.ShouldBe(["p-1"]);
    }

    [Fact]
    public async Task CSV_has_every_event_and_no_formulas()
    {
        await host.PostAsync(
            "/v1/events", """{"id":"=1+1","customer":"sheet","type":"call","quantity":1.5,"properties":{"q":"a,\"b\""}}""");
        await host.PostAsync("/v1/events", """{"id":"plain","customer":"sheet","type":"call"}""");
        await host.PostAsync("/v1/events/plain/void", "");
        using var answer = await host.Http.GetAsync("/v1/events.csv?customer=sheet");
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/csv");
        var lines = (await answer.Content.ReadAsStringAsync()).Split("\r\n");
        lines[0].ShouldBe("id,customer,type,feature,quantity,occurred_at,recorded_at,voided_by,voids,properties,member,source");
        lines.Length.ShouldBe(5);
        lines.ShouldContain(line => line.StartsWith("'=1+1,sheet,call,call,1.5,", StringComparison.Ordinal)
            && line.EndsWith(",\"{\"\"q\"\": \"\"a,\\\"\"b\\\"\"\"\"}\",,", StringComparison.Ordinal));
        lines.ShouldContain(line => line.Contains(",call,call,-1,", StringComparison.Ordinal)
            && line.Contains(",plain,", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_decision_is_explained_from_what_was_recorded()
    {
        await host.PostAsync("/v1/consume", """{"customer":"why","feature":"cv","amount":2,"id":"why-1"}""");
        var (status, cv) = await host.GetAsync("/v1/decisions/why-1");
        status.ShouldBe(200, cv.ToString());
        var postings = cv.GetProperty("postings").EnumerateArray().ToList();
        postings.Select(p => p.GetProperty("feature").GetString()).ShouldBe(["cv", "credits"]);
        postings[0].GetProperty("used_after").GetDecimal().ShouldBe(2);
        (postings[1].GetProperty("used").GetDecimal(), postings[1].GetProperty("used_now").GetDecimal()).ShouldBe((5m, 5m));

        await host.PostAsync("/v1/events", """{"id":"why-2","customer":"why","type":"scan","quantity":3}""");
        var over = (await host.GetAsync("/v1/decisions/why-2?customer=why")).Body;
        over.GetProperty("reason").GetString().ShouldBe("recorded_over_limit");
        over.GetProperty("thresholds").EnumerateArray().Select(t => t.GetProperty("percent").GetInt32()).ShouldBe([80, 90, 100]);

        var held = (await host.PostAsync("/v1/reservations", """{"customer":"why","feature":"call","amount":1,"id":"why-3"}""")).Body;
        (await host.GetAsync("/v1/decisions/why-3")).Body.GetProperty("kind").GetString().ShouldBe("reservation", held.ToString());
        await host.PostAsync("/v1/reservations/why-3/settle", "{}");
        (await host.GetAsync("/v1/decisions/why-3")).Body.GetProperty("kind").GetString().ShouldBe("settlement");

        var (missing, problem) = await host.GetAsync("/v1/decisions/never");
        (missing, problem.GetProperty("code").GetString()).ShouldBe((404, "event_not_found"));
    }
}
