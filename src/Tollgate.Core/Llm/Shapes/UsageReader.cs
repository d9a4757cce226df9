using System.Text.Json;

namespace Tollgate.Core.Llm.Shapes;

/// <summary>
/// Reads the usage that a provider's answer reports. Any bytes give a report and never an exception: unreadable ones a report with
/// <see cref="UsageReport.IsReported"/> false, and impossible numbers one with <see cref="UsageReport.Inconsistency"/>.
/// </summary>
public static class UsageReader
{
    private const int FirstError = 400;

    /// <summary>Reads a whole body, already decompressed; also a stream that was kept whole.</summary>
    /// <param name="route">The route from <see cref="LlmRoutes"/>.</param>
    /// <param name="body">The bytes from the provider: JSON, server-sent events, Amazon's frames, an image, audio.</param>
    /// <param name="status">The HTTP status: an error uses nothing.</param>
    public static UsageReport Read(LlmRoute route, ReadOnlySpan<byte> body, int status = 200)
    {
        var json = WithoutMark(body);
        if (status >= FirstError)
        {
            return ReadError(route, json, status);
        }

        if (json.IsEmpty)
        {
            return UsageReport.Silent;
        }

        if (json[0] == (byte)'{')
        {
            return ReadObject(route, json);
        }

        return IsPiece(route.Api) ? OfPiece(route) : OfStream(route, body);
    }

    /// <summary>
    /// Adds the counts of Bedrock's headers if the body of the model's vendor had none. Headers: <c>x-amzn-bedrock-input-token-count</c>
    /// and similar, null if absent.
    /// </summary>
    public static UsageReport WithBedrockHeaders(UsageReport report, Func<string, string?> header)
    {
        if (report.IsReported || report.Error is not null || Whole(header("x-amzn-bedrock-input-token-count")) is not { } input)
        {
            return report;
        }

        var draft = new UsageDraft(new("bedrock", LlmApi.BedrockInvoke));
        draft.Identify(report.Model, report.ResponseId);
        var read = Whole(header("x-amzn-bedrock-cache-read-input-token-count")) ?? 0;
        var written = Whole(header("x-amzn-bedrock-cache-write-input-token-count")) ?? 0;
        draft.Take(new()
        {
            Input = input + read + written,
            Cached = read,
            CacheWrite = written,
            Output = Whole(header("x-amzn-bedrock-output-token-count")) ?? 0,
        });
        return draft.Answered();
    }

    /// <summary>Reads one answer, or one event of a stream, into the draft.</summary>
    internal static void Apply(JsonElement answer, UsageDraft draft)
    {
        try
        {
            if (draft.Api == LlmApi.Unknown)
            {
                draft.Api = AnswerMarks.ApiOf(answer, draft.Provider);
            }

            Dispatch(answer, draft);
            if (ErrorIn(answer) is { } error)
            {
                draft.Fail(error);
            }
        }
        catch (InvalidOperationException)
        {
            draft.Suspect("The answer has text that is not UTF-8.");
        }
    }

    private static void Dispatch(JsonElement answer, UsageDraft draft)
    {
        switch (draft.Api)
        {
            case LlmApi.Unknown: break;
            case LlmApi.Free: draft.Reported(); break;
            case LlmApi.OpenAiChat or LlmApi.OpenAiEmbeddings: OpenAiShape.ReadChat(answer, draft); break;
            case LlmApi.OpenAiResponses: OpenAiShape.ReadResponses(answer, draft); break;
            case LlmApi.PerplexityAsync: OpenAiShape.ReadAsync(answer, draft); break;
            case LlmApi.OpenAiImages: OpenAiShape.ReadImages(answer, draft); break;
            case LlmApi.OpenAiTranscription: OpenAiShape.ReadTranscription(answer, draft); break;
            case LlmApi.OpenAiSpeech: OpenAiShape.ReadSpeech(answer, draft); break;
            case LlmApi.AnthropicMessages: AnthropicShape.Read(answer, draft); break;
            case LlmApi.GeminiGenerate: GeminiShape.ReadGenerate(answer, draft); break;
            case LlmApi.GeminiEmbed: GeminiShape.ReadEmbed(answer, draft); break;
            case LlmApi.GeminiPredict: GeminiShape.ReadPredict(answer, draft); break;
            case LlmApi.BedrockConverse: BedrockShape.ReadConverse(answer, draft); break;
            case LlmApi.BedrockInvoke: BedrockShape.ReadInvoke(answer, draft); break;
            case LlmApi.CohereChat or LlmApi.CohereEmbed or LlmApi.CohereRerank: CohereShape.Read(answer, draft); break;
            case LlmApi.MistralOcr: PieceShapes.ReadOcr(answer, draft); break;
            case LlmApi.OllamaChat: PieceShapes.ReadOllama(answer, draft); break;
            case LlmApi.TavilySearch: PieceShapes.ReadTavilySearch(answer, draft); break;
            case LlmApi.TavilyPages: PieceShapes.ReadTavilyPages(answer, draft); break;
            case LlmApi.SerperSearch: PieceShapes.ReadSerper(answer, LlmUnit.Search, draft); break;
            case LlmApi.SerperScrape: PieceShapes.ReadSerper(answer, LlmUnit.Page, draft); break;
            case LlmApi.ExaSearch: PieceShapes.ReadExa(answer, LlmUnit.Search, draft); break;
            case LlmApi.ExaContents: PieceShapes.ReadExa(answer, LlmUnit.Page, draft); break;
            case LlmApi.FirecrawlScrape: PieceShapes.ReadFirecrawlScrape(answer, draft); break;
            case LlmApi.FirecrawlCrawl: PieceShapes.ReadFirecrawlCrawl(answer, draft); break;
            case LlmApi.FirecrawlSearch: PieceShapes.ReadFirecrawlSearch(answer, draft); break;
            case LlmApi.StabilityImage: PieceShapes.ReadStability(answer, draft); break;
            default: throw new InvariantBrokenException($"No reader for {draft.Api}.");
        }
    }

