using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Tollgate.Core.Llm;

/// <summary>The words for units in JSON, in price files and in messages: <c>LlmUnit.CacheWriteHour</c> is <c>cache_write_1h</c>.</summary>
public static class LlmWords
{
    private static readonly FrozenDictionary<LlmUnit, string> ByUnit = new Dictionary<LlmUnit, string>
    {
        [LlmUnit.Input] = "input",
        [LlmUnit.CachedInput] = "cached_input",
        [LlmUnit.CacheWrite] = "cache_write",
        [LlmUnit.CacheWriteHour] = "cache_write_1h",
        [LlmUnit.AudioInput] = "audio_input",
        [LlmUnit.CachedAudioInput] = "cached_audio_input",
        [LlmUnit.ImageInput] = "image_input",
        [LlmUnit.CachedImageInput] = "cached_image_input",
        [LlmUnit.VideoInput] = "video_input",
        [LlmUnit.Output] = "output",
        [LlmUnit.Reasoning] = "reasoning",
        [LlmUnit.AudioOutput] = "audio_output",
        [LlmUnit.ImageOutput] = "image_output",
        [LlmUnit.Request] = "request",
        [LlmUnit.Image] = "image",
        [LlmUnit.Page] = "page",
        [LlmUnit.Search] = "search",
        [LlmUnit.Second] = "second",
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, LlmUnit> ByWord =
        ByUnit.ToFrozenDictionary(static pair => pair.Value, static pair => pair.Key, StringComparer.Ordinal);

    /// <summary>All words in the order of the units.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Enum.GetValues<LlmUnit>().Select(Of)];

    public static string Of(LlmUnit unit) => ByUnit[unit];

    /// <summary>The name of a count: <c>cached_input_tokens</c>, <c>cache_write_1h_tokens</c>, <c>images</c>, <c>searches</c>.</summary>
    public static string CountOf(LlmUnit unit) =>
        PriceRules.IsToken(unit) ? Of(unit) + "_tokens" : unit == LlmUnit.Search ? "searches" : Of(unit) + "s";

    public static bool TryParse([NotNullWhen(true)] string? word, out LlmUnit unit)
    {
        unit = default;
        return word is not null && ByWord.TryGetValue(word, out unit);
    }
}
