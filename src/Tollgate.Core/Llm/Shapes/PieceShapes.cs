using System.Text.Json;

namespace Tollgate.Core.Llm.Shapes;

/// <summary>
/// Calls counted by the piece: searches, pages, images. If an answer states its credits, these are the billed pieces: an advanced search of
/// Tavily counts as two.
/// </summary>
internal static class PieceShapes
{
    public static void ReadOcr(JsonElement answer, UsageDraft draft)
    {
        draft.Identify(answer.Text("model"), answer.Text("id"));
        var usage = answer.Member("usage_info");
        Pieces(LlmUnit.Page, draft.TryCount(usage, "pages_processed") ?? answer.Items("pages").LongCount(), draft);
    }

    public static void ReadTavilySearch(JsonElement answer, UsageDraft draft)
    {
        draft.Identify(null, answer.Text("request_id"));
        Pieces(LlmUnit.Search, draft.TryCount(answer.Member("usage"), "credits") ?? 1, draft);
    }

    /// <summary>Reads the number of pages that were read or found.</summary>
    public static void ReadTavilyPages(JsonElement answer, UsageDraft draft)
    {
        draft.Identify(null, answer.Text("request_id"));
        Pieces(LlmUnit.Page, answer.Items("results").LongCount(), draft);
    }

    public static void ReadSerper(JsonElement answer, LlmUnit unit, UsageDraft draft) =>
        Pieces(unit, draft.TryCount(answer, "credits") ?? 1, draft);

    /// <summary>Reads one search, or one page for each result with requested contents.</summary>
    public static void ReadExa(JsonElement answer, LlmUnit unit, UsageDraft draft)
    {
        draft.Identify(null, answer.Text("requestId"));
        Pieces(unit, unit == LlmUnit.Page ? answer.Items("results").LongCount() : 1, draft);
        draft.SetCost(answer.Member("costDollars"), "total");
    }

    public static void ReadFirecrawlScrape(JsonElement answer, UsageDraft draft) =>
        Pieces(LlmUnit.Page, draft.TryCount(answer.Member("data", "metadata"), "creditsUsed") ?? 1, draft);

    /// <summary>
    /// Reads a crawl. Its start has read no pages yet, and names its id (<c>jobId</c> in the first version). A finished crawl is the same
    /// at every poll and counts once for its id.
    /// </summary>
    public static void ReadFirecrawlCrawl(JsonElement answer, UsageDraft draft)
    {
        var status = answer.Text("status");
        draft.Identify(null, answer.Text("id") ?? answer.Text("jobId"));
        draft.Work = status switch
        {
            "completed" => WorkState.Done,
            "failed" or "cancelled" => WorkState.Stopped,
            null => draft.ResponseId is null ? WorkState.Unsaid : WorkState.Going,
            _ => WorkState.Going,
        };
        var isFinished = draft.Work is WorkState.Done or WorkState.Stopped;
        Pieces(LlmUnit.Page, isFinished ? draft.TryCount(answer, "creditsUsed") ?? draft.Count(answer, "completed") : 0, draft);
    }

    public static void ReadFirecrawlSearch(JsonElement answer, UsageDraft draft) =>
        Pieces(LlmUnit.Search, draft.TryCount(answer, "creditsUsed") ?? 1, draft);

    /// <summary>
    /// Reads the delivered images: one in the newer version, a list of artifacts in the older. Filtered images do not count.
    /// </summary>
    public static void ReadStability(JsonElement answer, UsageDraft draft)
    {
        var images = answer.Has("artifacts")
            ? answer.Items("artifacts").LongCount(static artifact => artifact.Text("finishReason") != "CONTENT_FILTERED")
            : answer.Has("image") && answer.Text("finish_reason") != "CONTENT_FILTERED" ? 1 : 0;
        Pieces(LlmUnit.Image, images, draft);
    }

    /// <summary>Reads Ollama's counts in the last line of its stream. An answer from its cache has no count of the prompt.</summary>
    public static void ReadOllama(JsonElement answer, UsageDraft draft)
    {
        draft.Identify(answer.Text("model"), null);
        if (answer.Has("eval_count") || answer.Has("prompt_eval_count"))
        {
            draft.Restart();
            draft.Take(new() { Input = draft.Count(answer, "prompt_eval_count"), Output = draft.Count(answer, "eval_count") });
        }

        if (answer.Member("done").ValueKind == JsonValueKind.True)
        {
            draft.End();
        }
    }

    private static void Pieces(LlmUnit unit, long count, UsageDraft draft)
    {
        draft.Set(unit, count);
        draft.Reported();
        draft.End();
    }
}
