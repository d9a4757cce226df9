using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Core.Llm.Requests;

/// <summary>The kinds of answers other than text and reasoning whose tokens have their own price.</summary>
[Flags]
public enum AnswerForms
{
    None = 0,
    Sound = 1,
    Images = 2,
}

/// <summary>The data of a request about its call, before the usage is known. If a limit has two names, the larger value counts.</summary>
public sealed record LlmRequest
{
    /// <summary>The model in the request or else in its path; null: neither names it.</summary>
    public string? Model { get; init; }

    /// <summary>True if the request asks for a stream.</summary>
    public bool IsStream { get; init; }

    /// <summary>True if the caller wants the usage in the stream (<c>stream_options.include_usage</c>).</summary>
    public bool WantsUsage { get; init; }

    /// <summary>The most tokens of one answer, including reasoning; null: the request sets no limit.</summary>
    public long? MaxOutputTokens { get; init; }

    /// <summary>The number of requested answers or images.</summary>
    public int Answers { get; init; } = 1;

    /// <summary>All text that the model reads: messages, instructions, descriptions of tools.</summary>
    public DeliveredText Prompt { get; init; }

    /// <summary>The number of tokens that the prompt contains as numbers instead of text.</summary>
    public long PromptTokens { get; init; }

    public int Messages { get; init; }

    public int Tools { get; init; }

    /// <summary>The number of images in the prompt, inline or by address.</summary>
    public int Images { get; init; }

    /// <summary>The number of these images with low detail.</summary>
    public int CoarseImages { get; init; }

    /// <summary>The bytes of audio in the request.</summary>
    public long AudioBytes { get; init; }

    /// <summary>The length of audio that states it; <see cref="AudioBytes"/> leaves out the bytes of that audio.</summary>
    public long AudioMilliseconds { get; init; }

    public long VideoBytes { get; init; }

    /// <summary>The bytes of PDF and other documents in the request.</summary>
    public long DocumentBytes { get; init; }

    /// <summary>The number of searches, pages or documents that a call counted by the piece requests; 0 for other calls.</summary>
    public long Pieces { get; init; }

    /// <summary>The most web searches that the model may make while it answers.</summary>
    public int Searches { get; init; }

    /// <summary>The kinds of answers other than text; null: the request does not say, and the model decides.</summary>
    public AnswerForms? Forms { get; init; }

    /// <summary>True if the request writes parts of the prompt to the provider's cache.</summary>
    public bool WritesCache { get; init; }

    /// <summary>The requested service tier, unless it is the standard one. The answer names the tier that served the call.</summary>
    public string? ServiceTier { get; init; }
}
