using System.Text;
using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Core.Llm.Requests;

/// <summary>
/// The data read from a request so far. If two names give different numbers, the larger counts; a repeated name makes the request
/// unreadable, since it is unknown which of the two the provider uses.
/// </summary>
internal sealed class RequestDraft(LlmRoute route)
{
    /// <summary>A number of answers beyond that of any provider.</summary>
    private const long MostAnswers = 1_000;

    /// <summary>
    /// The default of <c>limit</c> in Firecrawl's reference. A page may cost several credits (extracted JSON, a stealth proxy, long PDFs);
    /// the answer states the actual number.
    /// </summary>
    private const long PagesOfCrawl = 10_000;

    private readonly List<(int Group, string Name)> _said = [];
    private long? _maxOutput;
    private long _answers;
    private long? _limit;
    private long _things;
    private long _inputs;
    private int _messages;
    private int _tools;
    private int _images;
    private int _coarse;
    private long _audioBytes;
    private long _audioMilliseconds;
    private long _videoBytes;
    private long _documentBytes;
    private AnswerForms? _forms;

    public string? Model { get; set; }

    public bool? IsStream { get; set; }

    public bool WantsUsage { get; set; }

    public bool IsAdvanced { get; set; }

    public int Searches { get; set; }

    public bool WritesCache { get; set; }

    public string? ServiceTier { get; set; }

    public DeliveredText Prompt { get; set; }

    public long PromptTokens { get; set; }

    /// <summary>True if a member that decides the usage occurs twice.</summary>
    public bool IsTwofold { get; private set; }

    /// <summary>Notes a member of the request or of one of its groups of settings.</summary>
    /// <param name="group">0: the request itself.</param>
    public void Says(int group, RequestMember member, ReadOnlySpan<char> name)
    {
        if (member is not (RequestMember.Model or RequestMember.Stream or RequestMember.StreamOptions or RequestMember.WantsUsage
            or RequestMember.Settings
            or RequestMember.MaxOutput or RequestMember.Answers or RequestMember.Forms or RequestMember.Limit or RequestMember.Depth))
        {
            return;
        }

        // A provider reads only one of the names of the model.
        var said = member == RequestMember.Model ? "model" : name;
        foreach (var (earlier, known) in _said)
        {
            IsTwofold |= earlier == group && said.SequenceEqual(known);
        }

        if (!IsTwofold)
        {
            _said.Add((group, said.ToString()));
        }
    }

    public void Count(RequestMember member, long? number)
    {
        switch (member)
        {
            case RequestMember.MaxOutput when number > 0:
                _maxOutput = Math.Max(_maxOutput ?? 0, number.Value);
                break;
            case RequestMember.Answers when number > 0:
                _answers = Math.Max(_answers, Math.Min(number.Value, MostAnswers));
                break;
            case RequestMember.Limit when number > 0:
                _limit = Math.Max(_limit ?? 0, number.Value);
                break;
            case RequestMember.MostSearches when number > 0:
                Searches = (int)Math.Max(Searches, Math.Min(number.Value, MostAnswers));
                break;
            default:
                break;
        }
    }

    /// <summary>Counts the elements of a list in the request.</summary>
    public void Items(RequestMember member, int count)
    {
        switch (member)
        {
            case RequestMember.Messages:
                _messages += count;
                break;
            case RequestMember.Input:
                _inputs += count;
                break;
            case RequestMember.Tools:
                _tools += count;
                break;
            case RequestMember.Things:
                _things += count;
                break;
            default:
                break;
        }
    }

    public void Files(MediaKind kind, int count, long bytes, bool isCoarse)
    {
        switch (kind)
        {
            case MediaKind.Image:
                _images += count;
                _coarse += isCoarse ? count : 0;
                break;
            case MediaKind.Audio:
                _audioBytes += bytes;
                break;
            case MediaKind.Video:
                _videoBytes += bytes;
                break;
            default:
                _documentBytes += bytes;
                break;
        }
    }

