using Tollgate.Core.Gateway;
using Tollgate.Core.Llm.Requests;
using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Core.Tests.Gateway;

/// <summary>The routes that a customer may call in its own name, and those that are metered.</summary>
public sealed class GatewayRulesTests
{
    [Theory]
    [InlineData("openai", "POST", "/v1/chat/completions", true, true)]
    [InlineData("openai", "POST", "/v1/responses", true, true)]
    [InlineData("openai", "POST", "/v1/moderations", true, false)]
    [InlineData("openai", "GET", "/v1/models", true, false)]
    [InlineData("openai", "GET", "/v1/responses/resp_1", true, false)]
    [InlineData("openai", "GET", "/v1/responses/resp_1/input_items", true, false)]
    [InlineData("openai", "GET", "/v1/responses/resp_1/anything", false, false)]
    [InlineData("openai", "GET", "/v1/responses", false, false)]
    [InlineData("openai", "GET", "/v1/responses/", false, false)]
    [InlineData("openai", "DELETE", "/v1/responses/resp_1", false, false)]
    [InlineData("openai", "POST", "/v1/responses/resp_1/cancel", true, false)]
    [InlineData("openai", "POST", "/v1/responses/resp_1", false, false)]
    [InlineData("openai", "POST", "/v1/responses/input_tokens", true, false)]
    [InlineData("openai", "POST", "/v1/responses/compact", true, true)]
    [InlineData("azure", "GET", "/openai/v1/responses/resp_1", true, false)]
    [InlineData("together_ai", "POST", "/v1/models", false, false)]
    [InlineData("openai", "POST", "/v1/x/%2e/models", false, false)]
    [InlineData("perplexity", "POST", "/async/chat/completions", true, true)]
    [InlineData("perplexity", "GET", "/async/chat/completions", false, false)]
    [InlineData("perplexity", "GET", "/async/chat/completions/1-2", true, false)]
    [InlineData("perplexity", "GET", "/v1/async/sonar/1-2", true, false)]
    [InlineData("firecrawl", "POST", "/v1/crawl", true, true)]
    [InlineData("firecrawl", "POST", "/v2/batch/scrape", true, true)]
    [InlineData("firecrawl", "GET", "/v1/crawl/active", false, false)]
    [InlineData("firecrawl", "GET", "/v1/crawl/%61ctive", false, false)]
    [InlineData("firecrawl", "GET", "/v1/crawl/ongoing", false, false)]
    [InlineData("firecrawl", "GET", "/v1/batch/scrape/errors", false, false)]
    [InlineData("firecrawl", "GET", "/v1/crawl/123/errors", true, false)]
    [InlineData("firecrawl", "POST", "/v2/crawl/params-preview", false, true)]
    [InlineData("firecrawl", "DELETE", "/v1/crawl/123", false, false)]
    [InlineData("openai", "GET", "/v1/chat/completions", false, false)]
    [InlineData("openai", "DELETE", "/v1/chat/completions/1", false, false)]
    [InlineData("openai", "POST", "/v1/files", false, false)]
    [InlineData("openai", "GET", "/v1/files", false, false)]
    [InlineData("openai", "GET", "/v1/files/models", false, false)]
    [InlineData("openai", "GET", "/v1/%66iles/x/models", false, false)]
    [InlineData("openai", "GET", "/v1/files/file-1/content", false, false)]
    [InlineData("openai", "DELETE", "/v1/models/ft", false, false)]
    [InlineData("openai", "POST", "/v1/batches", false, false)]
    [InlineData("openai", "POST", "/v1/vector_stores/vs_1/search", false, false)]
    [InlineData("openai", "POST", "/v1/something_new", false, true)]
    [InlineData("openai", "POST", "/v1/conversations", false, false)]
    [InlineData("mistral", "POST", "/v1/conversations", false, true)]
    [InlineData("openai", "PUT", "/v1/anything", false, false)]
    [InlineData("anthropic", "POST", "/v1/messages", true, true)]
    [InlineData("anthropic", "POST", "/v1/messages/count_tokens", true, false)]
    [InlineData("gemini", "POST", "/v1beta/models/gemini-2.5-flash:generateContent", true, true)]
    [InlineData("gemini", "POST", "/v1beta/models/gemini-2.5-flash:countTokens", true, false)]
    [InlineData("firecrawl", "GET", "/v1/crawl/123", true, false)]
    [InlineData("tavily", "POST", "/search", true, true)]
    public void The_requests_that_each_caller_may_make(string provider, string method, string path, bool forCustomers, bool metered)
    {
        var route = LlmRoutes.OfProvider(provider, path);
        (GatewayRules.IsForCustomers(route, method, path), GatewayRules.IsMetered(route, method, path)).ShouldBe((forCustomers, metered));
    }

