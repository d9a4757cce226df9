using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Llm;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Llm;
using Tollgate.Core.Llm.Requests;
using Tollgate.Core.Llm.Shapes;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Projects;
using Tollgate.Server.Catalog;
using Tollgate.Server.Http;

namespace Tollgate.Server.Llm;

/// <summary>Reads a reported call into an <see cref="LlmCall"/>, or reports all of its faults.</summary>
internal static class CallReading
{
    /// <summary>Tokens of one call. The largest models read a few million; a larger value is a mistake of units.</summary>
    private const long MostTokens = 100_000_000;

    private const int LongestName = 255;
    private const int LongestError = 2_000;

    /// <param name="id">The call's id, already validated.</param>
    /// <returns>Null: <paramref name="faults"/> has the reasons.</returns>
    public static LlmCall? Read(LlmCallRequest body, string id, ProjectSnapshot project, Faults faults)
    {
        var raw = RawOf(body, faults, out var isEstimated);
        faults.Id(body.Customer, "customer");
        faults.Required(body.Model ?? raw?.Model, "model");

        // The name may come from the raw answer or request, so it needs the same check.
        faults.Text(body.Model ?? raw?.Model, "model", PriceRules.LongestModel);
        faults.Text(body.Provider, "provider", PriceRules.LongestProvider);
        faults.Text(body.AttributeTo, "attribute_to", LlmCall.LongestTag);
        faults.Text(body.ServiceTier, "service_tier", ServiceTiers.Longest);
        faults.Text(body.RequestId, "request_id", LongestName);
        faults.Text(body.Endpoint, "endpoint", LongestName);
        faults.Text(body.Error, "error", LongestError);
        faults.Range(body.LatencyMs, "latency_ms", 0, (long)TimeSpan.FromDays(1).TotalMilliseconds);
        faults.Range(body.Status, "status", 100, 599);
        faults.Properties(body.Properties, "properties");
        CheckFeature(body.Feature, project.Catalog, faults);
        var reported = CostOf(body.ReportedCostUsd, faults) ?? raw?.ReportedCost;
        var usage = raw?.Usage ?? UsageOf(body, faults);
        return faults.Any ? null : new()
        {
            Id = id, Customer = body.Customer!, Feature = body.Feature, AttributeTo = body.AttributeTo, Provider = body.Provider,
            Model = raw?.Model ?? body.Model!, Usage = usage,
            IsEstimated = body.Estimated == true || isEstimated, ReportedCost = reported,
            UsageDifference = isEstimated ? null : raw?.Difference,
            ServiceTier = body.ServiceTier is { } tier ? ServiceTiers.Of(tier) : raw?.ServiceTier,
            RequestId = body.RequestId ?? raw?.ResponseId, Endpoint = body.Endpoint,
            LatencyMilliseconds = body.LatencyMs, Status = body.Status, Error = body.Error ?? Shortened(raw?.Error),
            OccurredAt = body.OccurredAt is { } at ? Instant.From(at) : null,
            PropertiesJson = body.Properties is { ValueKind: JsonValueKind.Object } own ? own.GetRawText() : null,
        };
    }

    /// <summary>The usage in the provider's answer; null: the call has no answer. The model name in the answer is the most exact.</summary>
    private static UsageReport? RawOf(LlmCallRequest body, Faults faults, out bool isEstimated)
    {
        isEstimated = false;
        if (body.RawResponse is not { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } raw)
        {
            if (body.RawRequest is not null)
            {
                faults.Add("raw_request", FaultCode.InvalidValue, "raw_request requires raw_response, which is missing.");
            }

            return null;
        }

        var route = LlmRoutes.OfAnswer(body.Provider, body.Model);
        var answer = BytesOf(raw);
        var report = UsageReader.Read(route, answer, body.Status ?? StatusCodes.Status200OK);
        if (HasCounts(body))
        {
            faults.Add("raw_response", FaultCode.InvalidValue, "Send the counts or the answer, not both.");
        }
        else if (report.Inconsistency is { } doubt)
        {
            faults.Add("raw_response", FaultCode.InvalidValue, $"The usage is implausible: {doubt}");
        }
        else if (report is { IsReported: false, Error: null } or { IsPartial: true })
        {
            var estimate = Estimated(body, route, answer, report, faults);
            isEstimated = !report.IsReported || !estimate.Usage.Equals(report.Usage);
            return estimate;
        }

        return report;
    }

