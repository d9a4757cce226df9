using System.Text.Json;

namespace Tollgate.Core.Llm.Shapes;

/// <summary>
/// OpenAI's two forms of usage, and those of the providers that copied them. Chat completions and embeddings have <c>prompt_tokens</c> and
/// <c>completion_tokens</c>; responses, images and audio have <c>input_tokens</c> and <c>output_tokens</c>. The details are parts of these.
/// </summary>
internal static class OpenAiShape
{
    private const long TicksPerDollar = 10_000_000_000;

    /// <summary>Reads chat and text completions and embeddings, whole or a chunk of a stream.</summary>
    public static void ReadChat(JsonElement answer, UsageDraft draft)
    {
        // Cloudflare wraps the answer.
        var body = answer.HasObject("result") ? answer.Member("result") : answer;
        draft.Identify(body.Text("model") ?? answer.Text("model"), body.Text("id"));

        // Groq repeats the usage of a stream in x_groq, even if the request did not ask for usage.
        var usage = JsonMembers.FirstObject(body.Member("usage"), body.Member("x_groq", "usage"));
        if (!usage.Has("prompt_tokens") && !usage.Has("completion_tokens") && !usage.Has("total_tokens"))
        {
            return;
        }

        draft.Restart();
        draft.Take(ChatTotals(usage, draft));
        ReadExtras(usage, draft);
        draft.ReadServiceTier(body, "service_tier");
        if (IsLastChunk(body))
        {
            draft.End();
        }
    }

    /// <summary>Reads responses and realtime: a whole response, or the event that ends a stream of them.</summary>
    public static void ReadResponses(JsonElement answer, UsageDraft draft)
    {
        var body = answer.HasObject("response") ? answer.Member("response") : answer;
        draft.Identify(body.Text("model"), body.Text("id"));
        if (ReadInputOutput(body.Member("usage"), draft, OutputIs.Text))
        {
            draft.Set(LlmUnit.Search, body.Items("output").LongCount(IsSearch));
            ReadCost(body.Member("usage"), draft);
            draft.ReadServiceTier(body, "service_tier");
        }

        ReadWork(answer, body, draft);
        if (answer.Text("object") == "response"
            || answer.Text("type") is "response.completed" or "response.incomplete" or "response.failed" or "response.done")
        {
            draft.End();
        }
    }

    /// <summary>
    /// Reads the state of a response. A background response has <c>queued</c> or <c>in_progress</c> at its start, and for each <c>GET</c>
    /// until it ends. Any other response is also in progress while its stream runs, so a stream counts as background work only if it says
    /// so. It is unknown whether the providers that copied the API say so in their streams.
    /// </summary>
    private static void ReadWork(JsonElement answer, JsonElement body, UsageDraft draft)
    {
        var isEvent = answer.HasObject("response");
        if (!isEvent && answer.Text("object") != "response")
        {
            return;
        }

        draft.IsKept = body.Member("store").ValueKind != JsonValueKind.False;
        draft.Work = body.Text("status") switch
        {
            "queued" or "in_progress" when !isEvent || body.Member("background").ValueKind == JsonValueKind.True => WorkState.Going,
            "completed" or "incomplete" => WorkState.Done,
            "failed" or "cancelled" => WorkState.Stopped,
            _ => draft.Work,
        };
    }

    /// <summary>
    /// Reads Perplexity's asynchronous chat: <c>status</c> is CREATED, IN_PROGRESS, COMPLETED or FAILED, and <c>response</c> the
    /// completion. Other values are not documented; another word counts as an end only with a completion or an error.
    /// </summary>
    public static void ReadAsync(JsonElement answer, UsageDraft draft)
    {
        draft.Identify(answer.Text("model"), null);
        if (answer.HasObject("response"))
        {
            ReadChat(answer.Member("response"), draft);
        }

        draft.Identify(null, answer.Text("id"));
        var status = answer.Text("status");
        draft.Work = status?.ToUpperInvariant() switch
        {
            "COMPLETED" => WorkState.Done,
            "FAILED" => WorkState.Stopped,
            null => WorkState.Unsaid,
            _ when answer.HasObject("response") => WorkState.Done,
            _ when answer.Has("failed_at") || answer.Has("error_message") => WorkState.Stopped,
            _ => WorkState.Going,
        };
        if (draft.Work == WorkState.Stopped)
        {
            draft.Fail(answer.Text("error_message") is { Length: > 0 } message ? message : "The work failed.");
        }

        draft.End();
    }

