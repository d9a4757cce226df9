namespace Tollgate.Core.Llm.Shapes;

/// <summary>The kinds of calls; answers of one kind report their usage in the same form, whole or as a stream.</summary>
public enum LlmApi
{
    /// <summary>Neither host nor path names it: the members of the answer decide.</summary>
    Unknown,

    /// <summary>A call that costs nothing: lists of models, counts of tokens, moderation.</summary>
    Free,

    /// <summary>Chat and text completions of OpenAI, Azure and providers that copied them.</summary>
    OpenAiChat,
    OpenAiResponses,

    /// <summary>An asynchronous chat: a call starts it, and the answer to a later one contains the completion.</summary>
    PerplexityAsync,
    OpenAiEmbeddings,
    OpenAiImages,
    OpenAiTranscription,
    OpenAiSpeech,

    AnthropicMessages,

    GeminiGenerate,
    GeminiEmbed,

    /// <summary>Imagen, and embeddings of Vertex AI.</summary>
    GeminiPredict,

    BedrockConverse,

    /// <summary>The body of the model's vendor, with additional counts of Amazon.</summary>
    BedrockInvoke,

    CohereChat,
    CohereEmbed,
    CohereRerank,

    MistralOcr,
    OllamaChat,

    TavilySearch,

    /// <summary>Extract, crawl and map.</summary>
    TavilyPages,
    SerperSearch,
    SerperScrape,
    ExaSearch,
    ExaContents,
    FirecrawlScrape,
    FirecrawlCrawl,
    FirecrawlSearch,
    StabilityImage,
}
