using Tollgate.Core.Money;

namespace Tollgate.Core.Llm;

/// <summary>The state of asynchronous work at a provider.</summary>
public enum WorkState
{
    /// <summary>The answer is not such work, or does not state it.</summary>
    Unsaid,

    /// <summary>Started and not finished: its usage is not known yet.</summary>
    Going,
    Done,

    /// <summary>Failed or canceled. The provider may report its usage until then, or not.</summary>
    Stopped,
}

/// <summary>The data that a provider's answer reports about itself.</summary>
public sealed record UsageReport
{
    /// <summary>An answer without data.</summary>
    public static UsageReport Silent { get; } = new();

    /// <summary>The model that answered, often more exact than the requested one; null if the answer does not name it.</summary>
    public string? Model { get; init; }

    /// <summary>The answer's own id; a resumed or repeated stream has the same one.</summary>
    public string? ResponseId { get; init; }

    public LlmUsage Usage { get; init; } = LlmUsage.None;

    /// <summary>
    /// False: the answer had no usage, so Tollgate has to estimate it. True without usage: nothing was used, as with an error in place of
    /// an answer.
    /// </summary>
    public bool IsReported { get; init; }

    public WorkState Work { get; init; }

    /// <summary>True if the provider stores the answer, so that callers can read or continue it by its id.</summary>
    public bool IsKept { get; init; }

    /// <summary>True for an incomplete stream: the reported usage of its answer is a lower bound.</summary>
    public bool IsPartial { get; init; }

    /// <summary>The cost that the provider reports.</summary>
    public NanoUsd? ReportedCost { get; init; }

    /// <summary>The provider's error message, in an error body or in the middle of a stream.</summary>
    public string? Error { get; init; }

    /// <summary>The tier that served the call, by its name in <see cref="ServiceTiers"/>; null: the standard one, or not given.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>
    /// The reason why a count is not credible (negative, absurdly large or not a number), so that Tollgate has to estimate the usage; null:
    /// all are credible.
    /// </summary>
    public string? Inconsistency { get; init; }

    /// <summary>
    /// The contradiction between the provider's numbers: a stated total is not the sum of its parts, or a part exceeds its whole. The
    /// counts are kept. Null: the numbers agree.
    /// </summary>
    public string? Difference { get; init; }
}