    public void Sound(long milliseconds) => _audioMilliseconds += milliseconds;

    /// <summary>Notes a name or a type in a tool, which may be the provider's web search. Empty: none.</summary>
    public void NoteTool(ReadOnlySpan<byte> word)
    {
        if (word.StartsWith("web_search"u8) || word.SequenceEqual("googleSearch"u8) || word.SequenceEqual("google_search"u8)
            || word.SequenceEqual("googleSearchRetrieval"u8))
        {
            Searches = Math.Max(Searches, 1);
        }
    }

    /// <summary>Notes a word of the list of answer kinds: <c>text</c>, <c>IMAGE</c>.</summary>
    /// <param name="isSetting">True if the list is among the settings, as for Gemini; the others have it in the request itself. A list in
    /// the other place is ignored.</param>
    public void NoteForm(ReadOnlySpan<byte> word, bool isSetting)
    {
        if (isSetting == (route.Api == LlmApi.GeminiGenerate))
        {
            _forms = (_forms ?? AnswerForms.None)
                | (Ascii.EqualsIgnoreCase(word, "text"u8) ? AnswerForms.None
                    : Ascii.EqualsIgnoreCase(word, "audio"u8) ? AnswerForms.Sound
                    : Ascii.EqualsIgnoreCase(word, "image"u8) ? AnswerForms.Images
                    : AnswerForms.Sound | AnswerForms.Images);
        }
    }

    public LlmRequest Finished() => new()
    {
        Model = Model ?? route.Model,
        IsStream = route.Api == LlmApi.OllamaChat ? IsStream ?? route.IsStream : IsStream == true || route.IsStream,
        WantsUsage = WantsUsage,
        MaxOutputTokens = _maxOutput,
        Answers = (int)(_answers > 0 ? _answers : DefaultAnswers),
        Prompt = Prompt,
        PromptTokens = PromptTokens,
        Messages = (int)Math.Max(_messages, PromptTokens > 0 ? 0 : _inputs),
        Tools = _tools,
        Images = _images,
        CoarseImages = _coarse,
        AudioBytes = _audioBytes,
        AudioMilliseconds = _audioMilliseconds,
        VideoBytes = _videoBytes,
        DocumentBytes = _documentBytes,
        Pieces = Pieces,
        Searches = Searches,
        Forms = _forms,
        WritesCache = WritesCache,
        ServiceTier = ServiceTier,
    };

    // Imagen generates four images unless the request states a number.
    private int DefaultAnswers =>
        route.Api == LlmApi.GeminiPredict && route.Model?.StartsWith("imagen", StringComparison.Ordinal) == true ? 4 : 1;

    /// <summary>The number that the answer will probably state; data/llm has the prices of each API in credits.</summary>
    private long Pieces => route.Api switch
    {
        LlmApi.TavilySearch => IsAdvanced ? 2 : 1,
        LlmApi.TavilyPages => _things > 0 ? _things : _limit ?? 50,
        LlmApi.SerperSearch => _limit > 10 ? 2 : 1,
        LlmApi.SerperScrape => 2,
        LlmApi.ExaSearch => 1,
        LlmApi.ExaContents => Math.Max(1, _things),
        LlmApi.FirecrawlCrawl => _things > 0 ? _things : _limit ?? PagesOfCrawl,
        LlmApi.FirecrawlScrape => 1,
        LlmApi.FirecrawlSearch => 2 * Upwards(_limit ?? 10, 10),
        LlmApi.CohereRerank => Math.Max(1, Upwards(_inputs, 100)),
        LlmApi.MistralOcr => _things > 0 ? _things : Math.Max(1, Upwards(_documentBytes, UsageEstimate.BytesOfPage)),
        _ => 0,
    };

    private static long Upwards(long amount, long step) => (amount + step - 1) / step;
}