    /// <summary>Reads images, counted by the token (gpt-image) or by the piece (dall-e, which reports nothing).</summary>
    public static void ReadImages(JsonElement answer, UsageDraft draft)
    {
        var completed = answer.Text("type") is { } type && type.EndsWith(".completed", StringComparison.Ordinal);
        var images = completed ? 1 : answer.Items("data").LongCount();
        draft.Identify(answer.Text("model"), null);
        ReadInputOutput(answer.Member("usage"), draft, OutputIs.Image);
        if (images > 0)
        {
            draft.Set(LlmUnit.Image, images);
            draft.Reported();
            draft.End();
        }
    }

    /// <summary>Reads transcriptions, counted by the token or by the second.</summary>
    public static void ReadTranscription(JsonElement answer, UsageDraft draft)
    {
        var usage = answer.Member("usage");
        draft.Identify(answer.Text("model"), null);
        if (!ReadInputOutput(usage, draft, OutputIs.Text) && ReadChatIfThere(usage, draft) is false)
        {
            draft.SetSeconds(answer, "duration");
            draft.SetSeconds(usage, "seconds");
            if (answer.Has("duration") || usage.Has("seconds"))
            {
                draft.Reported();
            }
        }

        EndIf(answer, "transcript.text.done", draft);
    }

    /// <summary>Reads speech, which reports usage only in its event stream; its plain body is audio.</summary>
    public static void ReadSpeech(JsonElement answer, UsageDraft draft)
    {
        ReadInputOutput(answer.Member("usage"), draft, OutputIs.Audio);
        EndIf(answer, "speech.audio.done", draft);
    }

    /// <summary>The kind of the answer's tokens, if the details do not state it.</summary>
    private enum OutputIs
    {
        Text,
        Audio,
        Image,
    }

    private static TokenTotals ChatTotals(JsonElement usage, UsageDraft draft)
    {
        var prompt = usage.Member("prompt_tokens_details");
        var completion = usage.Member("completion_tokens_details");
        var total = draft.TryCount(usage, "total_tokens");
        var output = draft.Count(usage, "completion_tokens");
        var input = draft.TryCount(usage, "prompt_tokens") ?? Math.Max(0, (total ?? 0) - output);

        // Some hosts, and xAI in its older form, have the details next to the totals. Perplexity counts that reasoning separately.
        var reasoning = draft.TryCount(completion, "reasoning_tokens")
            ?? (draft.Provider == "perplexity" ? 0 : draft.Count(usage, "reasoning_tokens"));
        var cached = draft.TryCount(prompt, "cached_tokens")
            ?? draft.TryCount(usage, "prompt_cache_hit_tokens")
            ?? draft.TryCount(usage, "cached_prompt_text_tokens")
            ?? draft.Count(usage, "cached_tokens");
        CheckCacheMiss(usage, input, cached, draft);
        var outside = ReasoningOutside(draft.Provider, input, output, reasoning, total);
        var totals = new TokenTotals
        {
            Input = input,
            Cached = cached,
            CacheWrite = draft.Count(prompt, "cache_write_tokens"),
            Audio = draft.Count(prompt, "audio_tokens"),
            Image = draft.TryCount(prompt, "image_tokens") ?? draft.Count(usage, "prompt_image_tokens"),
            Video = draft.Count(prompt, "video_tokens"),
            Output = output + outside,
            Reasoning = Math.Max(reasoning, outside),
            AudioOutput = draft.Count(completion, "audio_tokens"),
            ImageOutput = draft.Count(completion, "image_tokens"),
            Stated = total,
        };
        return draft.Provider == "perplexity" ? WithResearch(totals, usage, draft) : totals;
    }

    /// <summary>
    /// Returns the reasoning that completion_tokens excludes. xAI excludes it, and its total includes it; so does Gemini in its
    /// OpenAI-compatible API, where only the total shows it.
    /// </summary>
    private static long ReasoningOutside(string provider, long input, long output, long reasoning, long? total)
    {
        var missing = total - input - output;
        return (provider, missing) switch
        {
            (_, > 0) when missing == reasoning => reasoning,
            ("gemini" or "vertex_ai", > 0) when reasoning == 0 => missing.Value,
            ("xai", null) => reasoning,
            _ => 0,
        };
    }

