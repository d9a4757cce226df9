using System.Text;
using Tollgate.Core.Llm;
using Tollgate.Core.Llm.Requests;
using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Core.Tests.Llm;

/// <summary>The state of background work in answers, and the usage that its start may cause.</summary>
public sealed class WorkStateTests
{
    private const string Usage = """{"input_tokens":10,"output_tokens":20,"total_tokens":30}""";

    [Theory]
    [InlineData(
        "openai", "/v1/responses", """{"id":"resp_1","object":"response","status":"queued","background":true,"store":true,"usage":null}""",
        WorkState.Going, "resp_1")]
    [InlineData(
        "openai", "/v1/responses/resp_1", """{"id":"resp_1","object":"response","status":"in_progress"}""", WorkState.Going, "resp_1")]
    [InlineData(
        "openai", "/v1/responses/resp_1", $$"""{"id":"resp_1","object":"response","status":"completed","usage":{{Usage}}}""",
        WorkState.Done, "resp_1")]
    [InlineData(
        "openai", "/v1/responses/resp_1", $$"""{"id":"resp_1","object":"response","status":"incomplete","usage":{{Usage}}}""",
        WorkState.Done, "resp_1")]
    [InlineData(
        "openai", "/v1/responses/resp_1", """{"id":"resp_1","object":"response","status":"cancelled","usage":null}""", WorkState.Stopped,
        "resp_1")]
    [InlineData(
        "openai", "/v1/responses/resp_1", """{"id":"resp_1","object":"response","status":"failed","error":{"message":"no"}}""",
        WorkState.Stopped, "resp_1")]
    [InlineData("openai", "/v1/responses/resp_1", """{"id":"resp_1","deleted":true}""", WorkState.Unsaid, "resp_1")]
    [InlineData("firecrawl", "/v1/crawl", """{"success":true,"id":"c1","url":"https://e.com/c1"}""", WorkState.Going, "c1")]
    [InlineData("firecrawl", "/v0/crawl", """{"jobId":"c1"}""", WorkState.Going, "c1")]
    [InlineData("firecrawl", "/v1/crawl/c1", """{"status":"scraping","completed":3,"creditsUsed":3}""", WorkState.Going, "c1")]
    [InlineData("firecrawl", "/v1/crawl/c1", """{"status":"completed","creditsUsed":3}""", WorkState.Done, "c1")]
    [InlineData("firecrawl", "/v1/crawl/c1", """{"status":"cancelled"}""", WorkState.Stopped, "c1")]
    [InlineData("firecrawl", "/v1/crawl", """{"success":false,"error":"no credits"}""", WorkState.Unsaid, null)]
    [InlineData(
        "perplexity", "/async/chat/completions", """{"id":"p1","model":"sonar","status":"CREATED","response":null}""", WorkState.Going,
        "p1")]
    [InlineData(
        "perplexity", "/async/chat/completions/p1", """{"id":"p1","status":"FAILED","error_message":"x"}""", WorkState.Stopped, "p1")]
    [InlineData("perplexity", "/async/chat/completions/p1",
        """{"id":"p1","status":"COMPLETED","response":{"id":"r","usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}}""",
        WorkState.Done, "p1")]
    [InlineData("openai", "/v1/chat/completions", """{"id":"c","choices":[],"usage":{"prompt_tokens":1}}""", WorkState.Unsaid, "c")]
    public void An_answer_says_where_the_work_stands(string provider, string path, string answer, WorkState state, string? id)
    {
        var report = UsageReader.Read(LlmRoutes.OfProvider(provider, path), Encoding.UTF8.GetBytes(answer));
        (report.Work, report.ResponseId).ShouldBe((state, id));
    }

    [Theory]
    [InlineData("""{"id":"r","object":"response","status":"completed","store":false}""", false)]
    [InlineData("""{"id":"r","object":"response","status":"completed","store":true}""", true)]
    [InlineData("""{"id":"r","object":"response","status":"completed"}""", true)]
    [InlineData("""{"id":"r","object":"response.compaction"}""", false)]
    public void An_answer_is_kept_unless_it_says_otherwise(string answer, bool isKept) =>
        UsageReader.Read(LlmRoutes.OfProvider("openai", "/v1/responses"), Encoding.UTF8.GetBytes(answer)).IsKept.ShouldBe(isKept);

    [Theory]
    [InlineData(true, WorkState.Going)]
    [InlineData(false, WorkState.Unsaid)]
    public void Only_a_stream_of_the_background_goes_on_when_it_is_cut(bool isBackground, WorkState state)
    {
        var stream = new UsageStream(LlmRoutes.OfProvider("openai", "/v1/responses"));
        stream.Feed(Encoding.UTF8.GetBytes(
            "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"in_progress\",\"model\":\"m\","
            + $"\"background\":{(isBackground ? "true" : "false")},\"store\":true}}}}\n\n"));
        var report = stream.Finish();
        (report.Work, report.IsKept, report.ResponseId).ShouldBe((state, true, "resp_1"));
    }

    [Theory]
    [InlineData("/v1/crawl", """{"url":"https://e.com","limit":200}""", 200)]
    [InlineData("/v1/crawl", """{"url":"https://e.com"}""", 10_000)]
    [InlineData("/v1/batch/scrape", """{"urls":["https://e.com/1","https://e.com/2"]}""", 2)]
    public void The_start_of_a_crawl_may_read_as_many_pages_as_it_names(string path, string ask, long pages)
    {
        var route = LlmRoutes.OfProvider("firecrawl", path);
        UsageEstimate.Before(route, RequestReader.Read(route, Encoding.UTF8.GetBytes(ask), null)!, 0)[LlmUnit.Page].Value.ShouldBe(pages);
    }

    [Fact]
    public void A_start_that_used_nothing_counts_no_request() =>
        UsageReader.Read(LlmRoutes.OfProvider("firecrawl", "/v1/crawl"), """{"success":true,"id":"c1"}"""u8).Usage.ShouldBe(LlmUsage.None);

    [Theory]
    [InlineData(
        """{"request":{"model":"sonar-deep-research","max_tokens":500,"messages":[{"role":"user","content":"x"}]},"idempotency_key":"k"}""",
        "sonar-deep-research", 500L)]
    [InlineData("""{"model":"sonar"}""", "sonar", null)]
    public void The_request_inside_is_what_is_asked(string body, string model, long? most)
    {
        var ask = RequestReader.Read(LlmRoutes.OfProvider("perplexity", "/async/chat/completions"), Encoding.UTF8.GetBytes(body), null)
            .ShouldNotBeNull();
        (ask.Model, ask.MaxOutputTokens).ShouldBe((model, most));
    }

    [Theory]
    [InlineData("""{"request":{"model":"a"},"request":{"model":"b"}}""")]
    [InlineData("""{"request":"x","request":{"model":"b"}}""")]
    [InlineData("""{"request":"x"}""")]
    public void A_request_that_is_there_twice_or_is_none_is_not_read(string body) =>
        RequestReader.Read(LlmRoutes.OfProvider("perplexity", "/async/chat/completions"), Encoding.UTF8.GetBytes(body), null)
            .ShouldBeNull();
}
