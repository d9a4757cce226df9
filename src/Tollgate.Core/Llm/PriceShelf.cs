using System.Collections.Frozen;
using Tollgate.Core.Time;

namespace Tollgate.Core.Llm;

/// <summary>A provider and one of its names; an empty provider matches any. Letter case does not matter.</summary>
internal readonly record struct ModelName(string Provider, string Model)
{
    public bool Equals(ModelName other) =>
        string.Equals(Model, other.Model, StringComparison.OrdinalIgnoreCase)
        && string.Equals(Provider, other.Provider, StringComparison.OrdinalIgnoreCase);

    public override int GetHashCode() => HashCode.Combine(
        string.GetHashCode(Provider, StringComparison.OrdinalIgnoreCase), string.GetHashCode(Model, StringComparison.OrdinalIgnoreCase));
}

/// <summary>The prices of one name over time.</summary>
internal sealed class PriceSeries(ModelName name, IEnumerable<ModelPrice> prices)
{
    /// <summary>
    /// The prices, newest start first. The table refuses two prices with the same start; here the rest of their content decides, so that
    /// the order of building never matters.
    /// </summary>
    private readonly ModelPrice[] _prices =
    [
        .. prices.OrderByDescending(static price => price.ValidFrom).ThenBy(static price => price.ValidTo ?? Instant.FarFuture)
            .ThenBy(static price => price.Model, StringComparer.Ordinal).ThenBy(ContentOf, StringComparer.Ordinal),
    ];

    public ModelName Name => name;

    public int Rank { get; } = ModelNames.RankOf(name.Provider);

    public ModelPrice? At(Instant at)
    {
        foreach (var price in _prices)
        {
            if (price.HoldsAt(at))
            {
                return price;
            }
        }

        return null;
    }

    private static string ContentOf(ModelPrice price) =>
        string.Join(';', ListedTiers(price.Tiers).Prepend(Listed(price.Prices))
            .Concat(price.ByServiceTier.OrderBy(static tier => tier.Key, StringComparer.Ordinal)
                .SelectMany(static tier => ListedTiers(tier.Value.Tiers).Prepend($"{tier.Key}:{Listed(tier.Value.Prices)}")))
            .Concat(price.Hours.OrderBy(static window => window.From)
                .Select(static window => $"{window.From:O}-{window.To:O}:{Listed(window.Prices)}"))
            .Append(price.Source));

    private static IEnumerable<string> ListedTiers(IReadOnlyList<PriceTier> tiers) =>
        tiers.OrderBy(static tier => tier.AboveTokens).Select(static tier => $"{tier.AboveTokens}:{Listed(tier.Prices)}");

    private static string Listed(IReadOnlyDictionary<LlmUnit, Money.UnitPrice> prices) =>
        string.Join(',', prices.OrderBy(static pair => pair.Key).Select(static pair => $"{pair.Key}={pair.Value}"));
}

/// <summary>The prices of one origin, a project's or the shared list, by every name that finds them.</summary>
internal sealed class PriceShelf
{
    private readonly FrozenDictionary<ModelName, PriceSeries> _models;
    private readonly FrozenDictionary<ModelName, PriceSeries> _aliases;
    private readonly FrozenDictionary<string, PriceSeries[]> _modelsOfAnybody;
    private readonly FrozenDictionary<string, PriceSeries[]> _aliasesOfAnybody;

    /// <summary>The patterns, the longest literal part first, then by their text.</summary>
    private readonly PriceSeries[][] _patterns;

    private readonly PriceSeries[] _lastResorts;

