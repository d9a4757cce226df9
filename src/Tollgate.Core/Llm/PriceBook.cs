using System.Collections.Concurrent;
using Tollgate.Core.Time;

namespace Tollgate.Core.Llm;

/// <summary>
/// All known prices, indexed by the names that calls contain. Immutable; the order of building does not matter. A project's book has its
/// own prices in front of the shared ones.
/// </summary>
/// <remarks>
/// The look-up of a name; each step applies only if the earlier ones have no price at that time:
/// 1. the model at its provider, exactly as written (except for letter case);
/// 2. an alias;
/// 3. both without a prefix that names a provider or a path (<c>openai/…</c>, <c>models/…</c>, the path of an ARN);
/// 4. both without dates, versions, "-latest" and regions, one after the other;
/// 5. patterns, the longest literal part first.
/// A project's own prices go through all steps before the shared ones. A bare <c>*</c> prices nothing: it is the fallback price that moves
/// budgets for unknown models (<see cref="FindFallback"/>).
/// </remarks>
public sealed class PriceBook
{
    /// <summary>
    /// The most cached names, in addition to those found as written. A project uses a handful; the limit keeps callers that send random
    /// names from filling the memory (about 300 bytes each).
    /// </summary>
    internal const int MostRemembered = 2_000;

    private readonly PriceShelf[] _shelves;
    private readonly ConcurrentDictionary<ModelName, PriceSeries[][]> _remembered = new();
    private int _rememberedCount;

    private PriceBook(PriceShelf[] shelves) => _shelves = shelves;

    public static PriceBook Empty { get; } = new([]);

    public static PriceBook Build(IEnumerable<ModelPrice> prices) => Empty.WithOverrides(prices);

    /// <summary>The number of cached names.</summary>
    internal int Remembered => _remembered.Count;

    /// <summary>Returns the book with these prices in front. Cheap: it does not rebuild the rest.</summary>
    public PriceBook WithOverrides(IEnumerable<ModelPrice> own)
    {
        var shelf = new PriceShelf(own);
        return shelf.IsEmpty ? this : new([shelf, .. _shelves]);
    }

    /// <summary>Returns the price of a model at an instant; null: unknown. If several apply, the one that started last wins.</summary>
    /// <param name="provider">
    /// Null: the name alone decides, makers before resellers (<c>ModelNames</c> has the order). Different prices of equal rank are
    /// ambiguous, and therefore unknown. A provider that is not in the book never gets the price of another.
    /// </param>
    /// <param name="model">The name as the call or its answer wrote it.</param>
    public ModelPrice? Find(string? provider, string model, Instant at)
    {
        // No price has a longer name, and the cache keeps no long names that callers invented.
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
    /// Returns the fallback price that moves budgets for a model without a price: the price of a bare <c>*</c> of its provider, the
    /// project's own before a shared one. Null: there is none, or several without a provider.
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

    /// <summary>
    /// Returns the price of the best-ranked series that has one at that time, among series that match the name equally well.
    /// </summary>
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
    /// Returns the steps for a name. A name that begins with a provider belongs to that provider if the call names none:
    /// <c>openai/gpt-4o</c> is OpenAI's, although OpenRouter lists a model of exactly that name. The whole name follows, in case nothing
    /// else matches.
    /// </summary>
    private IEnumerable<PriceSeries[]> FindSteps(ModelName name)
    {
        var split = name.Provider.Length == 0 ? ModelNames.SplitProvider(name.Model) : null;
        var read = split is { } known ? new ModelName(known.Provider, known.Model) : name;
        return _shelves.SelectMany(shelf => split is null ? shelf.Find(read) : shelf.Find(read).Concat(shelf.Named(name)));
    }
}
