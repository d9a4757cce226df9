using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Core.Llm.Requests;

/// <summary>
/// The usage that prices a hold. Before a call it is unknown whether its answer will be text, reasoning, audio or images, or whether the
/// provider reads its prompt from a cache or writes it to one; each kind of token may have its own price, up to twelve times as high. The
/// hold assumes the most expensive kinds that the request can cause, so that the call never costs more than its hold.
/// </summary>
public static class DearestUsage
{
    /// <summary>Returns the same amounts in the units that cost the most at this price.</summary>
    /// <param name="expected">The usage from <see cref="UsageEstimate.Before"/>, which counts text as input and output.</param>
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

    // Claude writes to the cache only on request. Others that charge for it write automatically.
    private static LlmUnit[] WritesOf(LlmRoute route, LlmRequest ask) =>
        ask.WritesCache ? [LlmUnit.CacheWrite, LlmUnit.CacheWriteHour]
        : UsageEstimate.IsClaude(route, ask.Model) ? []
        : [LlmUnit.CacheWrite];

    // OpenAI's models answer in text unless the request says otherwise; Gemini's image models generate images.
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
