using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Llm;

public enum PriceChangeKind
{
    /// <summary>The book has no price of this model, or none with this start.</summary>
    New,

    /// <summary>The book has another price.</summary>
    Changed,

    /// <summary>The book has the same price.</summary>
    Unchanged,

    /// <summary>The book has another price in the past. The import leaves it unchanged: calls priced by it keep their cost.</summary>
    Left,
}

/// <summary>The effect of a list on one price of the book.</summary>
/// <param name="Price">The price to add: a change of the price in force begins now, not in the past.</param>
/// <param name="Before">The price that applies without it; null: none.</param>
public sealed record PriceChange(PriceChangeKind Kind, ModelPrice Price, ModelPrice? Before)
{
    public bool IsAdded => Kind is PriceChangeKind.New or PriceChangeKind.Changed;

    /// <summary>The units whose own price differs, with both prices; null: not stated.</summary>
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
    /// <summary>Returns one change for each price of the list, in its order. A repeated import changes nothing.</summary>
    /// <param name="book">The newest price of each provider, model and start, in the same scope.</param>
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

    // Only the names or the end differ: no call costs more or less. A later start is the list's own statement of the change.
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
