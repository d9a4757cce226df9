using System.Text.Json;

namespace Tollgate.Core.Llm.Shapes;

/// <summary>
/// Anthropic messages. The cache's tokens lie outside <c>input_tokens</c>, thought inside <c>output_tokens</c>. A stream
/// says the prompt's counts first and cumulative counts at its end, where older models leave the prompt's out.
/// </summary>
internal static class AnthropicShape
{
    /// <summary>A whole message, or an event of a stream.</summary>
    public static void Read(JsonElement answer, UsageDraft draft)
    {
        var message = answer.HasObject("message") ? answer.Member("message") : answer;
        draft.Identify(message.Text("model"), message.Text("id"));
        var usage = JsonMembers.FirstObject(answer.Member("usage"), message.Member("usage"));
        if (usage.Has("input_tokens") || usage.Has("output_tokens"))
        {
            ReadUsage(usage, draft);
        }

        if (answer.Text("type") is "message_stop" or "message")
        {
            draft.End();
        }
    }

    // What was noted about an earlier event stays: its numbers may still be in use.
    private static void ReadUsage(JsonElement usage, UsageDraft draft)
    {
        var creation = usage.Member("cache_creation");
        var written = draft.Latest(usage, "cache_creation_input_tokens");
        var fiveMinutes = draft.Latest(creation, "ephemeral_5m_input_tokens");
        var hour = draft.Latest(creation, "ephemeral_1h_input_tokens");
        if (written > 0 && fiveMinutes + hour > written)
        {
            draft.Differs($"{fiveMinutes} and {hour} tokens by lifetime are more than the {written} written to the cache.");
        }

        var read = draft.Latest(usage, "cache_read_input_tokens");
        var allWritten = Math.Max(written, fiveMinutes + hour);
        draft.Take(new()
        {
            Input = draft.Latest(usage, "input_tokens") + read + allWritten,
            Cached = read,
            CacheWrite = allWritten - hour,
            CacheWriteHour = hour,
            Output = draft.Latest(usage, "output_tokens"),
            Reasoning = draft.Latest(usage.Member("output_tokens_details"), "thinking_tokens"),
        });
        draft.Set(LlmUnit.Search, draft.Latest(usage.Member("server_tool_use"), "web_search_requests"));
        OpenAiShape.ReadCost(usage, draft);
        draft.ReadServiceTier(usage, "service_tier");
    }
}
