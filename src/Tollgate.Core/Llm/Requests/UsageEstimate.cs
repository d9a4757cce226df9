using Tollgate.Core.Llm.Shapes;
using Tollgate.Core.Money;

namespace Tollgate.Core.Llm.Requests;

/// <summary>
/// Estimates the usage of a call before it is made, and after it if the answer does not report it. Token numbers are estimated from classes
/// of characters; docs/concepts/llm-cost.md has the measured error.
/// </summary>
public static class UsageEstimate
{
    /// <summary>The bytes of a page of a PDF, for a file with only a known size.</summary>
    internal const long BytesOfPage = 50_000;

    // The overhead of the chat protocol: for a request, a message, and a tool. Anthropic's tools add a prompt of their own.
    private const long Frame = 8, FrameOfMessage = 5, FrameOfTool = 10, FrameOfAnthropicTools = 350;

    // Anthropic has published no vocabulary of its models since Claude 3. Comparisons find 20 to 30 % more tokens than in OpenAI's.
    private const long ClaudePercent = 130;

    // Tokens of a page of a document, of a second of audio and of video, as Gemini and Anthropic state them; audio at 48 kbit/s, video at 1
    // Mbit/s. OpenAI's audio has ten tokens a second.
    private const long TokensOfPage = 2_000, TokensOfSound = 32, TokensOfVideo = 300, BytesOfSound = 6_000, BytesOfVideo = 125_000;

    // A spoken word takes less than a second, and a second has some twenty tokens of audio.
    private const long TokensOfSpokenCharacter = 2;

    // A generated image of the largest size in the best quality.
    private const long TokensOfMadeImage = 6_240;

    /// <summary>The tokens of an image with low detail at OpenAI's models.</summary>
    private const long TokensOfCoarseImage = 85;

    /// <summary>Models with OpenAI's vocabulary of 200,000 words, or with Google's, which is as large.</summary>
    private static readonly string[] NewVocabulary = [
        "gpt-4o", "gpt-4.", "gpt-5", "gpt-6", "gpt-oss", "gpt-image", "chatgpt", "o1", "o3", "o4", "gemini", "gemma"];

    /// <summary>Returns the expected number of tokens in the vocabulary of OpenAI's and Google's models.</summary>
    public static long Tokens(DeliveredText text) => Upwards(text.MilliTokens, 1_000);

    /// <summary>Returns the expected number of tokens in the model's own vocabulary, as far as it is known.</summary>
    public static long Tokens(DeliveredText text, LlmRoute route, string? model) => Upwards(MilliTokens(text, route, model), 1_000);

    /// <summary>
    /// Returns the usage to reserve for a call. It assumes a third more text than expected, so that the reserved input is too low only for
    /// prompts of codes and random letters, or if the model reads more than the request contains: an earlier response, cached content, a
    /// file by its address.
    /// </summary>
    /// <param name="outputTokens">The most, or the expected, tokens of each answer.</param>
    public static LlmUsage Before(LlmRoute route, LlmRequest ask, long outputTokens)
    {
        Invariant.That(outputTokens >= 0, $"{outputTokens} tokens of output.");
        return Shape(route, ask) switch
        {
            Kind.Free => LlmUsage.None,
            Kind.Pieces => Pieces(route, ask),
            Kind.Read => LlmUsage.Of([One, .. InputOf(route, ask, isMost: true)]),
            Kind.Heard => LlmUsage.Of([One, .. SoundOf(route, ask, outputTokens)]),
            Kind.Spoken => Spoken(route, ask, ask.Prompt),
            Kind.Drawn => Drawn(route, ask),
            _ => LlmUsage.Of(
                [One, .. InputOf(route, ask, isMost: true), (LlmUnit.Output, Of(outputTokens * ask.Answers)),
                    (LlmUnit.Search, Of(ask.Searches))]),
        };
    }

    /// <summary>
    /// Returns the tokens to reserve for a prompt whose sender counted its tokens, with the same margin as for an estimate.
    /// </summary>
    public static long Reserved(long inputTokens) => Upwards(inputTokens * 4, 3) + Frame + FrameOfMessage;

