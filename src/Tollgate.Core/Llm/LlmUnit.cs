namespace Tollgate.Core.Llm;

/// <summary>
/// The units of a call. Kinds of tokens exclude each other: a cached input token is no input token, a reasoning token no output token, and
/// an audio token is neither. A provider's subsets are separated on entry, so that nothing counts twice.
/// </summary>
public enum LlmUnit
{
    /// <summary>Text of the prompt that the provider read in full.</summary>
    Input,

    /// <summary>Text of the prompt from the provider's cache.</summary>
    CachedInput,

    /// <summary>Text of the prompt written to the cache, for five minutes if a provider has several lifetimes.</summary>
    CacheWrite,

    /// <summary>Text of the prompt written to the cache for an hour.</summary>
    CacheWriteHour,

    AudioInput,
    CachedAudioInput,
    ImageInput,
    CachedImageInput,
    VideoInput,

    /// <summary>Text of the answer.</summary>
    Output,

    /// <summary>Reasoning before the answer.</summary>
    Reasoning,

    AudioOutput,
    ImageOutput,

    /// <summary>A call, regardless of its content.</summary>
    Request,

    /// <summary>A generated image.</summary>
    Image,

    /// <summary>A page read or crawled.</summary>
    Page,

    /// <summary>A search, including one that a model made while it answered.</summary>
    Search,

    /// <summary>A second of audio or video.</summary>
    Second,
}
