using Tollgate.Core.Money;

namespace Tollgate.Core.Llm;

/// <summary>The amount of each <see cref="LlmUnit"/> that a call used; unused units are zero. Immutable; equal by content.</summary>
public sealed class LlmUsage : IEquatable<LlmUsage>
{
    private static readonly int Units = Enum.GetValues<LlmUnit>().Length;

    private readonly Quantity[] _amounts;

    private LlmUsage(Quantity[] amounts) => _amounts = amounts;

    public static LlmUsage None { get; } = new(new Quantity[Units]);

    public Quantity this[LlmUnit unit] => _amounts[(int)unit];

    /// <summary>All tokens of the prompt, cached or not.</summary>
    public Quantity InputTokens => Sum(LlmUnit.Input, LlmUnit.VideoInput);

    /// <summary>All tokens of the answer, including reasoning.</summary>
    public Quantity OutputTokens => Sum(LlmUnit.Output, LlmUnit.ImageOutput);

    public Quantity TotalTokens => InputTokens + OutputTokens;

    /// <summary>The amounts above zero, in the order of the units.</summary>
    public IEnumerable<(LlmUnit Unit, Quantity Amount)> Parts =>
        _amounts.Select(static (amount, at) => ((LlmUnit)at, amount)).Where(static part => part.amount > Quantity.Zero);

    /// <summary>Adds up the amounts of repeated units.</summary>
    /// <exception cref="InvariantBrokenException">An amount is negative.</exception>
    public static LlmUsage Of(params ReadOnlySpan<(LlmUnit Unit, Quantity Amount)> parts)
    {
        var amounts = new Quantity[Units];
        foreach (var (unit, amount) in parts)
        {
            Invariant.That(!amount.IsNegative, $"{amount} of {unit} were used.");
            amounts[(int)unit] += amount;
        }

        return new(amounts);
    }

    public bool Equals(LlmUsage? other) => other is not null && _amounts.AsSpan().SequenceEqual(other._amounts);

    public override bool Equals(object? obj) => Equals(obj as LlmUsage);

    public override int GetHashCode() => HashCode.Combine(InputTokens, OutputTokens, this[LlmUnit.Request]);

    public override string ToString() => string.Join(", ", Parts.Select(static part => $"{part.Unit} {part.Amount}"));

    private Quantity Sum(LlmUnit first, LlmUnit last)
    {
        var sum = Quantity.Zero;
        foreach (var amount in _amounts.AsSpan((int)first..((int)last + 1)))
        {
            sum += amount;
        }

        return sum;
    }
}
