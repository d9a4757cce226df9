using System.Globalization;
using System.Text;
using System.Text.Json;
using Tollgate.Server.Tests.Metering;

namespace Tollgate.Server.Tests.Llm;

/// <summary>Calls as lines of JSON, and calls without reported usage.</summary>
public sealed class CallStreamTests(SharedMeteringHost host) : IClassFixture<SharedMeteringHost>
{
    private async Task<JsonElement> StreamAsync(string lines, string type = "application/x-ndjson")
    {
        var (status, body) = await host.PostAsync("/v1/llm-calls", lines, type);
        status.ShouldBe(200, body.ToString());
        return body;
    }

    private async Task SetPriceAsync(string model)
    {
        var (status, body) = await host.PostAsync("/v1/model-prices",
            "{\"provider\":\"openai\",\"model\":\"" + model + "\",\"prices\":{\"input\":\"1\",\"output\":\"2\"}}");
        status.ShouldBe(201, body.ToString());
    }

    [Fact]
    public async Task A_stream_records_each_good_line_once_and_names_the_others()
    {
        await SetPriceAsync("lines-1");
        var lines = new StringBuilder();
        for (var i = 0; i < 2_500; i++)
        {
            lines.Append(CultureInfo.InvariantCulture, $$"""{"id":"n-{{i}}","customer":"lines","model":"lines-1","input_tokens":10}""")
                .Append('\n');
        }

        // 2500 to 2504: no JSON, a negative count, nothing, an unknown price, the first again; the last one without an end of line.
        lines.Append(
            "{\"id\":\n{\"id\":\"bad\",\"customer\":\"lines\",\"model\":\"lines-1\",\"input_tokens\":-1}\n\n{\"id\":\"odd\",\"customer\":\"lines\",\"model\":\"riddle-x\",\"input_tokens\":1}\n");
        lines.Append("""{"id":"n-0","customer":"lines","model":"lines-1","input_tokens":10}""");

        var body = await StreamAsync(lines.ToString());

        (Number(body, "accepted"), Number(body, "replayed"), Number(body, "unpriced"), Number(body, "rejected_count"),
            body.GetProperty("cost_usd").GetString())
            .ShouldBe((2_501, 1, 1, 2, "0.025"), body.ToString());
        body.GetProperty("rejected").EnumerateArray()
            .Select(one => $"{one.GetProperty("index")} {one.GetProperty("id")} {one.GetProperty("code")}")
            .ShouldBe(["2500  malformed_json", "2501 bad validation_failed"]);
        (await host.UsedAsync("lines", "tokens")).ShouldBe(25_001m);
        Number(await StreamAsync(lines.ToString(), "application/jsonl"), "replayed").ShouldBe(2_502);
    }

    [Theory]
    [InlineData("application/x-ndjson")]
    [InlineData("application/json")]
    public async Task A_call_with_half_of_a_surrogate_pair_is_refused_and_the_others_are_recorded(string type)
    {
        string[] broken = [
            """{"\ud800":1}""", """{"id":"\ud800","customer":"half"}""",
            """{"customer":"half","model":"m","raw_response":{"\udfff":"\ud800"}}"""];
        var calls = Enumerable.Range(0, 10)
            .Select(i => i is 2 or 5 or 8 ? broken[i / 3] : $$"""{"id":"{{type}}-{{i}}","customer":"half","model":"m"}""");
        var body = await StreamAsync(type == "application/json" ? $"[{string.Join(',', calls)}]" : string.Join('\n', calls), type);
        (Number(body, "accepted"), Number(body, "rejected_count")).ShouldBe((7, 3), body.ToString());
        body.GetProperty("rejected").EnumerateArray().Select(one => $"{one.GetProperty("index")} {one.GetProperty("code")}")
            .ShouldBe(["2 malformed_json", "5 malformed_json", "8 malformed_json"]);
    }

    [Fact]
    public async Task A_line_that_is_too_long_is_refused_and_the_next_one_recorded()
    {
        var body = await StreamAsync(
            "{\"id\":\"long\",\"customer\":\"long\",\"model\":\"m\",\"error\":\"" + new string('x', 1_100_000)
                + "\"}\n{\"id\":\"short\",\"customer\":\"long\",\"model\":\"m\"}");

        (Number(body, "accepted"), body.GetProperty("rejected")[0].GetProperty("code").GetString()).ShouldBe((1, "payload_too_large"));
    }

