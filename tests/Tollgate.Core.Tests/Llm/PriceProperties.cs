using FsCheck;
using FsCheck.Fluent;
using Tollgate.Core.Llm;
using Tollgate.Core.Money;
using static Tollgate.Core.Tests.Llm.TestPrices;

namespace Tollgate.Core.Tests.Llm;

/// <summary>Properties of any price and any usage. Failing cases print their seed and shrink.</summary>
public sealed class PriceProperties
{
    private static readonly LlmUnit[] Units = Enum.GetValues<LlmUnit>();

    private static readonly string[] Names = ["gpt-4o", "gpt-4o-2024-08-06", "gpt-*", "*", "models/x", "x", "x-latest"];

    private static readonly string[] Providers = ["openai", "azure", "gemini", "acme"];

    private static void Always(Func<int[], bool> holds) =>
        Prop.ForAll(ArbMap.Default.ArbFor<int[]>(), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    /// <summary>Token prices of whole dollars: a token is 1,000 nano-dollars or more, so no rounding blurs the sum.</summary>
    [Fact]
    public void Without_tiers_the_cost_of_two_calls_is_the_cost_of_both_together() => Always(seed =>
    {
        var price = PriceOf(seed);
        var (a, b) = (UsageOf(seed, 1), UsageOf(seed, 2));
        var both = LlmUsage.Of([.. a.Parts, .. b.Parts]);
        return (PriceRules.CostOf(a, price), PriceRules.CostOf(b, price), PriceRules.CostOf(both, price)) switch
        {
            ({ } x, { } y, { } sum) => x + y == sum,

            // Images and seconds that are unknown alone are measured by the tokens of the other call.
            (null, null, var sum) => sum is null || both.Parts.Any(static part => part.Unit is LlmUnit.Image or LlmUnit.Second),
            _ => true,
        };
    });

    [Fact]
    public void A_cost_is_never_negative_and_never_falls_when_more_is_used() => Always(seed =>
    {
        var price = PriceOf(seed);
        var a = UsageOf(seed, 1);
        var more = LlmUsage.Of([.. a.Parts, .. a.Parts]);
        return PriceRules.CostOf(a, price) is not { } cost
            || (!(cost < NanoUsd.Zero) && PriceRules.CostOf(more, price) is { } larger && !(larger < cost));
    });

    [Fact]
    public void Used_units_cost_something_unless_their_price_is_zero() => Always(seed =>
    {
        var price = PriceOf(seed);
        return Units.All(unit => PriceRules.CostOf(Used((unit, Q(1))), price) switch
        {
            null => PriceRules.PriceOf(unit, price, Quantity.Zero) is null,

            // A call of a model that is priced by tokens has no price of its own.
            { } cost => cost > NanoUsd.Zero == (PriceRules.PriceOf(unit, price, Quantity.Zero)?.Value > 0)
                && (unit == LlmUnit.Request || PriceRules.PriceOf(unit, price, Quantity.Zero) is not null),
        });
    });

    [Fact]
    public void The_cost_is_what_a_naive_sum_says() => Always(seed =>
    {
        var price = PriceOf(seed);
        var usage = UsageOf(seed, 1);
        var expected = usage.Parts.Sum(part => PriceRules.PriceOf(part.Unit, price, usage.InputTokens) is { } each
            ? part.Amount.Value * each.Value / (PriceRules.IsToken(part.Unit) ? 1_000_000m : 1m) : 0m);
        return PriceRules.CostOf(usage, price) is not { } cost || cost.Dollars == expected;
    });

    [Fact]
    public void The_order_of_building_does_not_matter() => Always(seed =>
    {
        ModelPrice[] prices = [.. seed.Select((_, i) => PriceOf(seed, i))];
        var book = PriceBook.Build(prices);
        var other = PriceBook.Build(prices.Reverse());
        var third = PriceBook.Build(prices.OrderBy(price => price.Model, StringComparer.Ordinal).ThenBy(price => price.ValidFrom));
        return Providers.Append(null).All(provider => Names.Append("gpt-4o-latest").All(name => Enumerable.Range(1, 6).All(month =>
        {
            var found = book.Find(provider, name, At(2025, month, 15));
            return Same(found, other.Find(provider, name, At(2025, month, 15)))
                && Same(found, third.Find(provider, name, At(2025, month, 15)));
        })));
    });

    private static bool Same(ModelPrice? a, ModelPrice? b) =>
        (a, b) is (null, null) || (a is not null && b is not null && a.ValidFrom == b.ValidFrom && PriceRules.ChargeTheSame(a, b));

    private static ModelPrice PriceOf(int[] seed, int at = 0)
    {
        var random = new Random(HashOf(seed, at));
        return Model(Providers[random.Next(Providers.Length)], Names[random.Next(Names.Length)],
            [.. Units.Where(_ => random.Next(3) > 0).Select(unit => (unit, $"{random.Next(4)}"))]) with
        {
            ValidFrom = At(2025, random.Next(1, 5), 1),
            ValidTo = random.Next(2) == 0 ? null : At(2025, random.Next(5, 8), 1),
        };
    }

    private static LlmUsage UsageOf(int[] seed, int salt)
    {
        var random = new Random(HashOf(seed, -salt));
        return LlmUsage.Of([.. Units.Where(_ => random.Next(4) == 0).Select(unit => (unit, Q(random.Next(100_000))))]);
    }

    private static int HashOf(int[] seed, int salt) => seed.Aggregate(salt, static (hash, item) => unchecked((hash * 31) + item));
}
