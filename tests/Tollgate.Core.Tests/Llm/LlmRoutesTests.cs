using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Core.Tests.Llm;

/// <summary>The provider and the shape of a call. The addresses of the samples are tested with them.</summary>
public sealed class LlmRoutesTests
{
    [Theory]
    [InlineData("us.api.openai.com", "/v1/responses", "openai", LlmApi.OpenAiResponses)]
    [InlineData("API.OPENAI.COM", "/v1/audio/speech", "openai", LlmApi.OpenAiSpeech)]
    [InlineData("x.services.ai.azure.com", "/anthropic/v1/messages", "azure", LlmApi.AnthropicMessages)]
    [InlineData("api.deepseek.com", "/anthropic/v1/messages", "deepseek", LlmApi.AnthropicMessages)]
    [InlineData("openrouter.ai", "/api/v1/messages", "openrouter", LlmApi.AnthropicMessages)]
    [InlineData("generativelanguage.googleapis.com", "/v1beta/openai/chat/completions", "gemini", LlmApi.OpenAiChat)]
    [InlineData("generativelanguage.googleapis.com", "/v1beta/models/gemini-2.5-flash:countTokens", "gemini", LlmApi.Free)]
    [InlineData(
        "us-east5-aiplatform.googleapis.com", "/v1/projects/p/locations/l/publishers/anthropic/models/claude:rawPredict", "vertex_ai",
        LlmApi.Unknown)]
    [InlineData("bedrock-runtime.eu-west-1.amazonaws.com", "/model/m/invoke-with-response-stream", "bedrock", LlmApi.BedrockInvoke)]
    [InlineData("bedrock-mantle.eu-west-1.api.aws", "/v1/chat/completions", "bedrock", LlmApi.OpenAiChat)]
    [InlineData("api.cohere.ai", "/compatibility/v1/chat/completions", "cohere", LlmApi.OpenAiChat)]
    [InlineData("api.openai.com", "/v1/models", "openai", LlmApi.Free)]
    [InlineData("api.openai.com", "/v1/moderations", "openai", LlmApi.Free)]
    [InlineData("api.anthropic.com", "/v1/messages/count_tokens", "anthropic", LlmApi.Free)]
    [InlineData("llm.example.com", "/v1/chat/completions/?x=1", "llm.example.com", LlmApi.OpenAiChat)]
    [InlineData("api.openai.com.evil.example", "/v1/chat/completions", "api.openai.com.evil.example", LlmApi.OpenAiChat)]
    public void An_address_names_provider_and_shape(string host, string path, string provider, LlmApi api)
    {
        var route = LlmRoutes.Of(host, path);
        (route.Provider, route.Api).ShouldBe((provider, api));
    }

    [Theory]
    [InlineData("/v1beta/models/gemini-2.5-flash:generateContent?key=x", "gemini-2.5-flash")]
    [InlineData(
        "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.anthropic.claude-v1%3A0/converse",
        "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-v1:0")]
    [InlineData("/v1/generation/sdxl/text-to-image", "sdxl")]
    [InlineData("/v2beta/stable-image/generate/ultra", "ultra")]
    [InlineData("/v1/chat/completions", null)]
    public void The_model_is_taken_from_a_path_that_names_it(string path, string? model) =>
        LlmRoutes.OfProvider("any", path).Model.ShouldBe(model);

    [Theory]
    [InlineData("OpenAI", null, "openai")]
    [InlineData("google", null, "gemini")]
    [InlineData("Together-AI", null, "together_ai")]
    [InlineData("aws-bedrock", null, "bedrock")]
    [InlineData("my-proxy", null, "my-proxy")]
    [InlineData(null, "claude-sonnet-4-5", "anthropic")]
    [InlineData(null, "gpt-4o-mini", "openai")]
    [InlineData("", "gemini-2.5-flash", "gemini")]
    [InlineData(null, "unheard-of", "")]
    [InlineData(null, null, "")]
    public void A_provider_has_one_name(string? provider, string? model, string name) =>
        LlmRoutes.ProviderOf(provider, model).ShouldBe(name);
}
