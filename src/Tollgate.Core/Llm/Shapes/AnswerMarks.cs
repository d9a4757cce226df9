using System.Text.Json;

namespace Tollgate.Core.Llm.Shapes;

/// <summary>Detects the API of an answer by its members, if no path names it.</summary>
internal static class AnswerMarks
{
    /// <summary>Returns Unknown if the answer has none of the marks; a later event of the stream may have one.</summary>
    public static LlmApi ApiOf(JsonElement answer, string provider)
    {
        var type = answer.Text("type") ?? "";
        var usage = answer.Member("usage");
        return answer switch
        {
            _ when answer.Has("amazon-bedrock-invocationMetrics") || answer.Has("inputTextTokenCount")
                || answer.Has("prompt_token_count") => LlmApi.BedrockInvoke,
            _ when usage.Has("inputTokens") || answer.Has("messageStart") || answer.Has("contentBlockDelta")
                || answer.Member("metadata").HasObject("usage") => LlmApi.BedrockConverse,
            _ when answer.Has("usageMetadata") || answer.Has("candidates") || answer.Has("promptFeedback") => LlmApi.GeminiGenerate,
            _ when type is "message" or "message_start" || IsAnthropic(usage, provider) => LlmApi.AnthropicMessages,
            _ when type.StartsWith("response.", StringComparison.Ordinal) || answer.Text("object") == "response" => LlmApi.OpenAiResponses,
            _ when type.StartsWith("image_", StringComparison.Ordinal) => LlmApi.OpenAiImages,
            _ when type.StartsWith("transcript.", StringComparison.Ordinal) => LlmApi.OpenAiTranscription,
            _ when type.StartsWith("speech.", StringComparison.Ordinal) => LlmApi.OpenAiSpeech,
            _ when type == "message-start" || answer.Has("event_type") || usage.Has("billed_units") => LlmApi.CohereChat,
            _ when answer.Member("meta").Has("billed_units") =>
                answer.Has("results") ? LlmApi.CohereRerank : answer.Has("embeddings") ? LlmApi.CohereEmbed : LlmApi.CohereChat,
            _ when answer.Has("choices") || answer.Has("x_groq") || answer.Member("result").Has("usage") => LlmApi.OpenAiChat,
            _ when answer.Has("usage_info") => LlmApi.MistralOcr,
            _ when answer.Has("eval_count") || (answer.Has("done") && answer.Has("model")) => LlmApi.OllamaChat,
            _ => PieceApiOf(answer, usage),
        };
    }

    // A message of which only the usage was kept: its cache is outside of the input, unlike that of responses.
    private static bool IsAnthropic(JsonElement usage, string provider) =>
        usage.Has("cache_read_input_tokens") || usage.Has("cache_creation_input_tokens")
            || (provider == "anthropic" && usage.Has("input_tokens"));

    private static LlmApi PieceApiOf(JsonElement answer, JsonElement usage)
    {
        var data = answer.Items("data").FirstOrDefault();
        return answer switch
        {
            _ when data.Has("embedding") => LlmApi.OpenAiEmbeddings,
            _ when data.Has("b64_json") || (data.Has("url") && answer.Has("created")) => LlmApi.OpenAiImages,
            _ when usage.Has("type") && answer.Has("text") => LlmApi.OpenAiTranscription,
            _ when answer.Has("embedding") || answer.Has("embeddings") => LlmApi.GeminiEmbed,
            _ when answer.Has("predictions") => LlmApi.GeminiPredict,
            _ when answer.Has("costDollars") => LlmApi.ExaSearch,
            _ when answer.Has("searchParameters") => LlmApi.SerperSearch,
            _ when answer.Has("response_time") && answer.Has("results") => answer.Has("query") ? LlmApi.TavilySearch : LlmApi.TavilyPages,
            _ when answer.Has("success") && answer.Has("status") => LlmApi.FirecrawlCrawl,
            _ when answer.Has("success") && answer.Has("data") => LlmApi.FirecrawlScrape,
            _ when answer.Has("artifacts") || (answer.Has("image") && answer.Has("finish_reason")) => LlmApi.StabilityImage,
            _ when usage.Has("prompt_tokens") => LlmApi.OpenAiChat,
            _ when usage.Has("input_tokens") => LlmApi.OpenAiResponses,
            _ => LlmApi.Unknown,
        };
    }
}
