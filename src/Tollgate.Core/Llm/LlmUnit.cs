namespace Tollgate.Core.Llm;

/// <summary>
/// What is counted of a call. Kinds of tokens exclude each other: a cached input token is no input token, a reasoning token no
/// output token, an audio token neither. A provider's subsets are taken apart on entry, so that nothing is counted twice.
/// </summary>
public enum LlmUnit
{
    /// <summary>Text of the prompt that was read in full.</summary>
    Input,

    /// <summary>Text of the prompt that the provider had in its cache.</summary>
    CachedInput,

    /// <summary>Text of the prompt written to the cache, for five minutes where a provider has several lifetimes.</summary>
    CacheWrite,

    /// <summary>Written to the cache for an hour.</summary>
    CacheWriteHour,

    AudioInput,
    CachedAudioInput,
    ImageInput,
    CachedImageInput,
    VideoInput,

    /// <summary>Text of the answer.</summary>
    Output,

    /// <summary>Thought before the answer.</summary>
    Reasoning,

    AudioOutput,
    ImageOutput,

    /// <summary>A call, whatever it carried.</summary>
    Request,

    /// <summary>An image made.</summary>
    Image,

    /// <summary>A page read or crawled.</summary>
    Page,

    /// <summary>A search, also one that a model made while it answered.</summary>
    Search,

    /// <summary>A second of audio or video.</summary>
    Second,
}
