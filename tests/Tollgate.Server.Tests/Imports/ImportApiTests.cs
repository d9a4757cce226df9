using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Tollgate.Server.Tests.Metering;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Imports;

/// <summary>History on the wire: what an operator sends, sees and gets refused.</summary>
public sealed class ImportApiTests(MeteringHost host) : IClassFixture<MeteringHost>
{
    private static string Usage(string prefix, int count, string customer) => string.Concat(Enumerable.Range(1, count).Select(i =>
        $$"""{"kind":"usage","id":"{{prefix}}-{{i}}","customer":"{{customer}}","feature":"scan","occurred_at":"2022-07-01T08:00:{{i % 60:00}}Z"}"""
            + "\n"));

    private async Task<JsonElement> ImportAsync(string body, string query = "", string type = "application/x-ndjson")
    {
        var (status, came) = await host.PostAsync("/v1/imports" + query, body, type);
        status.ShouldBe(202, came.ToString());
        return await FinishedAsync(came.GetProperty("id").GetString()!);
    }

    private async Task<JsonElement> FinishedAsync(string id)
    {
        for (var round = 0; round < 600; round++)
        {
            var (_, import) = await host.GetAsync("/v1/imports/" + id);
            if (import.GetProperty("status").GetString() is "finished" or "failed")
            {
                return import;
            }

            await Task.Delay(100);
        }

        throw new TimeoutException($"The import {id} does not finish.");
    }

    private static (long Read, long Booked, long Replayed, long Rejected) CountsOf(JsonElement import) => (
        import.GetProperty("read").GetInt64(), import.GetProperty("booked").GetInt64(), import.GetProperty("replayed").GetInt64(),
        import.GetProperty("rejected_count").GetInt64());