    /// <summary>
    /// Returns the probable usage. Reported counts are kept, and the reported output of an incomplete stream is a lower bound; unreported
    /// ones are estimated from the request and the delivered text. Hidden reasoning stays unknown.
    /// </summary>
    /// <param name="ask">Null: the request is unknown, and therefore the input too.</param>
    public static LlmUsage After(LlmRoute route, LlmRequest? ask, DeliveredText delivered, UsageReport report)
    {
        var reported = report.Usage;
        if (report.IsReported && !report.IsPartial)
        {
            return reported;
        }

        var request = reported[LlmUnit.Request].IsZero ? 1 : 0;
        var asked = ask ?? new LlmRequest();
        var kind = Shape(route, asked);
        if (kind is Kind.Free or Kind.Pieces or Kind.Spoken or Kind.Drawn)
        {
            return report.IsReported ? reported : Before(route, asked, 0);
        }

        var output = Tokens(delivered, route, report.Model ?? asked.Model) - (long)reported.OutputTokens.Value;
        var input = ask is null || reported.InputTokens.IsPositive ? []
            : kind == Kind.Heard ? SoundOf(route, ask, 0)
            : InputOf(route, ask, isMost: false);
        var isSeconds = kind == Kind.Heard && IsBySecond(route, asked);
        return LlmUsage.Of(
            [.. reported.Parts, .. input, (LlmUnit.Output, Of(isSeconds || kind == Kind.Read ? 0 : Math.Max(0, output))),
                (LlmUnit.Request, Of(request))]);
    }

    private enum Kind
    {
        Free,

        /// <summary>Counted by searches or pages.</summary>
        Pieces,

        /// <summary>Only reads: embeddings.</summary>
        Read,

        /// <summary>Audio to text.</summary>
        Heard,

        /// <summary>Text to audio.</summary>
        Spoken,
        Drawn,
        Answered,
    }

    private static (LlmUnit, Quantity) One => (LlmUnit.Request, Quantity.One);

    private static Kind Shape(LlmRoute route, LlmRequest ask) => route.Api switch
    {
        LlmApi.Free => Kind.Free,
        LlmApi.OpenAiEmbeddings or LlmApi.GeminiEmbed or LlmApi.CohereEmbed => Kind.Read,
        LlmApi.GeminiPredict => ModelOf(route, ask).StartsWith("imagen", StringComparison.Ordinal) ? Kind.Drawn : Kind.Read,
        LlmApi.OpenAiTranscription => Kind.Heard,
        LlmApi.OpenAiSpeech => Kind.Spoken,
        LlmApi.OpenAiImages or LlmApi.StabilityImage => Kind.Drawn,
        LlmApi.CohereRerank or LlmApi.MistralOcr or (>= LlmApi.TavilySearch and <= LlmApi.FirecrawlSearch) => Kind.Pieces,
        _ => Kind.Answered,
    };

    private static LlmUsage Pieces(LlmRoute route, LlmRequest ask)
    {
        var unit = route.Api is LlmApi.TavilySearch or LlmApi.SerperSearch or LlmApi.ExaSearch or LlmApi.FirecrawlSearch
            or LlmApi.CohereRerank
            ? LlmUnit.Search
            : LlmUnit.Page;
        return LlmUsage.Of(One, (unit, Of(ask.Pieces)));
    }

    /// <summary>Returns all that the model reads.</summary>
    private static List<(LlmUnit, Quantity)> InputOf(LlmRoute route, LlmRequest ask, bool isMost)
    {
        var model = ModelOf(route, ask);
        var text = MilliTokens(ask.Prompt, route, model);
        var tools = (ask.Tools * FrameOfTool) + (ask.Tools > 0 && IsClaude(route, model) ? FrameOfAnthropicTools : 0);
        var isChat = Shape(route, ask) == Kind.Answered;
        var tokens = Upwards(isMost ? Upwards(text * 4, 3) : text, 1_000) + ask.PromptTokens + (ask.Messages * FrameOfMessage)
            + (isChat ? Frame + tools : 0);
        var documents = ask.DocumentBytes == 0 ? 0 : Upwards(ask.DocumentBytes, BytesOfPage) * TokensOfPage;
        var fine = ask.Images - ask.CoarseImages;
        return
        [
            (LlmUnit.Input, Of(tokens + documents)),
            (LlmUnit.ImageInput, Of((fine * TokensOfImage(route, model)) + (ask.CoarseImages * TokensOfCoarse(route, model)))),
            (LlmUnit.AudioInput, Of(Upwards(MillisecondsOf(ask) * TokensOfSound, 1_000))),
            (LlmUnit.VideoInput, Of(Upwards(ask.VideoBytes * TokensOfVideo, BytesOfVideo))),
        ];
    }

