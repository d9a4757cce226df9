using System.Collections.Frozen;
using Tollgate.Core.Customers;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Llm;

/// <summary>The computation of a call's cost, and the validation of prices.</summary>
public static class PriceRules
{
    /// <summary>The longest provider name in UTF-16 units: words such as <c>vertex_ai</c>.</summary>
    public const int LongestProvider = 64;

    /// <summary>The longest model name in UTF-16 units. The longest real names are ARNs of inference profiles, some 160.</summary>
    public const int LongestModel = 255;

    /// <summary>The longest source in UTF-16 units.</summary>
    public const int LongestSource = 500;

    public const int MostAliases = 100;

    /// <summary>
    /// The most prices of one project, including past ones, which are never removed. Every server keeps them in memory; the shared list of
    /// all providers has some 2,300.
    /// </summary>
    public const int MostOwnPrices = 10_000;

    /// <summary>The most tiers; real lists have one or two.</summary>
    public const int MostTiers = 20;

    /// <summary>The most service tiers; real lists have three.</summary>
    public const int MostServiceTiers = 10;

    /// <summary>The most windows: one for each hour of the day.</summary>
    public const int MostHours = 24;

    /// <summary>The largest markup in basis points: ten times the price. A larger one is an error of units.</summary>
    public const int LargestMarkup = 100_000;

    /// <summary>
    /// The prices that can apply to each unit, its own first. A special kind without a price costs as much as the ordinary one: cached
    /// input like input, reasoning like output, audio like text.
    /// </summary>
    /// <remarks>
    /// Cached audio and images have two parents. If a model prices audio separately, no unstated discount for cached audio is assumed: the
    /// price of cached text is a fortieth of it. If audio costs as much as text, cached audio costs as much as cached text.
    /// </remarks>
    private static readonly FrozenDictionary<LlmUnit, LlmUnit[]> Chains = new Dictionary<LlmUnit, LlmUnit[]>
    {
        [LlmUnit.Input] = [LlmUnit.Input],
        [LlmUnit.CachedInput] = [LlmUnit.CachedInput, LlmUnit.Input],
        [LlmUnit.CacheWrite] = [LlmUnit.CacheWrite, LlmUnit.Input],
        [LlmUnit.CacheWriteHour] = [LlmUnit.CacheWriteHour, LlmUnit.CacheWrite, LlmUnit.Input],
        [LlmUnit.AudioInput] = [LlmUnit.AudioInput, LlmUnit.Input],
        [LlmUnit.CachedAudioInput] = [LlmUnit.CachedAudioInput, LlmUnit.AudioInput, LlmUnit.CachedInput, LlmUnit.Input],
        [LlmUnit.ImageInput] = [LlmUnit.ImageInput, LlmUnit.Input],
        [LlmUnit.CachedImageInput] = [LlmUnit.CachedImageInput, LlmUnit.ImageInput, LlmUnit.CachedInput, LlmUnit.Input],
        [LlmUnit.VideoInput] = [LlmUnit.VideoInput, LlmUnit.Input],
        [LlmUnit.Output] = [LlmUnit.Output],
        [LlmUnit.Reasoning] = [LlmUnit.Reasoning, LlmUnit.Output],
        [LlmUnit.AudioOutput] = [LlmUnit.AudioOutput, LlmUnit.Output],
        [LlmUnit.ImageOutput] = [LlmUnit.ImageOutput, LlmUnit.Output],
        [LlmUnit.Request] = [LlmUnit.Request],
        [LlmUnit.Image] = [LlmUnit.Image],
        [LlmUnit.Page] = [LlmUnit.Page],
        [LlmUnit.Search] = [LlmUnit.Search],
        [LlmUnit.Second] = [LlmUnit.Second],
    }.ToFrozenDictionary();

    /// <summary>True for units priced by the million; false for units priced each.</summary>
    public static bool IsToken(LlmUnit unit) => unit < LlmUnit.Request;

    /// <summary>
    /// Returns the price that applies to a call: 1. the model's own, 2. with the changes of the hour of the call, 3. with the changes of
    /// the service tier. The result has neither hours nor service tiers.
    /// </summary>
    /// <param name="serviceTier">The name of <see cref="ServiceTiers"/>; null: the standard tier.</param>
    public static ModelPrice InForce(ModelPrice price, string? serviceTier, Instant at)
    {
        if (price is { ByServiceTier.Count: 0, Hours.Count: 0 })
        {
            return price;
        }

        var hours = price.Hours.FirstOrDefault(window => window.HoldAt(at));
        var tier = serviceTier is null ? null : price.ByServiceTier.GetValueOrDefault(serviceTier);
        return price with
        {
            Prices = With(With(price.Prices, hours?.Prices), tier?.Prices),
            Tiers = tier is { Tiers.Count: > 0 } ? tier.Tiers : price.Tiers,
            ByServiceTier = FrozenDictionary<string, ServiceTierPrice>.Empty,
            Hours = [],
        };
    }

