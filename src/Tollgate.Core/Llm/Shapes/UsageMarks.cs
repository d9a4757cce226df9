namespace Tollgate.Core.Llm.Shapes;

/// <summary>Detects events that are worth parsing: those with usage, an error or the end of the answer.</summary>
internal static class UsageMarks
{
    public static bool AreIn(ReadOnlySpan<byte> data, LlmApi api) =>
        HasMember(data, "\"usage\""u8)
        || HasMember(data, "\"error\""u8)
        || data.IndexOf("\"type\":\"error\""u8) >= 0
        || OwnMarkIsIn(data, api);

    private static bool OwnMarkIsIn(ReadOnlySpan<byte> data, LlmApi api) => api switch
    {
        LlmApi.AnthropicMessages => data.IndexOf("\"message_stop\""u8) >= 0,
        LlmApi.OpenAiResponses => data.IndexOf("\"response.completed\""u8) >= 0 || data.IndexOf("\"response.incomplete\""u8) >= 0,
        LlmApi.GeminiGenerate => data.IndexOf("\"usageMetadata\""u8) >= 0 || data.IndexOf("\"finishReason\""u8) >= 0,
        LlmApi.BedrockInvoke => data.IndexOf("amazon-bedrock-invocationMetrics"u8) >= 0
            || data.IndexOf("_token_count\""u8) >= 0
            || data.IndexOf("TokenCount\""u8) >= 0,
        LlmApi.CohereChat =>
            data.IndexOf("\"billed_units\""u8) >= 0 || data.IndexOf("\"stream-end\""u8) >= 0 || data.IndexOf("\"message-end\""u8) >= 0,
        LlmApi.OllamaChat => data.IndexOf("eval_count\""u8) >= 0 || data.IndexOf("\"done_reason\""u8) >= 0,
        LlmApi.OpenAiChat or LlmApi.BedrockConverse => false,

        // The others answer in few events, each of which may report usage.
        _ => true,
    };

    /// <summary>True if the member exists and is not null, as it is in most chunks of a stream with usage.</summary>
    private static bool HasMember(ReadOnlySpan<byte> data, ReadOnlySpan<byte> name)
    {
        for (var at = data.IndexOf(name); at >= 0; at = data.IndexOf(name))
        {
            data = data[(at + name.Length)..];
            var value = TextScan.ValueOf(data);
            if (!value.IsEmpty && !value.StartsWith("null"u8))
            {
                return true;
            }
        }

        return false;
    }
}