    public PriceShelf(IEnumerable<ModelPrice> prices)
    {
        ModelPrice[] all = [.. prices];
        var models = Series(all.Select(static price => (price.Model, price)));
        var aliases = Series(all.SelectMany(static price => price.Aliases.Select(alias => (alias, price))));
        _models = ByName(models);
        _aliases = ByName(aliases);
        _modelsOfAnybody = ByModel(models);
        _aliasesOfAnybody = ByModel(aliases);
        var patterns = models.Concat(aliases).Where(static series => ModelNames.IsPattern(series.Name.Model))
            .ToLookup(static series => IsBare(series.Name.Model));
        _patterns =
        [
            .. patterns[false].GroupBy(static series => series.Name.Model, StringComparer.OrdinalIgnoreCase)
                .OrderByDescending(static group => group.Key.Length - group.Key.Count(static letter => letter == '*'))
                .ThenBy(static group => group.Key, StringComparer.OrdinalIgnoreCase)
                .Select(Ranked),
        ];
        _lastResorts = Ranked(patterns[true]);
        IsEmpty = all.Length == 0;
    }

    public bool IsEmpty { get; }

    public PriceSeries? Exactly(ModelName name) => _models.GetValueOrDefault(name);

    /// <summary>Returns every series that the name may mean, the likeliest first. Equally likely series are in one array.</summary>
    public IEnumerable<PriceSeries[]> Find(ModelName name)
    {
        var bare = ModelNames.WithoutPrefix(name.Model);
        string[] full = bare is null ? [name.Model] : [name.Model, bare];
        var shorter = full.Reverse().SelectMany(ModelNames.WithoutSuffixes);
        foreach (var model in full.Concat(shorter))
        {
            foreach (var found in Named(name with { Model = model }))
            {
                yield return found;
            }
        }

        foreach (var pattern in _patterns)
        {
            var ofProvider = OfProvider(pattern, name.Provider);
            if (ofProvider.Length > 0 && full.Any(model => ModelNames.Matches(pattern[0].Name.Model, model)))
            {
                yield return ofProvider;
            }
        }
    }

    /// <summary>Returns the series of exactly that name, then those that have it as an alias.</summary>
    public IEnumerable<PriceSeries[]> Named(ModelName name)
    {
        if (name.Provider.Length > 0)
        {
            return [.. One(_models, name), .. One(_aliases, name)];
        }

        return [_modelsOfAnybody.GetValueOrDefault(name.Model, []), _aliasesOfAnybody.GetValueOrDefault(name.Model, [])];
    }

    /// <summary>Returns the prices of a bare <c>*</c>, for models that no other price names.</summary>
    public IEnumerable<PriceSeries[]> LastResorts(ModelName name) => [OfProvider(_lastResorts, name.Provider)];

    private static PriceSeries[][] One(FrozenDictionary<ModelName, PriceSeries> series, ModelName name) =>
        series.TryGetValue(name, out var found) ? [[found]] : [];

    private static PriceSeries[] OfProvider(PriceSeries[] series, string provider) =>
        provider.Length == 0
            ? series
            : [.. series.Where(each => string.Equals(each.Name.Provider, provider, StringComparison.OrdinalIgnoreCase))];

    private static List<PriceSeries> Series(IEnumerable<(string Model, ModelPrice Price)> named) =>
        [.. named.GroupBy(static pair => new ModelName(ModelNames.Canonical(pair.Price.Provider), pair.Model), static pair => pair.Price)
            .Select(static group => new PriceSeries(group.Key, group))];

    private static FrozenDictionary<ModelName, PriceSeries> ByName(IEnumerable<PriceSeries> series) =>
        series.Where(static each => !ModelNames.IsPattern(each.Name.Model)).ToFrozenDictionary(static each => each.Name);

    private static FrozenDictionary<string, PriceSeries[]> ByModel(IEnumerable<PriceSeries> series) =>
        series.Where(static each => !ModelNames.IsPattern(each.Name.Model))
            .GroupBy(static each => each.Name.Model, StringComparer.OrdinalIgnoreCase)
            .ToFrozenDictionary(static group => group.Key, Ranked, StringComparer.OrdinalIgnoreCase);

    private static PriceSeries[] Ranked(IEnumerable<PriceSeries> series) =>
        [.. series.OrderBy(static each => each.Rank).ThenBy(static each => each.Name.Provider, StringComparer.OrdinalIgnoreCase)];

    private static bool IsBare(string pattern) => pattern.All(static letter => letter == '*');
}
