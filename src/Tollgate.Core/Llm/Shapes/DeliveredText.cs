namespace Tollgate.Core.Llm.Shapes;

/// <summary>
/// How much text there is: what an answer has delivered so far, with thought and arguments of tools, or what a request asks.
/// What an estimator needs when no usage comes. It is added up string by string, and so depends a little on where a stream
/// cuts a word.
/// </summary>
/// <param name="Characters">Characters of Unicode.</param>
public readonly record struct DeliveredText(long Characters)
{
    /// <summary>Thousandths of tokens that the text probably is in a vocabulary of 200,000 words, as models since 2024 have.</summary>
    public long MilliTokens { get; init; }

    /// <summary>The same in one of 100,000 words, as models before them had, which cuts other scripts than Latin much smaller.</summary>
    public long OldMilliTokens { get; init; }

    /// <summary>The text of a whole answer.</summary>
    public static DeliveredText Of(LlmRoute route, ReadOnlySpan<byte> body)
    {
        var stream = new UsageStream(route, Math.Max(body.Length, 1) + 1);
        stream.Feed(body);
        stream.Finish();
        return stream.Text;
    }

    /// <summary>Plain text. Bytes that are not UTF-8 are counted somehow.</summary>
    public static DeliveredText OfPlain(ReadOnlySpan<byte> utf8) => TextTally.Count(utf8, isJson: false);

    /// <summary>The inside of a JSON string, with its escapes, to the closing quote or to the end.</summary>
    public static DeliveredText OfJson(ReadOnlySpan<byte> inside) => TextTally.Count(inside, isJson: true);

    public static DeliveredText operator +(DeliveredText a, DeliveredText b) =>
        new(a.Characters + b.Characters)
        {
            MilliTokens = a.MilliTokens + b.MilliTokens,
            OldMilliTokens = a.OldMilliTokens + b.OldMilliTokens,
        };
}
