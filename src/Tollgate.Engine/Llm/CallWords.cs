using System.Collections.Frozen;
using Tollgate.Core.Llm;

namespace Tollgate.Engine.Llm;

/// <summary>The properties in which a recorded call stores its usage; meters may read them.</summary>
public static class CallWords
{
    /// <summary>Those that may contain what a person wrote, or identify a request.</summary>
    private static readonly FrozenSet<string> Texts =
        FrozenSet.Create(StringComparer.Ordinal, "request_id", "usage_difference", "endpoint", "error");

    private static readonly FrozenSet<string> Ours = Enum.GetValues<LlmUnit>().Select(Of)
        .Concat(["feature", "attribute_to", "service_tier", "usage_difference", "provider", "model", "total_tokens", "estimated",
            "reported_cost_usd", "request_id", "endpoint", "latency_ms", "status", "error", "cost_usd"])
        .ToFrozenSet(StringComparer.Ordinal);

    /// <summary>
    /// The properties that costs and reports read, which encryption leaves readable: figures, and names that code chooses.
    /// </summary>
    public static IReadOnlySet<string> Figures { get; } =
        Ours.Where(static name => !Texts.Contains(name)).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Those of an adjustment: also <c>call</c>, the id of the call that it corrects.</summary>
    public static IReadOnlySet<string> FiguresOfAdjustment { get; } = Figures.Append("call").ToFrozenSet(StringComparer.Ordinal);

    /// <summary>All names of the properties of a recorded call.</summary>
    internal static IEnumerable<string> Names => Ours;

    /// <summary>The name of a count: <see cref="LlmWords.CountOf"/>.</summary>
    public static string Of(LlmUnit unit) => LlmWords.CountOf(unit);

    /// <summary>True for a name that a caller's own property cannot have.</summary>
    public static bool AreOurs(string name) => Ours.Contains(name);
}
