using System.Text.Json;

namespace Tollgate.Core.Llm.Shapes;

/// <summary>
/// Amazon Bedrock. Converse has one format for all models, whose <c>inputTokens</c> excludes the cache. Invoke passes on the answer of the
/// model's vendor, and adds its own counts to the last chunk of a stream and to the headers.
/// </summary>
internal static class BedrockShape
{
    /// <summary>Reads a whole answer, the payload of a frame, or an event of a decoded stream under its name.</summary>
    public static void ReadConverse(JsonElement answer, UsageDraft draft)
    {
        var body = answer.HasObject("metadata") ? answer.Member("metadata") : answer;
        var usage = body.Member("usage");
        if (!usage.Has("inputTokens") && !usage.Has("outputTokens"))
        {
            return;
        }

        draft.Restart();
        var read = draft.Count(usage, "cacheReadInputTokens");
        var written = draft.Count(usage, "cacheWriteInputTokens");
        var hour = usage.Items("cacheDetails").Where(static part => part.Text("ttl") == "1h").Sum(part => draft.Count(part, "inputTokens"));
        if (hour > written)
        {
            draft.Differs($"{hour} tokens for an hour are more than the {written} written to the cache.");
        }

        var fresh = draft.Count(usage, "inputTokens");
        var output = draft.Count(usage, "outputTokens");
        var total = draft.TryCount(usage, "totalTokens");
        draft.Take(new()
        {
            Input = fresh + read + Math.Max(written, hour),
            Cached = read,
            CacheWrite = Math.Max(0, written - hour),
            CacheWriteHour = hour,
            Output = output,

            // Some regions state the total without the cache.
            Stated = total == fresh + output ? null : total,
        });
        draft.ReadServiceTier(body.Member("serviceTier"), "type");
        draft.End();
    }

    /// <summary>Reads the vendor's body or chunk.</summary>
    public static void ReadInvoke(JsonElement answer, UsageDraft draft)
    {
        ReadVendor(answer, draft);
        var metrics = answer.Member("amazon-bedrock-invocationMetrics");
        if (metrics.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        if (!draft.IsReported)
        {
            ReadCounts(metrics, "inputTokenCount", "outputTokenCount", "cacheReadInputTokenCount", "cacheWriteInputTokenCount", draft);
        }

        draft.End();
    }

    private static void ReadVendor(JsonElement answer, UsageDraft draft)
    {
        var usage = answer.Member("usage");
        if (usage.Has("inputTokens"))
        {
            ReadConverse(answer, draft); // Nova
        }
        else if (usage.Has("prompt_tokens"))
        {
            OpenAiShape.ReadChat(answer, draft); // gpt-oss, DeepSeek, Qwen
        }
        else if (answer.Has("prompt_token_count") || answer.Has("generation_token_count"))
        {
            ReadCounts(answer, "prompt_token_count", "generation_token_count", "", "", draft); // Llama
        }
        else if (answer.Has("inputTextTokenCount"))
        {
            ReadTitan(answer, draft);
        }
        else
        {
            AnthropicShape.Read(answer, draft);
        }
    }

    private static void ReadTitan(JsonElement answer, UsageDraft draft)
    {
        var output = draft.TryCount(answer, "totalOutputTextTokenCount")
            ?? answer.Items("results").Sum(result => draft.Count(result, "tokenCount"));
        draft.Take(new() { Input = draft.Count(answer, "inputTextTokenCount"), Output = output });
    }

    private static void ReadCounts(JsonElement counts, string input, string output, string cacheRead, string cacheWrite, UsageDraft draft)
    {
        var read = draft.Count(counts, cacheRead);
        var written = draft.Count(counts, cacheWrite);
        draft.Take(new()
        {
            Input = draft.Latest(counts, input) + read + written,
            Cached = read,
            CacheWrite = written,
            Output = draft.Latest(counts, output),
        });
    }
}
