namespace Tollgate.Core.Llm.Shapes;

/// <summary>
/// The amount of text: of an answer so far, with reasoning and arguments of tools, or of a request. Tollgate estimates tokens from it if
/// the answer reports no usage. It is summed string by string, so it depends a little on where a stream cuts a word.
/// </summary>
/// <param name="Characters">Unicode characters.</param>
public readonly record struct DeliveredText(long Characters)
{
    /// <summary>The probable thousandths of tokens in a vocabulary of 200,000 words, as models since 2024 have.</summary>
    public long MilliTokens { get; init; }

    /// <summary>
    /// The same in a vocabulary of 100,000 words, as earlier models have, which splits non-Latin scripts into many more tokens.
    /// </summary>
    public long OldMilliTokens { get; init; }

    /// <summary>Returns the text of a whole answer.</summary>
    public static DeliveredText Of(LlmRoute route, ReadOnlySpan<byte> body)
    {
        var stream = new UsageStream(route, Math.Max(body.Length, 1) + 1);
        stream.Feed(body);
        stream.Finish();
        return stream.Text;
    }

    /// <summary>Counts plain text. Bytes that are not UTF-8 are counted roughly.</summary>
    public static DeliveredText OfPlain(ReadOnlySpan<byte> utf8) => TextTally.Count(utf8, isJson: false);

    /// <summary>Counts the inside of a JSON string, with its escapes, to the closing quote or to the end.</summary>
    public static DeliveredText OfJson(ReadOnlySpan<byte> inside) => TextTally.Count(inside, isJson: true);

    public static DeliveredText operator +(DeliveredText a, DeliveredText b) =>
        new(a.Characters + b.Characters)
        {
            MilliTokens = a.MilliTokens + b.MilliTokens,
            OldMilliTokens = a.OldMilliTokens + b.OldMilliTokens,
        };
}
