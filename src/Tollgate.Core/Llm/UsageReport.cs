using Tollgate.Core.Money;

namespace Tollgate.Core.Llm;

/// <summary>Where work stands that a provider does while nobody waits for it.</summary>
public enum WorkState
{
    /// <summary>The answer is no such work, or does not say.</summary>
    Unsaid,

    /// <summary>Started, and not over: what it uses is not known yet.</summary>
    Going,
    Done,

    /// <summary>Failed or cancelled. What it used until then may be said, or not.</summary>
    Stopped,
}

/// <summary>What a provider's answer says about itself, as far as it says it.</summary>
public sealed record UsageReport
{
    /// <summary>An answer that says nothing.</summary>
    public static UsageReport Silent { get; } = new();

    /// <summary>The model that answered, often more exact than the one that was asked; null when it is not in the answer.</summary>
    public string? Model { get; init; }

    /// <summary>The answer's own id; a resumed or repeated stream carries the same one.</summary>
    public string? ResponseId { get; init; }

    public LlmUsage Usage { get; init; } = LlmUsage.None;

    /// <summary>
    /// False: the answer had no usage, so the usage has to be estimated. True with no usage: it is known that nothing was
    /// used, as in an error that came in place of an answer.
    /// </summary>
    public bool IsReported { get; init; }

    public WorkState Work { get; init; }

    /// <summary>The provider keeps the answer, so that it can be read or continued by its id.</summary>
    public bool IsKept { get; init; }

    /// <summary>A stream that broke off: what it reported of its answer is the least that was used.</summary>
    public bool IsPartial { get; init; }

    /// <summary>What the provider itself says it charged.</summary>
    public NanoUsd? ReportedCost { get; init; }

    /// <summary>The provider's error message, in an error body or in the middle of a stream.</summary>
    public string? Error { get; init; }

    /// <summary>The tier that served the call, as <see cref="ServiceTiers"/> names it; null: the standard one, or not said.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>
    /// Why a count cannot be believed (it is negative, absurdly large or no number), so that the usage has to be estimated; null: all can.
    /// </summary>
    public string? Inconsistency { get; init; }

    /// <summary>
    /// How the provider's numbers differ from each other: a stated total is not the sum of its parts, or a part is larger than its whole.
    /// The counts stand all the same. Null: the numbers agree.
    /// </summary>
    public string? Difference { get; init; }
}
