namespace Tollgate.Core.Llm.Shapes;

/// <summary>
/// How much text an answer has delivered so far: answer, thought and arguments of tools. What an estimator needs when no
/// usage comes.
/// </summary>
/// <param name="Characters">Characters of Unicode.</param>
/// <param name="WideCharacters">Those of them beyond ASCII, which are more tokens each.</param>
public readonly record struct DeliveredText(long Characters, long WideCharacters)
{
    /// <summary>The text of a whole answer.</summary>
    public static DeliveredText Of(LlmRoute route, ReadOnlySpan<byte> body)
    {
        var stream = new UsageStream(route, Math.Max(body.Length, 1) + 1);
        stream.Feed(body);
        stream.Finish();
        return stream.Text;
    }

    public static DeliveredText operator +(DeliveredText a, DeliveredText b) =>
        new(a.Characters + b.Characters, a.WideCharacters + b.WideCharacters);
}