    [Fact]
    public async Task History_shows_in_events_calls_costs_and_trends_and_takes_nothing_from_the_quota()
    {
        var month = DateTimeOffset.UtcNow.ToString("yyyy-MM", CultureInfo.InvariantCulture);
        var now = DateTimeOffset.UtcNow.AddMinutes(-1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var import = await ImportAsync(
            Usage("h", 5, "hanna")
            + $$"""{"kind":"llm_calls","id":"h-call","customer":"hanna","model":"gpt-4o","provider":"openai","input_tokens":9,"cost_usd":"0.5","occurred_at":"{{now}}"}""");
        CountsOf(import).ShouldBe((6, 6, 0, 0));
        import.GetProperty("progress").GetInt32().ShouldBe(100);
        import.GetProperty("sums")[1].GetProperty("month").GetString().ShouldBe("2022-07");

        var (_, events) = await host.GetAsync("/v1/events?customer=hanna&type=scan&from=2022-01-01T00:00:00Z");
        events.GetProperty("data").GetArrayLength().ShouldBe(5);
        events.GetProperty("data")[0].GetProperty("source").GetString().ShouldBe("import");
        var (_, page) = await host.GetAsync("/v1/events?customer=hanna&from=2022-01-01T00:00:00Z&starting_after=h-3");
        page.GetProperty("data").GetArrayLength().ShouldBe(2);
        var call = (await host.GetAsync("/v1/llm-calls?customer=hanna")).Body.GetProperty("data")[0];
        (call.GetProperty("cost_usd").GetString(), call.GetProperty("source").GetString()).ShouldBe(("0.5", "import"));
        (await host.Http.GetStringAsync("/v1/llm-calls.csv?customer=hanna")).Trim().ShouldEndWith(",import");
        (await host.Http.GetStringAsync("/v1/events.csv?customer=hanna")).Trim().ShouldEndWith(",import");
        (await host.GetAsync("/v1/customers/hanna/costs")).Body.GetProperty("total").GetProperty("cost_usd").GetString().ShouldBe("0.5");
        (await host.GetAsync("/v1/customers/hanna/trends?months=1")).Body.GetProperty("months")[0].GetProperty("month").GetString()
            .ShouldBe(month);
        (await host.GetAsync("/v1/decisions/h-1?customer=hanna")).Status.ShouldBe(404);
        (await host.UsedAsync("hanna", "scan")).ShouldBe(0);
        (await host.UsedAsync("hanna", "llm_cost")).ShouldBe(0);
        (await host.PostAsync("/v1/verify", "")).Body.GetProperty("clean").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task CSV_needs_a_header_that_Tollgate_knows()
    {
        const string File = "id,customer,feature,occurred_at,quantity\r\nc-1,cleo,scan,2022-07-01T08:00:00Z,2\r\nc-2,cleo,scan,never,1\r\n";
        var import = await ImportAsync(File, "?kind=usage", "text/csv");
        CountsOf(import).ShouldBe((2, 1, 0, 1));
        import.GetProperty("rejected")[0].GetProperty("line").GetInt64().ShouldBe(3);
        var (status, refused) = await host.PostAsync("/v1/imports?kind=usage", "id,custmer\r\n", "text/csv");
        status.ShouldBe(422);
        refused.GetProperty("errors")[0].GetProperty("detail").GetString()!.ShouldContain("Did you mean 'customer'?");
        (await host.PostAsync("/v1/imports?kind=usage", "", "text/csv")).Status.ShouldBe(422);
    }

    [Theory]
    [InlineData("?kind=usages", "application/x-ndjson", 422)]
    [InlineData("?dry_run=maybe", "application/x-ndjson", 422)]
    [InlineData("?dryrun=true", "application/x-ndjson", 422)]
    [InlineData("", "application/json", 415)]
    [InlineData("", "application/x-ndjson", 202)]
    public async Task A_faulty_request_is_refused(string query, string type, int status) =>
        (await host.PostAsync("/v1/imports" + query, "", type)).Status.ShouldBe(status);

    [Fact]
    public async Task An_unknown_import_is_named() =>
        (await host.GetAsync("/v1/imports/nonsense")).Body.GetProperty("detail").GetString()!.ShouldContain("Unknown import 'nonsense'");

    [Fact]
    public async Task Only_a_secret_key_with_every_write_scope_may_import()
    {
        var token = (await host.PostAsync("/v1/customers/tess/tokens", "{}")).Body.GetProperty("token").GetString();
        (await StatusWithAsync(token)).ShouldBe(403);
        (await StatusWithAsync(await KeyAsync("""{"kind":"public"}"""))).ShouldBe(403);
        (await StatusWithAsync(await KeyAsync("""{"kind":"restricted","scopes":["gate:write","billing:write"]}"""))).ShouldBe(403);
        (await StatusWithAsync(
            await KeyAsync("""{"kind":"restricted","scopes":["gate:write","billing:write","customers:write"]}"""))).ShouldBe(202);
    }

    private async Task<string?> KeyAsync(string body) => (await host.PostAsync("/v1/api-keys", body)).Body.GetProperty("key").GetString();

    private async Task<int> StatusWithAsync(string? key)
    {
        using var client = host.Server.NewClient(key);
        using var answer = await client.PostAsync("/v1/imports", MeteringHost.Text("", "application/x-ndjson"));
        return (int)answer.StatusCode;
    }

    [Fact]
    public async Task An_Idempotency_Key_answers_with_the_first_import()
    {
        var first = await SendAsync("key-1", Usage("k", 1, "kim"));
        var again = await SendAsync("key-1", Usage("k", 1, "kim"));
        (first.Status, again.Status, again.Replayed, again.Id).ShouldBe((202, 202, true, first.Id));
        (await SendAsync("key-1", Usage("k", 2, "kim"))).Status.ShouldBe(409);
    }

    private async Task<(int Status, bool Replayed, string? Id)> SendAsync(string key, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/imports")
        {
            Content = MeteringHost.Text(body, "application/x-ndjson"), Headers = { { "Idempotency-Key", key } },
        };
        using var answer = await host.Http.SendAsync(request);
        var came = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        return ((int)answer.StatusCode, answer.Headers.Contains("Idempotent-Replayed"),
            came.TryGetProperty("id", out var id) ? id.GetString() : null);
    }

    /// <summary>History is closed: a call without a price stays without a cost, even after its model has one.</summary>
    [Fact]
    public async Task Rerating_leaves_imported_calls_as_they_are()
    {
        await ImportAsync(
            $$"""{"kind":"llm_calls","id":"r-1","customer":"rita","model":"own-1","provider":"acme","input_tokens":1000,"occurred_at":"{{DateTimeOffset.UtcNow.AddHours(-1):O}}"}""");
        await host.PostAsync("/v1/llm-calls", """{"id":"r-2","customer":"rita","model":"own-1","provider":"acme","input_tokens":1000}""");
        (await host.PostAsync(
            "/v1/model-prices",
            """{"provider":"acme","model":"own-1","valid_from":"2020-01-01T00:00:00Z","prices":{"input":"2"}}""")).Status.ShouldBe(201);
        var (status, rerated) = await host.PostAsync("/v1/model-prices/rerate", """{"provider":"acme","model":"own-1"}""");
        (status, rerated.GetProperty("seen").GetInt32()).ShouldBe((200, 1), rerated.ToString());
    }

    [Fact]
    public async Task A_line_of_a_hundred_megabytes_is_one_rejected_record()
    {
        var line = $$"""{"kind":"usage","id":"{{new string('x', 100 * 1024 * 1024)}}"}""";
        var import = await ImportAsync(line + "\n" + Usage("m", 1, "max"));
        CountsOf(import).ShouldBe((2, 1, 0, 1));
        import.GetProperty("rejected")[0].GetProperty("code").GetString().ShouldBe("payload_too_large");
    }

    [Fact]
    public async Task A_sender_that_hangs_up_has_imported_nothing()
    {
        var body = Encoding.UTF8.GetBytes(Usage("gone", 60_000, "gina"));
        using (var socket = new TcpClient("127.0.0.1", host.Server.Port))
        {
            var head = $"POST /v1/imports HTTP/1.1\r\nHost: x\r\nAuthorization: {host.Http.DefaultRequestHeaders.Authorization}\r\n"
                + $"Content-Type: application/x-ndjson\r\nContent-Length: {body.Length + 1_000}\r\n\r\n";
            await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head));
            await socket.GetStream().WriteAsync(body);
            await Task.Delay(500);
        }

        await Eventually.UntilAsync(async () => (await host.GetAsync("/v1/imports?status=failed")).Body.GetProperty("data")
            .GetArrayLength() == 1);
        (await host.GetAsync("/v1/customers/gina")).Status.ShouldBe(404);
        (await host.Database.ScalarAsync<long>(
            "SELECT count(*) FROM import_chunks c JOIN imports i ON i.id = c.import WHERE i.status = 'failed'"))
            .ShouldBe(0);
    }