    /// <summary>Returns the usage of transcriptions, which some models bill by the second and others by the token.</summary>
    private static List<(LlmUnit, Quantity)> SoundOf(LlmRoute route, LlmRequest ask, long outputTokens)
    {
        var length = (LlmUnit.Second, Quantity.Of(MillisecondsOf(ask) / 1_000m));
        return IsBySecond(route, ask)
            ? [length]
            : [length, .. InputOf(route, ask, isMost: true), (LlmUnit.Output, Of(outputTokens))];
    }

    private static LlmUsage Spoken(LlmRoute route, LlmRequest ask, DeliveredText text) =>
        ModelOf(route, ask).StartsWith("gpt", StringComparison.Ordinal)
            ? LlmUsage.Of(One, (LlmUnit.Input, Of(Tokens(text))), (LlmUnit.AudioOutput, Of(text.Characters * TokensOfSpokenCharacter)))
            : LlmUsage.Of(One);

    private static LlmUsage Drawn(LlmRoute route, LlmRequest ask)
    {
        var images = (LlmUnit.Image, Of(ask.Answers));
        return ModelOf(route, ask).Contains("gpt-image", StringComparison.Ordinal)
            ? LlmUsage.Of([One, images, .. InputOf(route, ask, isMost: true), (LlmUnit.ImageOutput, Of(ask.Answers * TokensOfMadeImage))])
            : LlmUsage.Of(One, images);
    }

    private static long MillisecondsOf(LlmRequest ask) => ask.AudioMilliseconds + Upwards(ask.AudioBytes * 1_000, BytesOfSound);

    private static bool IsBySecond(LlmRoute route, LlmRequest ask) => ModelOf(route, ask).Contains("whisper", StringComparison.Ordinal);

    private static long MilliTokens(DeliveredText text, LlmRoute route, string? model) =>
        IsClaude(route, model) ? Upwards(text.OldMilliTokens * ClaudePercent, 100)
        : HasNewVocabulary(route, model) ? text.MilliTokens
        : text.OldMilliTokens;

    private static bool HasNewVocabulary(LlmRoute route, string? model) =>
        route.Provider is "gemini" or "vertex_ai"
        || (model is not null && Array.Exists(NewVocabulary, name => Bare(model).StartsWith(name, StringComparison.OrdinalIgnoreCase)));

    internal static bool IsClaude(LlmRoute route, string? model) =>
        route.Api == LlmApi.AnthropicMessages || model?.Contains("claude", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Returns the most tokens of one image, as providers state them for their largest size.</summary>
    private static long TokensOfImage(LlmRoute route, string model) => (route.Provider, Bare(model)) switch
    {
        (_, var name) when name.StartsWith("gpt-4o-mini", StringComparison.Ordinal) => 48_169,
        (_, var name) when name.Contains("-nano", StringComparison.Ordinal) => 3_800,
        (_, var name) when name.StartsWith("gpt", StringComparison.Ordinal) && name.Contains("-mini", StringComparison.Ordinal) => 2_650,
        ("openai" or "azure" or "anthropic", _) => 1_600,
        _ => 2_300,
    };

    private static long TokensOfCoarse(LlmRoute route, string model) =>
        Bare(model).StartsWith("gpt-4o-mini", StringComparison.Ordinal) ? 2_833
        : route.Provider is "openai" or "azure" ? TokensOfCoarseImage
        : TokensOfImage(route, model);

    private static string ModelOf(LlmRoute route, LlmRequest ask) => route.Model ?? ask.Model ?? "";

    // Resellers write the maker before the name.
    private static string Bare(string model) => model[(model.LastIndexOf('/') + 1)..];

    private static Quantity Of(long amount) => Quantity.Of(amount);

    private static long Upwards(long amount, long step) => (amount + step - 1) / step;
}