    [Theory]
    [InlineData("openai", "/v1/chat/completions", "o3-mini", true)]
    [InlineData("openrouter", "/api/v1/chat/completions", "openai/gpt-5.1", true)]
    [InlineData("openai", "/v1/responses", "gpt-5", true)]
    [InlineData("xai", "/v1/chat/completions", "grok-4", true)]
    [InlineData("openai", "/v1/chat/completions", "gpt-4o", false)]
    [InlineData("azure", "/openai/deployments/prod-chat/chat/completions", null, true)]
    [InlineData("anthropic", "/v1/messages", "claude-opus-4-1", false)]
    public void The_models_with_hidden_reasoning(string provider, string path, string? model, bool hides) =>
        GatewayRules.HidesThought(LlmRoutes.OfProvider(provider, path), new LlmRequest { Model = model }).ShouldBe(hides);

    [Theory]
    [InlineData("stability", "/v2beta/stable-image/generate/sd3", "sd3.5-medium", "sd3.5-medium")]
    [InlineData("stability", "/v2beta/stable-image/generate/core", null, "core")]
    [InlineData("stability", "/v2beta/stable-image/generate/ultra", "sd3.5-medium", "ultra")]
    [InlineData("azure", "/openai/deployments/my-own/chat/completions", "gpt-4o-mini", "my-own")]
    [InlineData("gemini", "/v1beta/models/gemini-2.5-flash:generateContent", "other", "gemini-2.5-flash")]
    public void The_model_that_prices_a_call_before_its_answer(string provider, string path, string? inBody, string name) =>
        GatewayRules.NameOf(LlmRoutes.OfProvider(provider, path), new LlmRequest { Model = inBody }, path).ShouldBe(name);

    [Theory]
    [InlineData("/v1/crawl/123", "123", null)]
    [InlineData("/v0/crawl/status/12%2D3", "12-3", null)]
    [InlineData("/v1/batch/scrape/123/errors", "123", "errors")]
    [InlineData("/v1/crawl", null, null)]
    [InlineData("/v1/crawl/active/", null, null)]
    public void A_job_is_what_stands_behind_its_start(string path, string? job, string? part)
    {
        var route = LlmRoutes.OfProvider("firecrawl", path);
        (route.Job, route.JobPart).ShouldBe((job, part));
    }

