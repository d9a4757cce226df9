using Tollgate.Core.Catalog;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Engine.Quotas;

namespace Tollgate.Engine.Llm;

/// <summary>
/// Finds the longest answer that all hard limits together allow, by bisection. An effect that draws from a credit pool leaves less for the
/// next, as when the gate decides on all of them.
/// </summary>
public static class AffordableOutput
{
    /// <summary>Tokens. No model returns more.</summary>
    private const long MostOutput = 10_000_000;

    /// <param name="effectsOf">Returns the effects of a call with that many output tokens.</param>
    /// <returns>Null: no limit applies. 0: not even the input fits.</returns>
    public static long? Find(CustomerStanding customer, Func<long, IReadOnlyList<Effect>> effectsOf)
    {
        var features = customer.Features.ToDictionary(feature => feature.Feature.Code);
        if (Fits(features, effectsOf(MostOutput)))
        {
            return null;
        }

        var (fits, tooMuch) = (-1L, MostOutput);
        while (tooMuch - fits > 1)
        {
            var middle = fits + ((tooMuch - fits) / 2);
            (fits, tooMuch) = Fits(features, effectsOf(middle)) ? (middle, tooMuch) : (fits, middle);
        }

        return Math.Max(fits, 0);
    }

    private static bool Fits(Dictionary<string, FeatureStanding> features, IReadOnlyList<Effect> effects)
    {
        var taken = new Dictionary<string, Quantity>();
        return effects.All(effect => features.TryGetValue(effect.Feature.Code, out var feature) && Take(feature, effect.Amount));

        bool Take(FeatureStanding feature, Quantity amount)
        {
            var code = feature.Feature.Code;
            var rest = LeftOf(feature) is { } left
                ? (amount - (left - taken.GetValueOrDefault(code)).FloorAtZero()).FloorAtZero()
                : Quantity.Zero;
            taken[code] = taken.GetValueOrDefault(code) + (amount - rest);
            return rest.IsZero
                || (feature.Entitlement.Pool is { } pool && features.TryGetValue(pool.Feature, out var credits)
                    && rest.TimesRoundedUp(pool.Rate) is { } cost && Take(credits, cost));
        }
    }

    /// <summary>Returns null if there is no limit, or only a soft one.</summary>
    private static Quantity? LeftOf(FeatureStanding feature) =>
        feature is { Standing.Remaining: { } remaining, Entitlement.HardCap: true } ? remaining.FloorAtZero() : null;
}
