namespace Tollgate.Core.Llm.Shapes;

/// <summary>
/// Tokens as wholes with their parts inside, the form that every provider's numbers can be brought into:
/// <see cref="Input"/> is all of the prompt, cached and written to the cache included, <see cref="Output"/> all of the
/// answer, thought included.
/// </summary>
internal sealed record TokenTotals
{
    public long Input { get; init; }

    /// <summary>Read from the cache, in whichever form: text, sound, image.</summary>
    public long Cached { get; init; }

    public long CacheWrite { get; init; }

    public long CacheWriteHour { get; init; }

    /// <summary>Sound of the prompt, <see cref="CachedAudio"/> included.</summary>
    public long Audio { get; init; }

    public long CachedAudio { get; init; }

    /// <summary>Images of the prompt, <see cref="CachedImage"/> included.</summary>
    public long Image { get; init; }

    public long CachedImage { get; init; }

    public long Video { get; init; }

    public long Output { get; init; }

    public long Reasoning { get; init; }

    public long AudioOutput { get; init; }

    public long ImageOutput { get; init; }

    /// <summary>The sum that the provider states; null when it states none.</summary>
    public long? Stated { get; init; }

    /// <summary>
    /// The counts are the provider's own, also where they differ: parts that are larger than their whole are kept and the rest of the whole
    /// is then zero; a stated total that is not the sum is only noted. More tokens than any model takes are doubted.
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

        // Where the provider does not say what was cached, it was text first, then sound, then images.
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