    private static IReadOnlyDictionary<LlmUnit, UnitPrice> With(
        IReadOnlyDictionary<LlmUnit, UnitPrice> prices, IReadOnlyDictionary<LlmUnit, UnitPrice>? changed)
    {
        if (changed is not { Count: > 0 })
        {
            return prices;
        }

        var all = new Dictionary<LlmUnit, UnitPrice>(prices);
        foreach (var (unit, each) in changed)
        {
            all[unit] = each;
        }

        return all;
    }

    /// <summary>
    /// Computes the cost: every amount times its price, exactly, rounded once at the end. Null means unknown, which is not free: a used
    /// unit that is charged separately has no price (<see cref="CostsApart"/>), or no used unit has one, or the sum exceeds 9 billion
    /// dollars (an error of the price or of the usage). No usage costs nothing, and neither does a call without tokens to a model that is
    /// priced by tokens.
    /// </summary>
    /// <param name="price">The result of <see cref="InForce"/>.</param>
    /// <param name="markupBasisPoints">The markup in hundredths of a percent: 2000 turns $1.00 into $1.20. Negative for a discount.</param>
    public static NanoUsd? CostOf(LlmUsage usage, ModelPrice price, int markupBasisPoints = 0) =>
        usage.Parts.Any(part => CostsApart(part.Unit, usage, price) && PriceOf(part.Unit, price, usage.InputTokens) is null)
            ? null
            : SumOf(usage, price, fallback: null, markupBasisPoints);

    /// <summary>
    /// Computes the known part of a cost that is not fully known, for budgets: each unit at the price, or else at the fallback price; units
    /// that neither states are left out. Null: nothing is known.
    /// </summary>
    /// <param name="price">Null: the model has no price.</param>
    public static NanoUsd? LeastCostOf(LlmUsage usage, ModelPrice? price, ModelPrice? fallback, int markupBasisPoints) =>
        SumOf(usage, price, fallback, markupBasisPoints);

    /// <summary>
    /// True if a unit is charged separately. Requests are not, unless the price states it. Images and seconds repeat the measure of a
    /// provider that charges them by tokens; and tokens repeat that of a model without token prices that charges by the second.
    /// </summary>
    /// <param name="price">Null: the model has no price.</param>
    public static bool CostsApart(LlmUnit unit, LlmUsage usage, ModelPrice? price) => unit switch
    {
        LlmUnit.Request => false,
        LlmUnit.Image => usage[LlmUnit.ImageOutput].IsZero,
        LlmUnit.Second => (usage[LlmUnit.AudioInput].IsZero && usage[LlmUnit.CachedAudioInput].IsZero) || IsPricedBySecond(price),
        _ => !(IsToken(unit) && !usage[LlmUnit.Second].IsZero && IsPricedBySecond(price)),
    };

    private static bool IsPricedBySecond(ModelPrice? price) =>
        price is not null && price.Prices.ContainsKey(LlmUnit.Second) && !StatesTokens(price);

    private static bool StatesTokens(ModelPrice price) => price.Prices.Keys.Any(IsToken);

    /// <summary>Computes the cost that the provider reported plus the project's markup.</summary>
    public static NanoUsd CostOf(NanoUsd reported, int markupBasisPoints)
    {
        CheckMarkup(markupBasisPoints);
        return NanoUsd.OfDollars(reported.Dollars * (10_000 + markupBasisPoints) / 10_000m);
    }

    private static void CheckMarkup(int basisPoints) =>
        Invariant.That(basisPoints is >= -10_000 and <= LargestMarkup, $"{basisPoints} basis points are no markup.");

