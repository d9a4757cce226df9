using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tollgate.Core.Llm;
using Tollgate.Server.Tests.Metering;

namespace Tollgate.Server.Tests.Gateway;

/// <summary>
/// Work that continues at a provider after its start was answered: held until it ends, recorded once, and visible to its customer only.
/// </summary>
public sealed class GatewayJobTests(GatewayHost host) : IClassFixture<GatewayHost>
{
    private const string Background = """{"model":"house","input":"Think long.","background":true,"max_output_tokens":1000}""";
    private const string Crawl = """{"url":"https://example.org","limit":100}""";

    private static string Response(string id, string status, string usage = "null") =>
        $$$"""{"id":"{{{id}}}","object":"response","model":"house-2026-01-01","background":true,"store":true,"status":"{{{status}}}","output":[],"usage":{{{usage}}}}""";

    private static string Counts(int input, int output) =>
        $$"""{"input_tokens":{{input}},"output_tokens":{{output}},"total_tokens":{{input + output}}}""";

    private async Task<HttpClient> TokenAsync(string customer)
    {
        var (_, issued) = await host.Project.PostAsync($"/v1/customers/{customer}/tokens", "{}");
        return host.Project.Server.NewClient(issued.GetProperty("token").GetString());
    }

    private async Task<(int Status, string Body)> GetAsync(string path, HttpClient? client = null)
    {
        using var answer = await (client ?? host.Project.Http).GetAsync("/gateway" + path);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private Task EventuallyAsync(string condition) => UntilAsync(() => host.Project.Database.ScalarAsync<bool>(condition), () => condition);

    private async Task PricePagesAsync()
    {
        await host.SetUpstreamAsync("firecrawl", host.Upstream.Url);
        foreach (var model in (string[])["crawl", "scrape"])
        {
            await host.Project.PostAsync(
                "/v1/model-prices",
                $$$"""{"provider":"firecrawl","model":"{{{model}}}","valid_from":"2020-01-01T00:00:00Z","prices":{"page":"0.002"}}""");
        }
    }

    [Fact]
    public async Task A_response_in_the_background_holds_what_it_may_use_until_a_poll_says_what_it_used()
    {
        using var client = await TokenAsync("thinker");
        host.Upstream.AnswersWith(Response("resp_thinker", "queued"));
        using var started = await client.PostAsync("/gateway/openai/v1/responses", MeteringHost.Text(Background));
        ((int)started.StatusCode, started.Headers.GetValues("X-Tollgate-Call").Single()).ShouldBe((200, "openai:resp_thinker"));
        (await host.RecordedAsync("thinker")).ShouldBeEmpty("It is recorded when it is over.");
        var (used, held) = await host.StandsAsync("thinker", "llm_cost");
        used.ShouldBe(0);
        held.ShouldBeGreaterThanOrEqualTo(0.01m, "1,000 tokens at $10 for a million.");
        (await host.Project.Database.ScalarAsync<bool>(
            "SELECT h.expires_at > now() + interval '23 hours' FROM holds h JOIN customers c USING (partition, "
                + "account) WHERE c.id = 'thinker' AND h.state = 'open'")).ShouldBeTrue();

        host.Upstream.AnswersWith(Response("resp_thinker", "in_progress"));
        (await GetAsync("/openai/v1/responses/resp_thinker", client)).Status.ShouldBe(200);
        (await host.StandsAsync("thinker", "llm_cost")).Held.ShouldBe(held);

        host.Upstream.AnswersWith(Response("resp_thinker", "completed", Counts(1000, 900)));
        for (var poll = 0; poll < 3; poll++)
        {
            (await GetAsync("/openai/v1/responses/resp_thinker", client)).ShouldBe(
                (200, Response("resp_thinker", "completed", Counts(1000, 900))));
        }

        // 1000 × $2.5 + 900 × $10, each for a million.
        var call = (await host.RecordedAsync("thinker")).ShouldHaveSingleItem();
        (call.GetProperty("id").GetString(), call.GetProperty("cost_usd").GetString(), call.GetProperty("endpoint").GetString())
            .ShouldBe(("openai:resp_thinker", "0.0115", "/v1/responses"));
        (await host.StandsAsync("thinker", "llm_cost")).ShouldBe((0.0115m, 0));
        (await host.StandsAsync("thinker", "openai_calls")).ShouldBe((1, 0));
    }

    [Fact]
    public async Task Work_that_goes_on_is_attributed_as_its_start_said()
    {
        host.Upstream.AnswersWith(Response("resp_for", "queued"));
        using var request = GatewayHost.Request("for", Background, "/gateway/openai/v1/responses");
        request.Headers.Add("X-Tollgate-Attribute-To", "nightly batch");
        ((int)(await host.Project.Http.SendAsync(request)).StatusCode).ShouldBe(200);
        host.Upstream.AnswersWith(Response("resp_for", "completed", Counts(1000, 900)));
        (await GetAsync("/openai/v1/responses/resp_for")).Status.ShouldBe(200);
        (await host.TheCallAsync("for")).GetProperty("attribute_to").GetString().ShouldBe("nightly batch");
    }

    [Fact]
    public async Task Starts_in_the_background_pass_no_budget()
    {
        var started = 0;
        host.Upstream.Answer = (context, _) =>
        {
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync(Response($"resp_many_{Interlocked.Increment(ref started)}", "queued"));
        };
        using var client = await TokenAsync("many");
        var ask = Background.Replace("1000", "30000", StringComparison.Ordinal);
        List<int> statuses = [];
        for (var i = 0; i < 5; i++)
        {
            using var answer = await client.PostAsync("/gateway/openai/v1/responses", MeteringHost.Text(ask));
            statuses.Add((int)answer.StatusCode);
        }

        statuses.ShouldBe([200, 200, 200, 402, 402], "30 cents each of one dollar.");
    }

    [Fact]
    public async Task The_customer_who_started_the_work_pays_for_it_and_failed_work_costs_nothing()
    {
        host.Upstream.AnswersWith(Response("resp_server", "queued"));
        (await host.CallAsync("owner", Background, "/gateway/openai/v1/responses", feature: "chat")).Status.ShouldBe(200);
        (await host.StandsAsync("owner", "chat")).ShouldBe((0, 1));
        host.Upstream.AnswersWith(Response("resp_server", "completed", Counts(10, 10)));
        (await GetAsync("/openai/v1/responses/resp_server")).Status.ShouldBe(200);
        (await host.RecordedAsync("owner")).ShouldHaveSingleItem().GetProperty("output_tokens").GetInt64().ShouldBe(10);
        (await host.StandsAsync("owner", "chat")).ShouldBe((1, 0));

        host.Upstream.AnswersWith(Response("resp_failed", "queued"));
        await host.CallAsync("unlucky", Background, "/gateway/openai/v1/responses");
        host.Upstream.AnswersWith(Response("resp_failed", "cancelled"));
        using var cancelled = await host.Project.Http.PostAsync("/gateway/openai/v1/responses/resp_failed/cancel", null);
        ((int)cancelled.StatusCode).ShouldBe(200);
        var call = (await host.RecordedAsync("unlucky")).ShouldHaveSingleItem();
        (call.GetProperty("cost_usd").GetString(),
            call.GetProperty("error").GetString()).ShouldBe(("0", "The work was stopped before it used anything."));
        (await host.StandsAsync("unlucky", "llm_cost")).ShouldBe((0, 0));
        (await host.StandsAsync("unlucky", "openai_calls")).ShouldBe((0, 0));
    }

    [Fact]
    public async Task A_customer_reads_and_continues_its_own_answers_only()
    {
        using var ann = await TokenAsync("ann");
        using var bob = await TokenAsync("bob");
        host.Upstream.AnswersWith(Response("resp_ann", "completed", Counts(5, 5)));
        const string Ask = """{"model":"house","input":"x","max_output_tokens":10}""";
        const string Next = """{"model":"house","input":"x","max_output_tokens":10,"previous_response_id":"resp_ann"}""";
        using var made = await ann.PostAsync("/gateway/openai/v1/responses", MeteringHost.Text(Ask));
        ((int)made.StatusCode).ShouldBe(200);
        (await GetAsync("/openai/v1/responses/resp_ann", ann)).Status.ShouldBe(200);
        (await host.RecordedAsync("ann")).Count.ShouldBe(1, "Reading an answer back is no call.");
        using var continued = await ann.PostAsync("/gateway/openai/v1/responses", MeteringHost.Text(Next));
        ((int)continued.StatusCode).ShouldBe(200);

        var before = host.Upstream.Calls.Count;
        foreach (var path in (string[])["resp_ann", "resp_ann/input_items", "resp_unknown", "resp%5Fann"])
        {
            var (status, body) = await GetAsync("/openai/v1/responses/" + path, bob);
            status.ShouldBe(403, path);
            JsonElement.Parse(body).GetProperty("error").GetProperty("code").GetString().ShouldBe("path_not_forwarded");
        }

        foreach (var body in (string[])[Next, """{"model":"house","input":"x","conversation":"conv_1"}""",
            """{"model":"house","input":[{"role":"user","content":[{"type":"input_file","file_id":"file-1"}]}]}""",
            """{"model":"house","previous_response_id":"a\u0000b"}"""])
        {
            using var refused = await bob.PostAsync("/gateway/openai/v1/responses", MeteringHost.Text(body));
            ((int)refused.StatusCode).ShouldBe(403, body);
        }

        using var free = await bob.PostAsync("/gateway/openai/v1/models", MeteringHost.Text("{}"));
        ((int)free.StatusCode, host.Upstream.Calls.Count).ShouldBe((403, before));
        (await host.CallAsync("bob", Next, "/gateway/openai/v1/responses")).Status.ShouldBe(200, "A secret key may do all of it.");
    }

    [Fact]
    public async Task A_crawl_holds_its_pages_and_is_settled_for_whoever_started_it()
    {
        await PricePagesAsync();
        using var ann = await TokenAsync("crawls");
        using var bob = await TokenAsync("looks");
        host.Upstream.AnswersWith("""{"success":true,"id":"crawl-1","url":"https://api.firecrawl.dev/v1/crawl/crawl-1"}""");
        using var started = await ann.PostAsync("/gateway/firecrawl/v1/crawl", MeteringHost.Text(Crawl));
        ((int)started.StatusCode).ShouldBe(200);
        (await host.StandsAsync("crawls", "llm_cost")).ShouldBe((0, 0.2m), "100 pages of $0.002.");
        (await host.RecordedAsync("crawls")).ShouldBeEmpty();
        using var large = await ann.PostAsync("/gateway/firecrawl/v1/crawl", MeteringHost.Text("""{"url":"https://example.org"}"""));
        ((int)large.StatusCode).ShouldBe(402, "10,000 pages when it names no limit.");

        var before = host.Upstream.Calls.Count;
        foreach (var path in (string[])["crawl/crawl-1", "crawl/active", "crawl/ongoing", "crawl/unknown", "crawl/crawl-1/errors"])
        {
            (await GetAsync("/firecrawl/v1/" + path, bob)).Status.ShouldBe(403, path);
        }

        using var calling = await ann.PostAsync(
            "/gateway/firecrawl/v1/crawl",
            MeteringHost.Text("""{"url":"https://example.org","limit":1,"webhook":"https://example.org/w"}"""));
        ((int)calling.StatusCode, host.Upstream.Calls.Count).ShouldBe((403, before));

        host.Upstream.AnswersWith("""{"status":"completed","completed":40,"creditsUsed":40,"data":[]}""");
        using var poll = new HttpRequestMessage(HttpMethod.Get, "/gateway/firecrawl/v1/crawl/crawl-1")
        {
            Headers = { { "X-Tollgate-Customer", "looks" } },
        };
        using var polled = await host.Project.Http.SendAsync(poll);
        polled.Headers.GetValues("X-Tollgate-Cost").ShouldBe(["0.08"]);
        (await GetAsync("/firecrawl/v1/crawl/crawl-1", ann)).Status.ShouldBe(200);
        (await host.RecordedAsync("crawls")).ShouldHaveSingleItem().GetProperty("cost_usd").GetString().ShouldBe("0.08");
        (await host.StandsAsync("crawls", "llm_cost")).ShouldBe((0.08m, 0));
        (await host.RecordedAsync("looks")).ShouldBeEmpty();
        (await host.Project.GetAsync("/v1/unpriced-models")).Body.ToString().ShouldNotContain("firecrawl");
    }

    [Fact]
    public async Task A_crawl_that_is_stopped_costs_what_it_says_and_one_that_read_nothing_raises_no_alarm()
    {
        await PricePagesAsync();
        foreach (var (id, answer, cost) in ((string, string, string)[])
            [("stop-1", """{"status":"cancelled","creditsUsed":7}""", "0.014"), ("stop-2", """{"status":"cancelled"}""", "0"),
                ("stop-3", """{"status":"completed","completed":0,"creditsUsed":0}""", "0")])
        {
            host.Upstream.AnswersWith($$"""{"success":true,"id":"{{id}}"}""");
            (await host.CallAsync(id, """{"urls":["https://e.com/1"]}""", "/gateway/firecrawl/v1/batch/scrape")).Status.ShouldBe(200);
            host.Upstream.AnswersWith(answer);
            await GetAsync("/firecrawl/v1/batch/scrape/" + id);
            (await host.RecordedAsync(id)).ShouldHaveSingleItem().GetProperty("cost_usd").GetString().ShouldBe(cost, id);
            (await host.StandsAsync(id, "llm_cost")).Held.ShouldBe(0, id);
        }

        (await host.Project.GetAsync("/v1/unpriced-models")).Body.ToString().ShouldNotContain("firecrawl");
    }

    [Fact]
    public async Task A_start_that_fails_is_recorded_at_once_and_holds_nothing()
    {
        await PricePagesAsync();
        host.Upstream.AnswersWith("""{"success":false,"error":"no credits"}""", 402);
        (await host.CallAsync("refused", Crawl, "/gateway/firecrawl/v1/crawl")).Status.ShouldBe(402);
        (await host.RecordedAsync("refused")).ShouldHaveSingleItem().GetProperty("status").GetInt32().ShouldBe(402);
        (await host.StandsAsync("refused", "llm_cost")).ShouldBe((0, 0));
    }

    [Fact]
    public async Task A_chat_of_Perplexity_that_nobody_waits_for_costs_what_it_says_at_its_end()
    {
        await host.SetUpstreamAsync("perplexity", host.Upstream.Url);
        await host.Project.PostAsync(
            "/v1/model-prices",
            """{"provider":"perplexity","model":"sonar-house","valid_from":"2020-01-01T00:00:00Z","prices":{"input":"1","output":"10"}}""");
        host.Upstream.AnswersWith("""{"id":"px-1","model":"sonar-house","status":"CREATED","response":null}""");
        (await host.CallAsync(
            "asker", """{"request":{"model":"sonar-house","max_tokens":1000,"messages":[{"role":"user","content":"x"}]}}""",
            "/gateway/perplexity/async/chat/completions")).Status.ShouldBe(200);
        (await host.StandsAsync("asker", "llm_cost")).Held.ShouldBeGreaterThanOrEqualTo(0.01m);
        host.Upstream.AnswersWith(
            """{"id":"px-1","model":"sonar-house","status":"COMPLETED","response":{"id":"r","model":"sonar-house","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"y"}}],"usage":{"prompt_tokens":100,"completion_tokens":200,"total_tokens":300}}}""");
        await GetAsync("/perplexity/async/chat/completions/px-1");
        (await host.RecordedAsync("asker")).ShouldHaveSingleItem().GetProperty("cost_usd").GetString().ShouldBe("0.0021");
        (await host.StandsAsync("asker", "llm_cost")).ShouldBe((0.0021m, 0));
    }

    [Fact]
    public async Task The_stream_of_a_response_in_the_background_that_is_left_is_settled_by_the_next_poll()
    {
        using var client = await TokenAsync("leaver");
        var created = $$"""data: {"type":"response.created","response":{{Response("resp_left", "in_progress")}}}""" + "\n\n";
        var completed = $$"""data: {"type":"response.completed","response":{{Response("resp_left", "completed", Counts(100, 200))}}}"""
            + "\n\n";
        var givenUp = host.Upstream.Streams(
            [created, """data: {"type":"response.output_text.delta","delta":"Hello"}""" + "\n\n"], hangsAfter: 1);
        using (var leave = new CancellationTokenSource())
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/gateway/openai/v1/responses")
            {
                Content = MeteringHost.Text(
                    Background.Replace("\"background\"", "\"stream\":true,\"background\"", StringComparison.Ordinal)),
            };
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leave.Token);
            await using var body = await answer.Content.ReadAsStreamAsync(leave.Token);
            using var reader = new StreamReader(body);
            (await reader.ReadLineAsync(leave.Token)).ShouldNotBeNull();
            await leave.CancelAsync();
        }

