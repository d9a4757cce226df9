using System.Text.Json;

namespace Tollgate.Core.Llm.Shapes;

/// <summary>
/// Gemini and Vertex AI. The prompt's count includes the cached tokens; the counts of prompt and answer exclude the tools' prompt and the
/// reasoning. Every chunk of a stream repeats the counts so far.
/// </summary>
internal static class GeminiShape
{
    /// <summary>Reads a whole answer of generateContent, or a chunk of a stream.</summary>
    public static void ReadGenerate(JsonElement answer, UsageDraft draft)
    {
        draft.Identify(answer.Text("modelVersion"), answer.Text("responseId"));
        var usage = answer.Member("usageMetadata");
        if (usage.Has("promptTokenCount") || usage.Has("totalTokenCount"))
        {
            draft.Restart();
            draft.Take(Totals(usage, draft));
            draft.Set(LlmUnit.Search, Searches(answer, draft));
            draft.ReadServiceTier(usage, "serviceTier");
            draft.ReadServiceTier(usage, "trafficType");
        }

        if (answer.HasObject("promptFeedback") && answer.Member("promptFeedback").Has("blockReason")
            || answer.Items("candidates").Any(static candidate => candidate.Has("finishReason")))
        {
            draft.End();
        }
    }

    /// <summary>Reads embeddings: the developer API reports nothing, or the prompt's count.</summary>
    public static void ReadEmbed(JsonElement answer, UsageDraft draft)
    {
        var usage = answer.Member("usageMetadata");
        if (usage.Has("promptTokenCount"))
        {
            draft.Restart();
            draft.Take(new() { Input = draft.Count(usage, "promptTokenCount") });
        }
    }

    /// <summary>Reads Imagen's predictions, one image each without filtered ones, or Vertex AI's embeddings, which count tokens.</summary>
    public static void ReadPredict(JsonElement answer, UsageDraft draft)
    {
        long images = 0, tokens = 0;
        var embedded = false;
        foreach (var prediction in answer.Items("predictions"))
        {
            images += prediction.Has("bytesBase64Encoded") || prediction.Has("gcsUri") ? 1 : 0;
            var statistics = prediction.Member("embeddings", "statistics");
            tokens += draft.Count(statistics, "token_count");
            embedded |= statistics.Has("token_count");
        }

        if (embedded)
        {
            draft.Take(new() { Input = tokens });
        }
        else if (answer.Has("predictions"))
        {
            draft.Set(LlmUnit.Image, images);
            draft.Reported();
        }
    }

    private static TokenTotals Totals(JsonElement usage, UsageDraft draft)
    {
        var thoughts = draft.Count(usage, "thoughtsTokenCount");
        var answered = draft.TryCount(usage, "candidatesTokenCount") ?? draft.Count(usage, "responseTokenCount");
        return new()
        {
            Input = draft.Count(usage, "promptTokenCount") + draft.Count(usage, "toolUsePromptTokenCount"),
            Cached = draft.Count(usage, "cachedContentTokenCount"),
            Audio = Modality(usage, "AUDIO", draft, "promptTokensDetails", "toolUsePromptTokensDetails"),
            CachedAudio = Modality(usage, "AUDIO", draft, "cacheTokensDetails"),
            Image = Modality(usage, "IMAGE", draft, "promptTokensDetails", "toolUsePromptTokensDetails"),
            CachedImage = Modality(usage, "IMAGE", draft, "cacheTokensDetails"),
            Video = Modality(usage, "VIDEO", draft, "promptTokensDetails", "toolUsePromptTokensDetails"),
            Output = answered + thoughts,
            Reasoning = thoughts,
            AudioOutput = Modality(usage, "AUDIO", draft, "candidatesTokensDetails", "responseTokensDetails"),
            ImageOutput = Modality(usage, "IMAGE", draft, "candidatesTokensDetails", "responseTokensDetails"),
            Stated = draft.TryCount(usage, "totalTokenCount"),
        };
    }

    private static long Modality(JsonElement usage, string modality, UsageDraft draft, params ReadOnlySpan<string> lists)
    {
        long sum = 0;
        foreach (var list in lists)
        {
            foreach (var part in usage.Items(list))
            {
                sum += part.Text("modality") == modality ? draft.Count(part, "tokenCount") : 0;
            }
        }

        return sum;
    }

    // Google bills grounding with Google Search by the query since Gemini 3, by the grounded request before.
    private static long Searches(JsonElement answer, UsageDraft draft)
    {
        var queries = answer.Items("candidates")
            .Sum(static candidate => candidate.Member("groundingMetadata").Items("webSearchQueries").LongCount());
        var byRequest = draft.Model is { } model
            && (model.StartsWith("gemini-1", StringComparison.Ordinal) || model.StartsWith("gemini-2", StringComparison.Ordinal));
        return draft.KeepLargest("searches", byRequest ? Math.Min(queries, 1) : queries);
    }
}
