using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Core.Llm.Requests;

/// <summary>What an answer may have beside text and thought, where its tokens have a price of their own.</summary>
[Flags]
public enum AnswerForms
{
    None = 0,
    Sound = 1,
    Images = 2,
}

/// <summary>
/// What a request says of the call that it asks for, before anybody knows what the call will use. Of a bound under two names the
/// larger one stands.
/// </summary>
public sealed record LlmRequest
{
    /// <summary>As the request or, where the request does not name it, its path says; null: neither does.</summary>
    public string? Model { get; init; }

    /// <summary>The answer is to come as a stream.</summary>
    public bool IsStream { get; init; }

    /// <summary>The caller wants to see the usage in the stream (<c>stream_options.include_usage</c>).</summary>
    public bool WantsUsage { get; init; }

    /// <summary>Tokens that one answer may have, thought included; null: the request sets no bound.</summary>
    public long? MaxOutputTokens { get; init; }

    /// <summary>How many answers or images are asked for.</summary>
    public int Answers { get; init; } = 1;

    /// <summary>Everything that the model reads as text: messages, instructions, descriptions of tools.</summary>
    public DeliveredText Prompt { get; init; }

    /// <summary>Tokens that the prompt has as numbers in place of text.</summary>
    public long PromptTokens { get; init; }

    public int Messages { get; init; }

    public int Tools { get; init; }

    /// <summary>Images of the prompt, inline or by address.</summary>
    public int Images { get; init; }

    /// <summary>Those of them that are asked to be looked at coarsely.</summary>
    public int CoarseImages { get; init; }

    /// <summary>Bytes of sound in the request.</summary>
    public long AudioBytes { get; init; }

    /// <summary>Length of the sound in which it is written; the bytes of that sound are not in <see cref="AudioBytes"/>.</summary>
    public long AudioMilliseconds { get; init; }

    public long VideoBytes { get; init; }

    /// <summary>Bytes of PDF and other documents in the request.</summary>
    public long DocumentBytes { get; init; }

    /// <summary>Searches, pages or documents that a call which is counted by the piece asks for; 0 for other calls.</summary>
    public long Pieces { get; init; }

    /// <summary>Searches on the web that the model may make while it answers.</summary>
    public int Searches { get; init; }

    /// <summary>What the answer may have beside text; null: the request does not say, and the model decides.</summary>
    public AnswerForms? Forms { get; init; }

    /// <summary>The request has parts of the prompt written to the provider's cache.</summary>
    public bool WritesCache { get; init; }

    /// <summary>The service tier that is asked for, where it is not the standard one. Which one serves the call, the answer says.</summary>
    public string? ServiceTier { get; init; }
}