        await givenUp.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        await EventuallyAsync("SELECT EXISTS (SELECT FROM gateway_jobs WHERE id = 'resp_left')");
        (await host.RecordedAsync("leaver")).ShouldBeEmpty("It goes on.");

        _ = host.Upstream.Streams([completed]);
        (await GetAsync("/openai/v1/responses/resp_left?stream=true", client)).ShouldBe((200, completed));
        (await host.TheCallAsync("leaver")).GetProperty("cost_usd").GetString().ShouldBe("0.00225");
        (await host.StandsAsync("leaver", "llm_cost")).ShouldBe((0.00225m, 0));
    }

    [Fact]
    public async Task Work_that_nobody_asks_for_is_asked_for_also_when_its_hold_has_expired()
    {
        await PricePagesAsync();
        host.Upstream.AnswersWith("""{"success":true,"id":"forgotten"}""");
        (await host.CallAsync("forgetful", Crawl, "/gateway/firecrawl/v2/crawl?x=1")).Status.ShouldBe(200);
        await host.Project.Database.ExecuteAsync("UPDATE holds SET expires_at = now() - interval '1 minute' WHERE state = 'open'");
        await host.Project.Database.ExecuteAsync(
            "UPDATE gateway_jobs SET next_look_at = now() - interval '1 minute' WHERE id = 'forgotten'");
        host.Upstream.AnswersWith("""{"status":"completed","completed":3,"creditsUsed":3}""");
        await EventuallyAsync("SELECT settled_at IS NOT NULL FROM gateway_jobs WHERE id = 'forgotten'");
        var seen = host.Upstream.Calls.Last(call => call.Method == "GET");
        (seen.Method, seen.Target,
            seen.Headers["Authorization"]).ShouldBe(("GET", "/v2/crawl/forgotten?x=1", "Bearer " + GatewayHost.UpstreamKey));
        (await host.RecordedAsync("forgetful")).ShouldHaveSingleItem().GetProperty("cost_usd").GetString().ShouldBe("0.006");
        (await host.StandsAsync("forgetful", "llm_cost")).ShouldBe((0.006m, 0));
    }

    [Theory]
    [InlineData("/v0/crawl", "/v0/crawl/status/old-job")]
    [InlineData("/v1/crawl", "/v1/crawl/old-job")]
    public async Task The_polling_path_of_a_crawl_depends_on_its_version(string start, string status)
    {
        await PricePagesAsync();
        host.Upstream.AnswersWith("""{"jobId":"old-job","id":"old-job","success":true}""");
        await host.Project.Database.ExecuteAsync("DELETE FROM gateway_jobs WHERE id = 'old-job'");
        (await host.CallAsync("versions", Crawl, "/gateway/firecrawl" + start)).Status.ShouldBe(200);
        (await host.Project.Database.ScalarAsync<string>("SELECT ask_at FROM gateway_jobs WHERE id = 'old-job'")).ShouldBe(status);
    }
}