    [Fact]
    public async Task Lines_without_ids_are_retried_safely_under_the_header()
    {
        const string Lines = "{\"customer\":\"headed\",\"model\":\"m\"}\n{\"customer\":\"headed\",\"model\":\"m\"}\n";
        foreach (var expected in new[] { (2, 0), (0, 2) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/llm-calls")
            {
                Content = MeteringHost.Text(Lines, "application/x-ndjson"),
            };
            request.Headers.Add("Idempotency-Key", "batch-7");
            using var answer = await host.Http.SendAsync(request);
            var body = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
            (Number(body, "accepted"), Number(body, "replayed")).ShouldBe(expected, body.ToString());
        }
    }

    [Fact]
    public async Task Calls_of_another_media_type_are_refused() =>
        (await host.PostAsync("/v1/llm-calls", "{}", "text/plain")).Status.ShouldBe(415);

    [Fact]
    public async Task A_call_whose_answer_reports_nothing_is_estimated_from_its_texts()
    {
        await SetPriceAsync("guess-1");
        const string Call =
            """
            {"id":"guess","customer":"guessed","provider":"openai",
             "raw_request":{"model":"guess-1","messages":[{"role":"user","content":"What is the capital of Egypt, and how many people live there?"}]},
             "raw_response":{"id":"chat-9","model":"guess-1","choices":[{"finish_reason":"stop","message":{"role":"assistant","content":"The capital of Egypt is Cairo."}}]}}
            """;
        var (status, body) = await host.PostAsync("/v1/llm-calls", Call);
        (status, body.GetProperty("priced").GetBoolean()).ShouldBe((200, true), body.ToString());

        var call = (await host.GetAsync("/v1/llm-calls?customer=guessed")).Body.GetProperty("data")[0];
        call.GetProperty("estimated").GetBoolean().ShouldBeTrue();
        call.GetProperty("input_tokens").GetInt64().ShouldBeInRange(20, 40);
        call.GetProperty("output_tokens").GetInt64().ShouldBeInRange(5, 10);
    }

    [Fact]
    public async Task A_broken_stream_keeps_the_input_that_it_reported()
    {
        const string Events =
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"claude-guess\",\"usage\":{\"input_tokens\":321,\"output_tokens\":1}}}\n\n"
            + "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"The capital of Egypt is Cairo, a city of ten million people.\"}}\n\n";
        var (status, body) = await host.PostAsync("/v1/llm-calls",
            "{\"customer\":\"broken\",\"provider\":\"anthropic\",\"raw_response\":" + JsonSerializer.Serialize(Events) + "}");
        status.ShouldBe(200, body.ToString());

        var call = (await host.GetAsync("/v1/llm-calls?customer=broken")).Body.GetProperty("data")[0];
        (call.GetProperty("estimated").GetBoolean(), call.GetProperty("input_tokens").GetInt64()).ShouldBe((true, 321));
        call.GetProperty("output_tokens").GetInt64().ShouldBeInRange(10, 30);
    }

    [Theory]
    [InlineData("""{"customer":"c","raw_response":{"model":"m","choices":[{"message":{"content":"Cairo"}}]}}""", "raw_response")]
    [InlineData(
        """{"customer":"c","raw_request":"no","raw_response":{"model":"m","choices":[{"message":{"content":"Cairo"}}]}}""", "raw_request")]
    [InlineData("""{"customer":"c","model":"m","raw_request":{},"raw_response":{"choices":[]}}""", "raw_response")]
    [InlineData("""{"customer":"c","model":"m","input_tokens":5,"raw_request":{"messages":[]}}""", "raw_request")]
    public async Task Nothing_is_estimated_of_which_a_side_is_not_known(string call, string field)
    {
        var (status, problem) = await host.PostAsync("/v1/llm-calls", call);
        (status, problem.GetProperty("errors")[0].GetProperty("param").GetString()).ShouldBe((422, field), problem.ToString());
    }

    private static long Number(JsonElement body, string name) => body.GetProperty(name).GetInt64();
}