    [Theory]
    [InlineData("""{"model":"m","input":"x"}""", null)]
    [InlineData("""{"previous_response_id":null,"conversation":null,"prompt":"Tell me of file_id","tools":[]}""", null)]
    [InlineData("""{"previous_response_id":"mine"}""", null)]
    [InlineData("""{"previous_response_id":"mine","previous_response_id":"other"}""", "previous_response_id")]
    [InlineData("""{"previous_response_id":"mine","previous_response_id":"mine"}""", "previous_response_id")]
    [InlineData("""{"previous\u005fresponse_id":"other"}""", "previous_response_id")]
    [InlineData("""{"instances":[{"prompt":"x"}],"parameters":{"storageUri":"gs://bucket/any"}}""", "storageUri")]
    [InlineData("""{"messages":[{"content":[{"toolResult":{"content":[{"json":{"document_id":"1"}}]}}]}]}""", null)]
    [InlineData("""{"previous_response_id":{"id":"x"}}""", "previous_response_id")]
    [InlineData("""{"conversation":"conv_1"}""", "conversation")]
    [InlineData("""{"conversation":{"id":"conv_1"}}""", "conversation")]
    [InlineData("""{"prompt":{"id":"pmpt_1","version":"2"}}""", "prompt.id or container.id")]
    [InlineData("""{"prompt":[{"id":"x"}]}""", null)]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"file-1"}}]}]}""", "file_id")]
    [InlineData("""{"input":[{"type":"item_reference","id":"msg_1"}]}""", "item_reference")]
    [InlineData("""{"input":[{"type":"message","id":"msg_1","role":"assistant","content":[]}]}""", null)]
    [InlineData("""{"tools":[{"type":"file_search","vector_store_ids":["vs_1"]}]}""", "vector_store_ids")]
    [InlineData("""{"tools":[{"type":"code_interpreter","container":{"type":"auto","file_ids":[]}}]}""", null)]
    [InlineData("""{"tools":[{"type":"code_interpreter","container":{"type":"auto","file_ids":["file-1"]}}]}""", "file_ids")]
    [InlineData("""{"tools":[{"type":"code_interpreter","container":"cntr_1"}]}""", "container")]
    [InlineData("""{"container":{"id":"c_1"},"messages":[{"id":"x"}]}""", "prompt.id or container.id")]
    [InlineData("""{"tools":[{"container":{"id":"c_1"}}]}""", "container.id")]
    [InlineData("""{"tools":[{"container":{"type":"auto"}}],"input":[[{"x":{"id":"1"}}],{"id":"2"}]}""", null)]
    [InlineData("""{"cachedContent":"cachedContents/1"}""", "cachedContent")]
    [InlineData("""{"cached_content":"cachedContents/1"}""", "cached_content")]
    [InlineData(
        """{"contents":[{"parts":[{"fileData":{"fileUri":"https://generativelanguage.googleapis.com/v1beta/files/1"}}]}]}""", "fileUri")]
    [InlineData("""{"contents":[{"parts":[{"file_data":{"file_uri":"gs://bucket/x"}}]}]}""", "file_uri")]
    [InlineData("""{"contents":[{"parts":[{"fileData":{"fileUri":"https://www.youtube.com/watch?v=1"}}]}]}""", null)]
    [InlineData("""{"messages":[{"content":[{"image":{"source":{"s3Location":{"uri":"s3:\/\/bucket/x"}}}}]}]}""", "uri")]
    [InlineData("""{"data_sources":[{"type":"azure_search"}]}""", "data_sources")]
    [InlineData(
        """{"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"file_id":{"type":"string"}}}}}]}""",
        null)]
    [InlineData(
        """{"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"file_id":"a"}}]}]}""", null)]
    [InlineData("""{"input":[{"type":"input_file","file_id":"file-1"}]}""", "file_id")]
    [InlineData("""{"metadata":{"file_id":"a"}}""", null)]
    public void A_body_that_names_things_of_the_account_is_not_for_customers(string body, string? member)
    {
        var named = AccountReferences.In(System.Text.Encoding.UTF8.GetBytes(body)).ShouldNotBeNull();
        var refusal = GatewayRules.RefusalOf(LlmRoutes.OfProvider("openai", "/v1/responses"), named, id => id == "mine");
        (refusal is null).ShouldBe(member is null, refusal);
        (refusal ?? "").ShouldContain(member is null ? "" : $"'{member}'");
    }

    [Theory]
    [InlineData("/v1/crawl", true)]
    [InlineData("/v1/search", false)]
    public void Only_work_that_is_asked_for_later_may_not_call_back(string path, bool isRefused)
    {
        var named = AccountReferences.In("""{"url":"https://e.com","webhook":"https://x"}"""u8)!;
        (GatewayRules.RefusalOf(LlmRoutes.OfProvider("firecrawl", path), named, _ => false) is not null).ShouldBe(isRefused);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{\"a\":")]
    [InlineData("")]
    public void A_body_that_is_not_an_object_refers_to_nothing(string body) =>
        AccountReferences.In(System.Text.Encoding.UTF8.GetBytes(body)).ShouldBeNull();

    [Theory]
    [InlineData("/search", "search")]
    [InlineData("/v1/scrape/", "scrape")]
    [InlineData("/v1/search?x=/y", "search")]
    [InlineData("/", "call")]
    public void A_call_without_a_model_is_priced_by_its_operation(string path, string operation) =>
        GatewayRules.NameOf(new LlmRoute("any", LlmApi.Unknown), new LlmRequest(), path).ShouldBe(operation);

    [Theory]
    [InlineData("openai", null, "k", 0)]
    [InlineData("my-own.server", "http://10.0.0.7:8000", "", 0)]
    [InlineData("my-own.server", "http://10.0.0.7:8000/v1", "", 1)]
    [InlineData("azure", null, "k", 1)]
    [InlineData("OpenAI", null, "k", 2)]
    [InlineData("openai", "https://x/?a=1", "k", 1)]
    [InlineData("openai", "file:///etc/passwd", "k", 1)]
    [InlineData("openai", "relative", null, 2)]
    [InlineData("openai", null, "a\r\nHost: b", 1)]
    public void An_upstream_has_an_address_and_a_key_that_fit_into_a_request(string provider, string? url, string? key, int faults) =>
        UpstreamRules.Validate(provider, url, key, null).Count.ShouldBe(faults);

    [Theory]
    [InlineData("openai", "https://api.openai.com/v1", "https://api.openai.com")]
    [InlineData("openai", "https://api.openai.com/v1/", "https://api.openai.com")]
    [InlineData("openai", "https://api.openai.com/v1/chat/completions", "https://api.openai.com")]
    [InlineData("groq", "https://api.groq.com/openai/v1", "https://api.groq.com")]
    [InlineData("openrouter", "https://openrouter.ai/api/v1", "https://openrouter.ai")]
    [InlineData("gemini", "https://generativelanguage.googleapis.com/v1beta", "https://generativelanguage.googleapis.com")]
    [InlineData("azure", "https://house.openai.azure.com/openai/v1", "https://house.openai.azure.com")]
    [InlineData("my-vllm", "http://10.0.0.7:8000/v1", "http://10.0.0.7:8000")]
    [InlineData("my-vllm", "https://llm.example.com/proxy/V1", "https://llm.example.com/proxy")]
    [InlineData("my-vllm", "https://llm.example.com/v1beta1/embeddings", "https://llm.example.com")]
    [InlineData("openai", "https://api.openai.com", null)]
    [InlineData("openai", "https://eu.api.openai.com/", null)]
    [InlineData("my-vllm", "https://llm.example.com/proxy/", null)]
    [InlineData("my-vllm", "https://llm.example.com/v1/house/openai", null)]
    [InlineData("vertex_ai", "https://europe-west4-aiplatform.googleapis.com", null)]
    public void An_address_ends_where_the_providers_paths_begin(string provider, string url, string? write)
    {
        var faults = UpstreamRules.Validate(provider, url, "k", null).Select(static fault => fault.Detail).ToList();
        faults.Count.ShouldBe(write is null ? 0 : 1);
        faults.ShouldAllBe(fault => fault.EndsWith($"Write {write}.", StringComparison.Ordinal));
    }

    /// <summary>64 MiB of short names took ten seconds of a core as strings.</summary>
    [Fact]
    public void Members_that_name_nothing_cost_no_memory()
    {
        var body = System.Text.Encoding.UTF8.GetBytes("{" + string.Concat(Enumerable.Repeat("\"ab_c\":1,\"id\":{\"x\":[]},", 20_000))
            + "\"f-i-l-e_iD\":\"file-1\"}");
        AccountReferences.In(body);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var named = AccountReferences.In(body).ShouldNotBeNull();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(100_000);
        named.Foreign.ShouldBe("f-i-l-e_iD");
    }

    [Theory]
    [InlineData("{\"x\":{\"____________________________________________________________________file_id\":\"f\"}}", true)]
    [InlineData("{\"x\":{\"\\u0066ile_id\":\"f\"}}", true)]
    [InlineData("{\"x\":{\"any_long_name_that_ends_in_uri\":\"gs://b/o\"}}", true)]
    [InlineData("{\"x\":{\"file_id_of_mine\":\"f\"}}", false)]
    [InlineData("{\"x\":{\"\":\"f\"}}", false)]
    public void A_name_is_known_however_it_is_written(string body, bool isForeign) =>
        (AccountReferences.In(System.Text.Encoding.UTF8.GetBytes(body))!.Foreign is not null).ShouldBe(isForeign);

    [Theory]
    [InlineData("X-Team", true)]
    [InlineData("OpenAI-Organization", true)]
    [InlineData("HTTP-Referer", true)]
    [InlineData("anthropic-version", true)]
    [InlineData("host", false)]
    [InlineData("Cookie", false)]
    [InlineData("Metadata-Flavor", false)]
    [InlineData("Metadata", false)]
    [InlineData("X-aws-ec2-metadata-token", false)]
    [InlineData("X-Forwarded-For", false)]
    [InlineData("x-forwarded-user", false)]
    [InlineData("Forwarded", false)]
    [InlineData("Transfer-Encoding", false)]
    [InlineData("Content-Length", false)]
    [InlineData("TE", false)]
    [InlineData("Proxy-Authorization", false)]
    [InlineData("X-Tollgate-Hop", false)]
    [InlineData("X-HTTP-Method-Override", false)]
    public void Headers_are_those_of_providers(string name, bool isGood) =>
        UpstreamRules.Validate("openai", null, "k", new Dictionary<string, string> { [name] = "x" }).Count.ShouldBe(isGood ? 0 : 1);
}
