using System.Text;
using Tollgate.Contracts.Llm;
using Tollgate.Server.Http;

namespace Tollgate.Server.Llm;

/// <summary>One line of <c>/v1/llm-calls.csv</c>.</summary>
internal static class LlmCallCsv
{
    public static readonly string[] Columns =
    [
        "id", "customer", "member", "plan", "feature", "attribute_to", "provider", "model", "input_tokens", "cached_input_tokens",
        "cache_write_tokens", "cache_write_1h_tokens", "output_tokens", "reasoning_tokens", "requests", "images", "pages", "searches",
        "seconds", "cost_usd", "priced", "estimated", "service_tier", "endpoint", "status", "error", "latency_ms", "request_id",
        "occurred_at", "recorded_at", "voided_by", "voids", "properties", "source",
    ];

    public static void Line(StringBuilder csv, LlmCallView call) =>
        csv.Cell(call.Id).Next().Cell(call.Customer).Next().Cell(call.Member).Next().Cell(call.Plan).Next().Cell(call.Feature).Next()
            .Cell(call.AttributeTo).Next().Cell(call.Provider).Next().Cell(call.Model).Next().Plain(call.InputTokens).Next()
            .Plain(call.CachedInputTokens).Next().Plain(call.CacheWriteTokens).Next().Plain(call.CacheWriteHourTokens).Next()
            .Plain(call.OutputTokens).Next().Plain(call.ReasoningTokens).Next().Plain(call.Requests).Next().Plain(call.Images).Next()
            .Plain(call.Pages).Next().Plain(call.Searches).Next().Plain(call.Seconds).Next().Plain(call.CostUsd).Next().Word(call.Priced)
            .Next().Word(call.Estimated).Next().Cell(call.ServiceTier).Next().Cell(call.Endpoint).Next().Plain(call.Status).Next()
            .Cell(call.Error).Next().Plain(call.LatencyMs).Next().Cell(call.RequestId).Next().Time(call.OccurredAt).Next()
            .Time(call.RecordedAt).Next().Cell(call.VoidedBy).Next().Cell(call.Voids).Next().Cell(call.Properties?.GetRawText()).Next()
            .Cell(call.Source).End();
}
