using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Core.Llm.Requests;

/// <summary>
/// What a hold is priced by. Before a call nobody knows whether its answer will be text, thought, sound or images, or whether its
/// prompt is read or written to a cache; tokens of each may have prices of their own, up to twelve times as high. The hold takes
/// the dearest that the request can cause, so that the call never costs more than is held for it.
/// </summary>
public static class DearestUsage
{
    /// <summary>The same amounts, as units that cost the most at this price.</summary>
    /// <param name="expected">From <see cref="UsageEstimate.Before"/>: its text is taken for input and output.</param>
    public static LlmUsage Of(LlmUsage expected, LlmRoute route, LlmRequest ask, ModelPrice price)
    {
        var writes = WritesOf(route, ask);
        var outputs = OutputsOf(route, ask);
        return LlmUsage.Of([.. expected.Parts.Select(part => (UnitFor(part.Unit), part.Amount))]);

        LlmUnit UnitFor(LlmUnit unit) => unit switch
        {
            LlmUnit.Input or LlmUnit.ImageInput => Dearest(unit, writes),
            LlmUnit.Output => Dearest(unit, outputs),
            _ => unit,
        };

        LlmUnit Dearest(LlmUnit own, LlmUnit[] others) =>
            others.Prepend(own).MaxBy(unit => PriceRules.PriceOf(unit, price, expected.InputTokens)?.Value ?? -1);
    }

    // Claude writes what it is asked to write. Others that charge for writing do it by themselves.
    private static LlmUnit[] WritesOf(LlmRoute route, LlmRequest ask) =>
        ask.WritesCache ? [LlmUnit.CacheWrite, LlmUnit.CacheWriteHour]
        : UsageEstimate.IsClaude(route, ask.Model) ? []
        : [LlmUnit.CacheWrite];

    // OpenAI's models answer in text when they are not told otherwise; Gemini's that draw, draw.
    private static LlmUnit[] OutputsOf(LlmRoute route, LlmRequest ask)
    {
        var forms = ask.Forms ?? (route.Provider is "openai" or "azure" ? AnswerForms.None : AnswerForms.Sound | AnswerForms.Images);
        return
        [
            LlmUnit.Reasoning,
            .. forms.HasFlag(AnswerForms.Sound) ? [LlmUnit.AudioOutput] : (LlmUnit[])[],
            .. forms.HasFlag(AnswerForms.Images) ? [LlmUnit.ImageOutput] : (LlmUnit[])[],
        ];
    }
}