    [Fact]
    public async Task Thousands_of_tiny_imports_at_once_are_booked_or_told_to_wait()
    {
        const int Imports = 3_000;
        var (taken, refused) = (0, 0);
        await Parallel.ForEachAsync(Enumerable.Range(0, Imports), new ParallelOptions { MaxDegreeOfParallelism = 48 }, async (n, _) =>
        {
            var (status, came) = await host.PostAsync("/v1/imports", Usage($"tiny-{n}", 1, "tina"), "application/x-ndjson");
            if (status == 202)
            {
                Interlocked.Increment(ref taken);
                return;
            }

            Interlocked.Increment(ref refused);
            (status, came.GetProperty("code").GetString()).ShouldBe((429, "rate_limited"), came.ToString());
            came.GetProperty("detail").GetString()!.ShouldContain("20 imports of the project are not finished (TOLLGATE_MOST_IMPORTS)");
        });
        taken.ShouldBeGreaterThan(0);
        (taken + refused).ShouldBe(Imports);
        await Eventually.UntilAsync(async () => await host.Database.ScalarAsync<long>(
            "SELECT count(*) FROM events e JOIN customers c USING (partition, account) WHERE c.id = 'tina'") == taken);
        (await host.PostAsync("/v1/verify", "")).Body.GetProperty("clean").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task A_killed_server_continues_where_it_was_and_a_repeat_books_nothing()
    {
        const int Lines = 150_000;
        var body = Usage("kill", Lines, "kate");
        var (_, came) = await host.PostAsync("/v1/imports", body, "application/x-ndjson");
        var id = came.GetProperty("id").GetString()!;
        await Eventually.UntilAsync(async () => (await host.GetAsync("/v1/imports/" + id)).Body.GetProperty("read").GetInt64() > 0);
        await host.Server.Kill9Async();
        await host.Server.StartAgainAsync();
        CountsOf(await FinishedAsync(id)).ShouldBe((Lines, Lines, 0, 0));
        CountsOf(await ImportAsync(body)).ShouldBe((Lines, 0, Lines, 0));
        (await host.Database.ScalarAsync<long>(
            "SELECT count(*) FROM events e JOIN customers c USING (partition, account) WHERE c.id = 'kate'"))
            .ShouldBe(Lines);
        (await host.PostAsync("/v1/verify", "")).Body.GetProperty("clean").GetBoolean().ShouldBeTrue();
    }
}
