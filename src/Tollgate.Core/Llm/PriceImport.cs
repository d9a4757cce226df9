using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Llm;

public enum PriceChangeKind
{
    /// <summary>The book has no price of this model, or none of this moment.</summary>
    New,

    /// <summary>The book has another price.</summary>
    Changed,

    /// <summary>The book says so already.</summary>
    Unchanged,

    /// <summary>The book says otherwise of the past. It is left as it is: what was priced then stays priced so.</summary>
    Left,
}

/// <summary>What a list would do to one price of the book.</summary>
/// <param name="Price">As it would be added: a price that changes what holds now begins now, not in the past.</param>
/// <param name="Before">What holds without it; null: nothing.</param>
public sealed record PriceChange(PriceChangeKind Kind, ModelPrice Price, ModelPrice? Before)
{
    public bool IsAdded => Kind is PriceChangeKind.New or PriceChangeKind.Changed;

    /// <summary>Units whose own price differs, and both prices of each; null: not stated.</summary>
    public IReadOnlyList<(LlmUnit Unit, UnitPrice? Before, UnitPrice? Now)> Units =>
    [
        .. Enum.GetValues<LlmUnit>().Select(unit => (unit, Of(Before, unit), Of(Price, unit))).Where(static row => row.Item2 != row.Item3),
    ];

    private static UnitPrice? Of(ModelPrice? price, LlmUnit unit) =>
        price is not null && price.Prices.TryGetValue(unit, out var each) ? each : null;
}

/// <summary>Compares a list of prices with a book.</summary>
public static class PriceImport
{
    /// <summary>One change for each price of the list, in its order. Importing what was imported changes nothing.</summary>
    /// <param name="book">Of the same scope, of each provider, model and moment the newest.</param>
    public static IReadOnlyList<PriceChange> Plan(IEnumerable<ModelPrice> book, IReadOnlyList<ModelPrice> list, Instant now)
    {
        var known = book.ToLookup(NameOf);
        var listed = list.ToLookup(NameOf);
        return [.. list.Select(price =>
            Plan([.. known[NameOf(price)]], price, ReferenceEquals(price, HoldingAt(listed[NameOf(price)], now)), now))];
    }

    private static PriceChange Plan(IReadOnlyList<ModelPrice> known, ModelPrice price, bool isCurrent, Instant now)
    {
        var inForce = HoldingAt(known, now);
        var same = known.FirstOrDefault(one => one.ValidFrom == price.ValidFrom);
        if (isCurrent && inForce is not null)
        {
            return Same(inForce, price) ? new(PriceChangeKind.Unchanged, price, inForce)
                : new(PriceChangeKind.Changed, price with { ValidFrom = BeginningOf(price, inForce, now) }, inForce);
        }

        return same is null ? new(PriceChangeKind.New, price, null)
            : Same(same, price) ? new(PriceChangeKind.Unchanged, price, same)
            : new(price.ValidFrom > now ? PriceChangeKind.Changed : PriceChangeKind.Left, price, same);
    }

    // Only the names or the end differ: nothing is priced otherwise. A later beginning is the list's own word on when it changed.
    private static Instant BeginningOf(ModelPrice price, ModelPrice inForce, Instant now) =>
        PriceRules.ChargeTheSame(inForce, price) ? inForce.ValidFrom
        : price.ValidFrom > inForce.ValidFrom ? price.ValidFrom
        : now;

    private static ModelPrice? HoldingAt(IEnumerable<ModelPrice> prices, Instant at) =>
        prices.Where(price => price.HoldsAt(at)).MaxBy(static price => price.ValidFrom);

    private static bool Same(ModelPrice a, ModelPrice b) =>
        PriceRules.ChargeTheSame(a, b) && a.ValidTo == b.ValidTo
        && a.Aliases.ToHashSet(StringComparer.OrdinalIgnoreCase).SetEquals(b.Aliases);

    private static (string Provider, string Model) NameOf(ModelPrice price) =>
        (ModelNames.Canonical(price.Provider).ToUpperInvariant(), price.Model.ToUpperInvariant());
}
