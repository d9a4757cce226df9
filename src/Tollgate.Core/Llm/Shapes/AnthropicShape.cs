using System.Text.Json;

namespace Tollgate.Core.Llm.Shapes;

/// <summary>
/// Anthropic messages. <c>input_tokens</c> excludes the cache's tokens, <c>output_tokens</c> includes reasoning. A stream reports the
/// prompt's counts first and cumulative counts at its end, where older models omit those of the prompt.
/// </summary>
internal static class AnthropicShape
{
    /// <summary>Reads a whole message, or an event of a stream.</summary>
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

    // Keep the notes about an earlier event: its numbers may still count.
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