    private static NanoUsd? SumOf(LlmUsage usage, ModelPrice? price, ModelPrice? fallback, int markupBasisPoints)
    {
        CheckMarkup(markupBasisPoints);
        var (millionths, dollars) = (0m, 0m);
        var (used, priced) = (false, false);
        foreach (var (unit, amount) in usage.Parts)
        {
            used |= unit != LlmUnit.Request || price is null || !StatesTokens(price);
            var each = price is null ? null : PriceOf(unit, price, usage.InputTokens);
            if (each is null && fallback is not null && (price is null || CostsApart(unit, usage, price)))
            {
                each = PriceOf(unit, fallback, usage.InputTokens);
            }

            if (each is not { Value: var dollarsEach })
            {
                continue;
            }

            priced = true;
            if (IsToken(unit))
            {
                millionths += amount.Value * dollarsEach;
            }
            else
            {
                dollars += amount.Value * dollarsEach;
            }
        }

        var sum = (dollars + (millionths / 1_000_000m)) * (10_000 + markupBasisPoints) / 10_000m;
        return (used && !priced) || sum > NanoUsd.MostDollars ? null : NanoUsd.OfDollars(sum);
    }

    /// <summary>Returns the price of one unit (of tokens: a million) in a call of that size; null: not stated.</summary>
    /// <param name="inputTokens">All input tokens of the call, which decide the tier.</param>
    public static UnitPrice? PriceOf(LlmUnit unit, ModelPrice price, Quantity inputTokens)
    {
        foreach (var link in Chains[unit])
        {
            if (OwnPriceOf(link, price, inputTokens) is { } each)
            {
                return each;
            }
        }

        return null;
    }

    /// <summary>True if two prices state the same charges for every usage.</summary>
    public static bool ChargeTheSame(ModelPrice a, ModelPrice b) =>
        a.Currency == b.Currency && Same(a.Prices, b.Prices) && Same(a.Tiers, b.Tiers)
        && a.ByServiceTier.Count == b.ByServiceTier.Count
        && a.ByServiceTier.All(pair => b.ByServiceTier.TryGetValue(pair.Key, out var other) && Same(pair.Value.Prices, other.Prices)
            && Same(pair.Value.Tiers, other.Tiers))
        && a.Hours.Count == b.Hours.Count
        && a.Hours.OrderBy(static window => window.From).Zip(b.Hours.OrderBy(static window => window.From)).All(static pair =>
            (pair.First.From, pair.First.To) == (pair.Second.From, pair.Second.To) && Same(pair.First.Prices, pair.Second.Prices));

    /// <summary>Returns every fault at once; an empty list means no fault. Fields have the names of the API.</summary>
    public static IReadOnlyList<FieldFault> Validate(ModelPrice price)
    {
        var faults = new List<FieldFault>();
        Expect(IsName(price.Provider, LongestProvider) && !price.Provider.Contains('*', StringComparison.Ordinal), "provider",
            $"must have 1 to {LongestProvider} characters, no spaces around it and no *.");
        Expect(IsName(price.Model, LongestModel), "model", $"must have 1 to {LongestModel} characters and no spaces around it.");
        Expect(price.Aliases.Count <= MostAliases, "aliases", $"has {price.Aliases.Count} names; at most {MostAliases} are allowed.");
        Expect(price.Aliases.Take(MostAliases).All(static alias => IsName(alias, LongestModel)), "aliases",
            $"each must have 1 to {LongestModel} characters and no spaces around it.");
        Expect(price.Currency == Currency.Usd, "currency", $"is {price.Currency}; prices of models are kept in USD.");
        Expect(price.ValidTo is not { } end || end > price.ValidFrom, "valid_to", $"must be later than valid_from, {price.ValidFrom}.");
        Expect(price.Source.Length is >= 1 and <= LongestSource && CustomerRules.IsLine(price.Source), "source",
            $"must have 1 to {LongestSource} characters and no control characters.");
        Expect(price.Prices.Count > 0, "prices", $"states no price; the units are {string.Join(", ", LlmWords.All)}.");
        AddTierFaults(price.Tiers, "", faults);
        AddServiceTierFaults(price, faults);
        AddHourFaults(price.Hours, faults);
        return faults;

        void Expect(bool holds, string field, string detail)
        {
            if (!holds)
            {
                faults.Add(new(field, detail));
            }
        }
    }