    /// <summary>Returns the error of an answer or an event; null: none.</summary>
    private static string? ErrorIn(JsonElement answer)
    {
        var error = answer.Member("error");
        var inner = answer.Member("response", "error");
        var said = Message(error) ?? Message(inner);
        return said ?? (answer.Text("type") == "error" ? answer.Text("message") ?? "error" : null);
    }

    private static string? Message(JsonElement error) => error.ValueKind switch
    {
        JsonValueKind.String => error.AsText(),
        JsonValueKind.Object => error.Text("message") ?? error.Text("type") ?? error.Text("code") ?? "error",
        _ => null,
    };

    private static UsageReport ReadObject(LlmRoute route, ReadOnlySpan<byte> json)
    {
        var draft = new UsageDraft(route);
        using var document = JsonMembers.Parse(json, out var rest);
        if (document is null)
        {
            return draft.Answered();
        }

        if (!rest.IsEmpty)
        {
            return OfStream(route, json); // Lines of JSON.
        }

        Apply(document.RootElement, draft);
        return draft is { Error: not null, IsReported: false } || IsErrorOfPiece(document.RootElement, draft)
            ? draft.Refused()
            : draft.Answered();
    }

    // Shapes counted by the piece count the call itself, which an error did not deliver; a failed crawl states its credits.
    private static bool IsErrorOfPiece(JsonElement answer, UsageDraft draft) =>
        draft.Error is not null && IsPiece(draft.Api) && !answer.Has("creditsUsed");

    private static UsageReport ReadError(LlmRoute route, ReadOnlySpan<byte> json, int status)
    {
        var draft = new UsageDraft(route);
        using var document = json.IsEmpty || json[0] is not ((byte)'{' or (byte)'[') ? null : JsonMembers.Parse(json);
        draft.Fail(ErrorOf(document) ?? $"HTTP {status}");
        return draft.Refused();
    }

    /// <summary>Returns the message of an error event; null: it has no readable one.</summary>
    internal static string? ErrorOf(JsonDocument? document) => document is null ? null : TextOfError(document.RootElement);

    private static string? TextOfError(JsonElement body)
    {
        try
        {
            var root = body.ValueKind == JsonValueKind.Array ? body.EnumerateArray().FirstOrDefault() : body;
            return ErrorIn(root) ?? root.Text("message") ?? root.Text("detail") ?? root.Items("errors").FirstOrDefault().AsText();
        }
        catch (InvalidOperationException)
        {
            return "The error is not UTF-8.";
        }
    }

    // The body is the image or audio itself, and its data are in the headers.
    private static UsageReport OfPiece(LlmRoute route)
    {
        var draft = new UsageDraft(route);
        if (route.Api is LlmApi.StabilityImage)
        {
            draft.Set(LlmUnit.Image, 1);
            draft.Reported();
        }

        return draft.Answered();
    }

    private static bool IsPiece(LlmApi api) => api is LlmApi.MistralOcr or (>= LlmApi.TavilySearch and <= LlmApi.StabilityImage);

    private static UsageReport OfStream(LlmRoute route, ReadOnlySpan<byte> body)
    {
        var stream = new UsageStream(route);
        stream.Feed(body);
        return stream.Finish();
    }

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> body) =>
        (body.StartsWith("\uFEFF"u8) ? body[3..] : body).TrimStart(" \t\r\n"u8);

    private static long? Whole(string? header) => uint.TryParse(header, out var count) ? count : null;
}
