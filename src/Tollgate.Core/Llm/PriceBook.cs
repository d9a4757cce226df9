using System.Collections.Concurrent;
using Tollgate.Core.Time;

namespace Tollgate.Core.Llm;

/// <summary>
/// All known prices, ready to be asked by the names that calls carry. Immutable; the order in which it was built does not
/// matter. A project's book has its own prices in front of the shared ones.
/// </summary>
/// <remarks>
/// How a name is looked up, each step only when the ones before have no price at that time:
/// 1. the model at its provider, exactly as written (letters' case aside);
/// 2. an alias;
/// 3. both without a prefix that names a provider or a path (<c>openai/…</c>, <c>models/…</c>, the path of an ARN);
/// 4. both without dates, versions, "-latest" and regions, one after the other;
/// 5. patterns, the longest literal part first.
/// A project's own prices are asked through all steps before the shared ones. A bare <c>*</c> prices nothing: it is the fallback by
/// which budgets move for models that nobody knows (<see cref="FindFallback"/>).
/// </remarks>
public sealed class PriceBook
{
    /// <summary>
    /// Names remembered beside those that are found as they are written. A project asks for a handful; the limit keeps callers
    /// who send random names from filling the memory (about 300 bytes each).
    /// </summary>
    internal const int MostRemembered = 2_000;

    private readonly PriceShelf[] _shelves;
    private readonly ConcurrentDictionary<ModelName, PriceSeries[][]> _remembered = new();
    private int _rememberedCount;

    private PriceBook(PriceShelf[] shelves) => _shelves = shelves;

    public static PriceBook Empty { get; } = new([]);

    public static PriceBook Build(IEnumerable<ModelPrice> prices) => Empty.WithOverrides(prices);

    /// <summary>How many names are remembered now.</summary>
    internal int Remembered => _remembered.Count;

    /// <summary>The same book with these prices in front. Cheap: what is behind is not built again.</summary>
    public PriceBook WithOverrides(IEnumerable<ModelPrice> own)
    {
        var shelf = new PriceShelf(own);
        return shelf.IsEmpty ? this : new([shelf, .. _shelves]);
    }

    /// <summary>
    /// The price of a model at an instant; null: unknown. Of several that hold then, the one that started last.
    /// </summary>
    /// <param name="provider">
    /// Null: the name alone decides, makers before resellers (<c>ModelNames</c> has the order). Equal rank and different
    /// prices is ambiguous, hence unknown. A provider that is not in the book is not priced as another one.
    /// </param>
    /// <param name="model">As the call or its answer wrote it.</param>
    public ModelPrice? Find(string? provider, string model, Instant at)
    {
        // No price has a longer name, and names that callers made up are not remembered at length.
        if (model.Length is 0 or > PriceRules.LongestModel || provider?.Length > PriceRules.LongestProvider)
        {
            return null;
        }

        var name = new ModelName(string.IsNullOrEmpty(provider) ? "" : ModelNames.Canonical(provider), model);
        if (name.Provider.Length > 0 && _shelves.Length > 0 && _shelves[0].Exactly(name)?.At(at) is { } exact)
        {
            return exact;
        }

        foreach (var step in StepsOf(name))
        {
            if (Choose(step, at, out var isAmbiguous) is { } price)
            {
                return isAmbiguous ? null : price;
            }
        }

        return null;
    }

    /// <summary>
    /// What a budget is moved by for a model without a price: the price of a bare <c>*</c> of its provider, the project's own before a
    /// shared one. Null: there is none, or without a provider there are several.
    /// </summary>
    public ModelPrice? FindFallback(string? provider, Instant at)
    {
        var name = new ModelName(string.IsNullOrEmpty(provider) ? "" : ModelNames.Canonical(provider), "*");
        foreach (var step in _shelves.SelectMany(shelf => shelf.LastResorts(name)))
        {
            if (Choose(step, at, out var isAmbiguous) is { } price)
            {
                return isAmbiguous ? null : price;
            }
        }

        return null;
    }

    /// <summary>Of series that are equally good by name, the best ranked that has a price then.</summary>
    private static ModelPrice? Choose(PriceSeries[] step, Instant at, out bool isAmbiguous)
    {
        isAmbiguous = false;
        ModelPrice? chosen = null;
        var rank = 0;
        foreach (var series in step)
        {
            if (chosen is not null && series.Rank > rank)
            {
                break;
            }

            if (series.At(at) is not { } price)
            {
                continue;
            }

            isAmbiguous |= chosen is not null && !PriceRules.ChargeTheSame(chosen, price);
            (chosen, rank) = (chosen ?? price, series.Rank);
        }

        return chosen;
    }

    private PriceSeries[][] StepsOf(ModelName name)
    {
        if (_remembered.TryGetValue(name, out var known))
        {
            return known;
        }

        PriceSeries[][] steps = [.. FindSteps(name)];
        if (Volatile.Read(ref _rememberedCount) >= MostRemembered)
        {
            _remembered.Clear();
            Volatile.Write(ref _rememberedCount, 0);
        }

        if (_remembered.TryAdd(name, steps))
        {
            Interlocked.Increment(ref _rememberedCount);
        }

        return steps;
    }

    /// <summary>
    /// A name that begins with a provider is of that provider when the call names none: <c>openai/gpt-4o</c> is OpenAI's,
    /// although OpenRouter lists a model of exactly that name. Then the whole name as it is, for it may be all there is.
    /// </summary>
    private IEnumerable<PriceSeries[]> FindSteps(ModelName name)
    {
        var split = name.Provider.Length == 0 ? ModelNames.SplitProvider(name.Model) : null;
        var read = split is { } known ? new ModelName(known.Provider, known.Model) : name;
        return _shelves.SelectMany(shelf => split is null ? shelf.Find(read) : shelf.Find(read).Concat(shelf.Named(name)));
    }
}
