namespace Tollgate.Core.Llm.Shapes;

/// <summary>
/// Tokens as totals that include their parts, the form to which every provider's numbers are converted: <see cref="Input"/> is the whole
/// prompt, including tokens read from and written to the cache, and <see cref="Output"/> the whole answer, including reasoning.
/// </summary>
internal sealed record TokenTotals
{
    public long Input { get; init; }

    /// <summary>Tokens read from the cache, of any kind: text, audio, image.</summary>
    public long Cached { get; init; }

    public long CacheWrite { get; init; }

    public long CacheWriteHour { get; init; }

    /// <summary>Audio of the prompt, including <see cref="CachedAudio"/>.</summary>
    public long Audio { get; init; }

    public long CachedAudio { get; init; }

    /// <summary>Images of the prompt, including <see cref="CachedImage"/>.</summary>
    public long Image { get; init; }

    public long CachedImage { get; init; }

    public long Video { get; init; }

    public long Output { get; init; }

    public long Reasoning { get; init; }

    public long AudioOutput { get; init; }

    public long ImageOutput { get; init; }

    /// <summary>The total that the provider states; null: none.</summary>
    public long? Stated { get; init; }

    /// <summary>
    /// Writes the counts, which stay the provider's own even if they contradict each other: parts that exceed their total are kept and the
    /// rest of the total is zero; a stated total that is not the sum is only noted. More tokens than any model accepts are not credible.
    /// </summary>
    public void WriteTo(UsageDraft draft)
    {
        WriteInput(draft);
        WriteOutput(draft);
        if (Input + Output > UsageDraft.MostTokens)
        {
            draft.Suspect($"{Input + Output} tokens in one call.");
        }

        if (Stated is { } stated && stated != Input + Output)
        {
            draft.Differs($"The total is stated as {stated}, its parts are {Input} and {Output}.");
        }
    }

    private void WriteInput(UsageDraft draft)
    {
        var written = CacheWrite + CacheWriteHour;
        var text = Input - Audio - Image - Video - written;
        var cachedText = Cached - CachedAudio - CachedImage;

        // If the provider does not state what was cached, assume text first, then audio, then images.
        var over = Math.Max(0, cachedText - Math.Max(0, text));
        var cachedAudio = CachedAudio + Math.Clamp(over, 0, Math.Max(0, Audio - CachedAudio));
        over -= cachedAudio - CachedAudio;
        var cachedImage = CachedImage + Math.Clamp(over, 0, Math.Max(0, Image - CachedImage));
        cachedText = Cached - cachedAudio - cachedImage;

        draft.Set(LlmUnit.Input, Rest(text - cachedText, "input", draft));
        draft.Set(LlmUnit.CachedInput, Rest(cachedText, "cached input", draft));
        draft.Set(LlmUnit.CacheWrite, CacheWrite);
        draft.Set(LlmUnit.CacheWriteHour, CacheWriteHour);
        draft.Set(LlmUnit.AudioInput, Rest(Audio - cachedAudio, "audio", draft));
        draft.Set(LlmUnit.CachedAudioInput, cachedAudio);
        draft.Set(LlmUnit.ImageInput, Rest(Image - cachedImage, "image", draft));
        draft.Set(LlmUnit.CachedImageInput, cachedImage);
        draft.Set(LlmUnit.VideoInput, Video);
    }

    private void WriteOutput(UsageDraft draft)
    {
        draft.Set(LlmUnit.Output, Rest(Output - Reasoning - AudioOutput - ImageOutput, "output", draft));
        draft.Set(LlmUnit.Reasoning, Reasoning);
        draft.Set(LlmUnit.AudioOutput, AudioOutput);
        draft.Set(LlmUnit.ImageOutput, ImageOutput);
    }

    private static long Rest(long rest, string whole, UsageDraft draft)
    {
        if (rest < 0)
        {
            draft.Differs($"The parts of the {whole} tokens are {-rest} more than the whole.");
        }

        return Math.Max(0, rest);
    }
}
