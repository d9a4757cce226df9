using System.Text.Json;

namespace Tollgate.Core.Llm.Shapes;

/// <summary>Cohere bills <c>billed_units</c>; its <c>tokens</c> include a template that nobody pays for.</summary>
internal static class CohereShape
{
    /// <summary>Reads chat, embeddings and reranking of both versions, whole or the last event of a stream.</summary>
    public static void Read(JsonElement answer, UsageDraft draft)
    {
        var last = answer.HasObject("delta") ? answer.Member("delta") : answer.Member("response");
        var body = last.ValueKind == JsonValueKind.Object ? last : answer;
        draft.Identify(null, answer.Text("id") ?? body.Text("response_id"));
        var usage = JsonMembers.FirstObject(body.Member("usage"), body.Member("meta"));
        var billed = JsonMembers.FirstObject(usage.Member("billed_units"), usage.Member("tokens"));
        if (billed.ValueKind == JsonValueKind.Object)
        {
            ReadUnits(billed, usage, draft);
        }

        if (answer.Text("type") == "message-end" || answer.Text("event_type") == "stream-end" || answer.Has("usage") || answer.Has("meta"))
        {
            draft.End();
        }
    }

    private static void ReadUnits(JsonElement billed, JsonElement usage, UsageDraft draft)
    {
        draft.Restart();
        var input = draft.Count(billed, "input_tokens");
        draft.Take(new()
        {
            Input = input,

            // The cached tokens count among all tokens, of which the billed ones are a part.
            Cached = Math.Min(draft.Count(usage, "cached_tokens"), input),
            Output = draft.Count(billed, "output_tokens"),
        });
        draft.Set(LlmUnit.Search, draft.Count(billed, "search_units"));
        draft.Set(LlmUnit.Image, draft.Count(billed, "images"));
    }
}