    /// <summary>
    /// Estimates the usage of an answer with text and without usage, or of a truncated one. Tollgate does not guess the prompt: without the
    /// request, its usage is unknown, and the answer is refused.
    /// </summary>
    private static UsageReport Estimated(LlmCallRequest body, LlmRoute route, ReadOnlySpan<byte> answer, UsageReport report, Faults faults)
    {
        var delivered = DeliveredText.Of(route, answer);
        var ask = body.RawRequest is { ValueKind: JsonValueKind.Object or JsonValueKind.String } request
            ? RequestReader.Read(route, BytesOf(request), null)
            : null;
        if (body.RawRequest is not null && ask is null)
        {
            faults.Add("raw_request", FaultCode.InvalidValue, "A JSON object is expected: the request as it was sent to the provider.");
        }
        else if (delivered.Characters == 0 && !report.IsReported)
        {
            faults.Add(
                "raw_response", FaultCode.InvalidValue, "The answer has neither usage nor text from which Tollgate could estimate it. Send the counts.");
        }
        else if (ask is null && report.Usage.InputTokens.IsZero)
        {
            faults.Add(
                "raw_response", FaultCode.InvalidValue,
                "The answer has no usage. Send raw_request too for an estimate, or send the counts.");
        }

        return faults.Any
            ? report
            : report with { Usage = UsageEstimate.After(route, ask, delivered, report), Model = report.Model ?? body.Model ?? ask?.Model };
    }

    /// <summary>Returns the JSON unchanged, or the content of a string.</summary>
    private static ReadOnlySpan<byte> BytesOf(JsonElement raw) =>
        raw.ValueKind == JsonValueKind.String && TextOf(raw) is { } text ? Encoding.UTF8.GetBytes(text) : JsonMarshal.GetRawUtf8Value(raw);

    private static bool HasCounts(LlmCallRequest body) => body is not
    {
        InputTokens: null, CachedInputTokens: null, CacheWriteTokens: null, CacheWriteHourTokens: null, OutputTokens: null,
        ReasoningTokens: null,
        AudioInputTokens: null, CachedAudioInputTokens: null, AudioOutputTokens: null, ImageInputTokens: null, CachedImageInputTokens: null,
        ImageOutputTokens: null, VideoInputTokens: null, Requests: null, Images: null, Pages: null, Searches: null, Seconds: null,
    };

