using Tollgate.Core.Gateway;
using Tollgate.Core.Llm.Asks;
using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Core.Tests.Gateway;

/// <summary>What a customer may ask for in its own name, and what is metered.</summary>
public sealed class GatewayRulesTests
{
    [Theory]
    [InlineData("openai", "POST", "/v1/chat/completions", true, true)]
    [InlineData("openai", "POST", "/v1/responses", true, true)]
    [InlineData("openai", "POST", "/v1/moderations", true, false)]
    [InlineData("openai", "GET", "/v1/models", true, false)]
    [InlineData("openai", "GET", "/v1/responses/resp_1", false, false)]
    [InlineData("openai", "GET", "/v1/chat/completions", false, false)]
    [InlineData("openai", "DELETE", "/v1/chat/completions/1", false, false)]
    [InlineData("openai", "POST", "/v1/files", false, false)]
    [InlineData("openai", "GET", "/v1/files", false, false)]
    [InlineData("openai", "GET", "/v1/files/models", false, false)]
    [InlineData("openai", "GET", "/v1/%66iles/x/models", false, false)]
    [InlineData("openai", "GET", "/v1/files/file-1/content", false, false)]
    [InlineData("openai", "DELETE", "/v1/models/ft", false, false)]
    [InlineData("openai", "POST", "/v1/batches", false, false)]
    [InlineData("openai", "POST", "/v1/responses/resp_1/cancel", false, false)]
    [InlineData("openai", "POST", "/v1/vector_stores/vs_1/search", false, false)]
    [InlineData("openai", "POST", "/v1/something_new", false, true)]
    [InlineData("openai", "PUT", "/v1/anything", false, false)]
    [InlineData("anthropic", "POST", "/v1/messages", true, true)]
    [InlineData("anthropic", "POST", "/v1/messages/count_tokens", true, false)]
    [InlineData("gemini", "POST", "/v1beta/models/gemini-2.5-flash:generateContent", true, true)]
    [InlineData("gemini", "POST", "/v1beta/models/gemini-2.5-flash:countTokens", true, false)]
    [InlineData("firecrawl", "GET", "/v1/crawl/123", true, false)]
    [InlineData("tavily", "POST", "/search", true, true)]
    public void Who_may_ask_for_what(string provider, string method, string path, bool forCustomers, bool metered)
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
    [InlineData("anthropic", "/v1/messages", "claude-opus-4-1", false)]
    public void Which_models_think_in_secret(string provider, string path, string model, bool hides) =>
        GatewayRules.HidesThought(LlmRoutes.OfProvider(provider, path), new LlmAsk { Model = model }).ShouldBe(hides);

    [Theory]
    [InlineData("stability", "/v2beta/stable-image/generate/sd3", "sd3.5-medium", "sd3.5-medium")]
    [InlineData("stability", "/v2beta/stable-image/generate/core", null, "core")]
    [InlineData("stability", "/v2beta/stable-image/generate/ultra", "sd3.5-medium", "ultra")]
    [InlineData("azure", "/openai/deployments/my-own/chat/completions", "gpt-4o-mini", "my-own")]
    [InlineData("gemini", "/v1beta/models/gemini-2.5-flash:generateContent", "other", "gemini-2.5-flash")]
    public void What_a_call_is_priced_by_until_its_answer_comes(string provider, string path, string? inBody, string name) =>
        GatewayRules.NameOf(LlmRoutes.OfProvider(provider, path), new LlmAsk { Model = inBody }, path).ShouldBe(name);

    [Theory]
    [InlineData("169.254.169.254", true)]
    [InlineData("::ffff:169.254.169.254", true)]
    [InlineData("fe80::1", true)]
    [InlineData("fd00:ec2::254", true)]
    [InlineData("100.100.100.200", true)]
    [InlineData("10.0.0.1", false)]
    [InlineData("127.0.0.1", false)]
    public void Where_clouds_keep_credentials_nothing_is_sent(string address, bool forbidden) =>
        UpstreamRules.IsOfMachines(System.Net.IPAddress.Parse(address)).ShouldBe(forbidden);

    [Theory]
    [InlineData("/search", "search")]
    [InlineData("/v1/scrape/", "scrape")]
    [InlineData("/v1/search?x=/y", "search")]
    [InlineData("/", "call")]
    public void A_call_without_a_model_is_priced_by_its_operation(string path, string operation) =>
        GatewayRules.NameOf(new LlmRoute("any", LlmApi.Unknown), new LlmAsk(), path).ShouldBe(operation);

    [Theory]
    [InlineData("openai", null, "k", 0)]
    [InlineData("my-own.server", "http://10.0.0.7:8000/v1", "", 0)]
    [InlineData("azure", null, "k", 1)]
    [InlineData("OpenAI", null, "k", 2)]
    [InlineData("openai", "http://[::ffff:169.254.169.254]/", "k", 1)]
    [InlineData("openai", "http://[fe80::1]/", "k", 1)]
    [InlineData("openai", "https://x/?a=1", "k", 1)]
    [InlineData("openai", "file:///etc/passwd", "k", 1)]
    [InlineData("openai", "relative", null, 2)]
    [InlineData("openai", null, "a\r\nHost: b", 1)]
    public void An_upstream_has_an_address_and_a_key_that_fit_into_a_request(string provider, string? url, string? key, int faults) =>
        UpstreamRules.Validate(provider, url, key, null).Count.ShouldBe(faults);
}