    private static void AddServiceTierFaults(ModelPrice price, List<FieldFault> faults)
    {
        if (price.ByServiceTier.Count > MostServiceTiers)
        {
            faults.Add(new("service_tiers", $"has {price.ByServiceTier.Count} tiers; at most {MostServiceTiers} are allowed."));
            return;
        }

        foreach (var (name, tier) in price.ByServiceTier)
        {
            var path = $"service_tiers.{name}";
            if (ServiceTiers.Of(name) is var known && known != name)
            {
                faults.Add(new(path, known is null
                    ? $"is not a service tier other than the standard one: '{name}' must have 1 to {ServiceTiers.Longest} small letters, "
                        + "digits or _, such as flex, priority or batch."
                    : $"is written '{known}'."));
            }

            if (tier.Prices.Count == 0)
            {
                faults.Add(new($"{path}.prices", "changes no price."));
            }

            AddTierFaults(tier.Tiers, path + ".", faults);
        }
    }

    private static void AddHourFaults(IReadOnlyList<PriceHours> hours, List<FieldFault> faults)
    {
        if (hours.Count > MostHours)
        {
            faults.Add(new("hours", $"has {hours.Count} windows; at most {MostHours} are allowed."));
            return;
        }

        for (var i = 0; i < hours.Count; i++)
        {
            if (hours[i].From == hours[i].To)
            {
                faults.Add(new($"hours[{i}].to", $"is {hours[i].To:HH:mm}, as from: a window that lasts all day is the price itself."));
            }

            if (hours.Take(i)
                .Any(earlier => hours[i].From.IsBetween(earlier.From, earlier.To) || earlier.From.IsBetween(hours[i].From, hours[i].To)))
            {
                faults.Add(new($"hours[{i}].from", $"is {hours[i].From:HH:mm}; a window before has some of these hours."));
            }

            if (hours[i].Prices.Count == 0)
            {
                faults.Add(new($"hours[{i}].prices", "changes no price."));
            }
        }
    }

    private static void AddTierFaults(IReadOnlyList<PriceTier> tiers, string path, List<FieldFault> faults)
    {
        if (tiers.Count > MostTiers)
        {
            faults.Add(new($"{path}tiers", $"has {tiers.Count} tiers; at most {MostTiers} are allowed."));
            return;
        }

        var seen = new HashSet<long>();
        for (var i = 0; i < tiers.Count; i++)
        {
            var tier = tiers[i];
            if (tier.AboveTokens <= 0)
            {
                faults.Add(new($"{path}tiers[{i}].above_tokens", $"is {tier.AboveTokens}; the prices of the model itself begin at 0."));
            }
            else if (!seen.Add(tier.AboveTokens))
            {
                faults.Add(new($"{path}tiers[{i}].above_tokens", $"is {tier.AboveTokens}, as in a tier before."));
            }

            if (tier.Prices.Count == 0)
            {
                faults.Add(new($"{path}tiers[{i}].prices", "changes no price."));
            }

            foreach (var unit in tier.Prices.Keys.Where(static unit => !IsToken(unit)))
            {
                faults.Add(
                    new($"{path}tiers[{i}].prices.{LlmWords.Of(unit)}", "is not counted in tokens; a tier changes prices of tokens only."));
            }
        }
    }

    /// <summary>Returns the price of the highest tier that the call reaches and that states the unit, else the model's own price.</summary>
    private static UnitPrice? OwnPriceOf(LlmUnit unit, ModelPrice price, Quantity inputTokens)
    {
        UnitPrice? found = price.Prices.TryGetValue(unit, out var own) ? own : null;
        var reached = 0L;
        foreach (var tier in price.Tiers)
        {
            if (inputTokens.Value > tier.AboveTokens && tier.AboveTokens > reached && tier.Prices.TryGetValue(unit, out var each))
            {
                (found, reached) = (each, tier.AboveTokens);
            }
        }

        return found;
    }

    private static bool IsName(string? text, int longest) =>
        text is { Length: > 0 } && text.Length <= longest && CustomerRules.IsLine(text) && text.AsSpan().Trim().Length == text.Length;

    private static bool Same(IReadOnlyDictionary<LlmUnit, UnitPrice> a, IReadOnlyDictionary<LlmUnit, UnitPrice> b) =>
        a.Count == b.Count && a.All(pair => b.TryGetValue(pair.Key, out var other) && other == pair.Value);

    private static bool Same(IReadOnlyList<PriceTier> a, IReadOnlyList<PriceTier> b) => a.Count == b.Count
        && Ascending(a).Zip(Ascending(b))
            .All(static pair => pair.First.AboveTokens == pair.Second.AboveTokens && Same(pair.First.Prices, pair.Second.Prices));

    private static IEnumerable<PriceTier> Ascending(IReadOnlyList<PriceTier> tiers) => tiers.OrderBy(static tier => tier.AboveTokens);
}