    /// <summary>
    /// Adds the citations and reasoning that deep research reports outside of its totals. Citations cost as much as the prompt.
    /// </summary>
    private static TokenTotals WithResearch(TokenTotals totals, JsonElement usage, UsageDraft draft)
    {
        var citations = draft.Count(usage, "citation_tokens");
        var thought = draft.Count(usage, "reasoning_tokens");
        return totals with
        {
            Input = totals.Input + citations,
            Output = totals.Output + thought,
            Reasoning = totals.Reasoning + thought,
            Stated = totals.Stated + citations + thought,
        };
    }

    private static void CheckCacheMiss(JsonElement usage, long input, long cached, UsageDraft draft)
    {
        if (draft.TryCount(usage, "prompt_cache_miss_tokens") is { } missed && missed + cached != input)
        {
            draft.Differs($"{cached} cached and {missed} other tokens are not the prompt's {input}.");
        }
    }

    private static void ReadExtras(JsonElement usage, UsageDraft draft)
    {
        ReadCost(usage, draft);
        draft.SetSeconds(usage, "prompt_audio_seconds");
        draft.Set(LlmUnit.Search,
            draft.TryCount(usage, "num_search_queries")
            ?? draft.TryCount(usage, "num_sources_used")
            ?? draft.Count(usage.Member("server_tool_use"), "web_search_requests"));
    }

    /// <summary>
    /// Reads the cost. Perplexity states its parts, xAI ticks. With the caller's own key (<c>is_byok</c>), OpenRouter's <c>cost</c> is only
    /// its fee, and the charge of the model's provider is a separate member.
    /// </summary>
    internal static void ReadCost(JsonElement usage, UsageDraft draft)
    {
        draft.SetCost(usage, "cost");
        draft.SetCost(usage.Member("cost"), "total_cost");
        draft.SetCost(usage, "cost_in_usd_ticks", TicksPerDollar);
        if (usage.Member("is_byok").ValueKind == JsonValueKind.True)
        {
            draft.AddCost(usage.Member("cost_details"), "upstream_inference_cost");
        }
    }

    /// <summary>Returns false if there are no such counts.</summary>
    private static bool ReadInputOutput(JsonElement usage, UsageDraft draft, OutputIs outputIs)
    {
        if (!usage.Has("input_tokens") && !usage.Has("output_tokens"))
        {
            return false;
        }

        var input = JsonMembers.FirstObject(usage.Member("input_tokens_details"), usage.Member("input_token_details"));
        var output = JsonMembers.FirstObject(usage.Member("output_tokens_details"), usage.Member("output_token_details"));
        var cachedParts = input.Member("cached_tokens_details");
        draft.Restart();
        var all = draft.Count(usage, "output_tokens");
        draft.Take(new()
        {
            Input = draft.Count(usage, "input_tokens"),
            Cached = draft.Count(input, "cached_tokens"),
            CacheWrite = draft.Count(input, "cache_write_tokens"),
            Audio = draft.Count(input, "audio_tokens"),
            CachedAudio = draft.Count(cachedParts, "audio_tokens"),
            Image = draft.Count(input, "image_tokens"),
            CachedImage = draft.Count(cachedParts, "image_tokens"),
            Output = all,
            Reasoning = draft.Count(output, "reasoning_tokens"),
            AudioOutput = draft.TryCount(output, "audio_tokens") ?? (outputIs == OutputIs.Audio ? all : 0),
            ImageOutput = draft.TryCount(output, "image_tokens") ?? (outputIs == OutputIs.Image ? all : 0),
            Stated = draft.TryCount(usage, "total_tokens"),
        });
        return true;
    }

    private static bool ReadChatIfThere(JsonElement usage, UsageDraft draft)
    {
        if (!usage.Has("prompt_tokens"))
        {
            return false;
        }

        draft.Restart();
        draft.Take(ChatTotals(usage, draft));
        ReadExtras(usage, draft);
        return true;
    }

    // OpenAI ends with a chunk of usage and no choices; others put the usage in the chunk with the finish reason.
    private static bool IsLastChunk(JsonElement body) =>
        body.Items("choices").All(static choice => choice.Has("finish_reason"));

    // A model's web search may open and read pages too; only the search itself is billed.
    private static bool IsSearch(JsonElement item) =>
        item.Text("type") == "web_search_call" && item.Member("action").Text("type") is (null or "search");

    private static void EndIf(JsonElement answer, string type, UsageDraft draft)
    {
        if (answer.Text("type") == type)
        {
            draft.End();
        }
    }
}