    // A lone surrogate parses as JSON, but cannot become text.
    private static string? TextOf(JsonElement raw)
    {
        try
        {
            return raw.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string? Shortened(string? text) => text is null ? null : WellFormed.Cut(text, LongestError);

    private static void CheckFeature(string? code, PublishedCatalog catalog, Faults faults)
    {
        if (code is null)
        {
            return;
        }

        if (!catalog.Features.TryGetValue(code, out var feature))
        {
            faults.Add("feature", FaultCode.InvalidValue,
                $"{UnknownNames.Feature(catalog, code)} A tag for the reports of costs goes into attribute_to.");
        }
        else if (feature.Feature.Kind != FeatureKind.Metered)
        {
            faults.Add(
                "feature", FaultCode.InvalidValue,
                $"The feature '{code}' is a switch or a value, so it has no quantity. To assign the cost to it in reports, use attribute_to.");
        }
    }

    private static NanoUsd? CostOf(string? text, Faults faults)
    {
        if (text is null)
        {
            return null;
        }

        if (ModelPrice.TryParse(text, out var dollars))
        {
            return NanoUsd.OfDollars(dollars.Value);
        }

        faults.Add(
            "reported_cost_usd", FaultCode.InvalidFormat,
            $"Dollars as a decimal text from 0 to {ModelPrice.LargestPrice}, such as \"0.0021\", are expected.");
        return null;
    }

    private static LlmUsage UsageOf(LlmCallRequest body, Faults faults)
    {
        var counts = new (LlmUnit Unit, string Name, long? Count)[]
        {
            (LlmUnit.Input, "input_tokens", body.InputTokens),
            (LlmUnit.CachedInput, "cached_input_tokens", body.CachedInputTokens),
            (LlmUnit.CacheWrite, "cache_write_tokens", body.CacheWriteTokens),
            (LlmUnit.CacheWriteHour, "cache_write_1h_tokens", body.CacheWriteHourTokens),
            (LlmUnit.AudioInput, "audio_input_tokens", body.AudioInputTokens),
            (LlmUnit.CachedAudioInput, "cached_audio_input_tokens", body.CachedAudioInputTokens),
            (LlmUnit.ImageInput, "image_input_tokens", body.ImageInputTokens),
            (LlmUnit.CachedImageInput, "cached_image_input_tokens", body.CachedImageInputTokens),
            (LlmUnit.VideoInput, "video_input_tokens", body.VideoInputTokens),
            (LlmUnit.Output, "output_tokens", body.OutputTokens),
            (LlmUnit.Reasoning, "reasoning_tokens", body.ReasoningTokens),
            (LlmUnit.AudioOutput, "audio_output_tokens", body.AudioOutputTokens),
            (LlmUnit.ImageOutput, "image_output_tokens", body.ImageOutputTokens),
            (LlmUnit.Request, "requests", body.Requests ?? 1),
            (LlmUnit.Image, "images", body.Images),
            (LlmUnit.Page, "pages", body.Pages),
            (LlmUnit.Search, "searches", body.Searches),
        };
        var good = true;
        foreach (var (_, name, count) in counts)
        {
            good &= faults.Range(count, name, 0, MostTokens);
        }

        var seconds = Quantity.Zero;
        if (body.Seconds is { } given && (given < 0 || given > MostTokens || !Quantity.TryCreate(given, out seconds)))
        {
            faults.Add(
                "seconds", FaultCode.OutOfRange, $"A number from 0 to {MostTokens} with at most {Quantity.Scale} decimals is expected.");
        }

        if (!good)
        {
            return LlmUsage.None;
        }

        if (body.Inclusive == true)
        {
            TakePartsOut(counts, LlmUnit.Input, faults);
            TakePartsOut(counts, LlmUnit.Output, faults);
        }

        return faults.Any
            ? LlmUsage.None
            : LlmUsage.Of([.. counts.Select(part => (part.Unit, Quantity.Of(part.Count ?? 0))), (LlmUnit.Second, seconds)]);
    }

    /// <summary>
    /// Subtracts the parts from a provider's total. The units before output are parts of input; those after it are parts of output.
    /// </summary>
    private static void TakePartsOut((LlmUnit Unit, string Name, long? Count)[] counts, LlmUnit whole, Faults faults)
    {
        var last = whole == LlmUnit.Input ? LlmUnit.VideoInput : LlmUnit.ImageOutput;
        var parts = counts.Where(part => part.Unit > whole && part.Unit <= last).Sum(part => part.Count ?? 0);
        ref var total = ref counts[Array.FindIndex(counts, part => part.Unit == whole)];
        if (parts > (total.Count ?? 0))
        {
            faults.Add(total.Name, FaultCode.OutOfRange, $"Its parts have {parts} tokens; inclusive totals are at least as large.");
            return;
        }

        total.Count -= parts;
    }
}
