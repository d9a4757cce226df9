using System.Collections.Frozen;
using Tollgate.Core.Catalog;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Ledger;
using Tollgate.Engine.Llm;
using Tollgate.Engine.Quotas;

namespace Tollgate.Engine.Tests.Llm;

/// <summary>The longest answer that all limits together allow, with features that draw on one credit pool.</summary>
public sealed class AffordableOutputTests
{
    private static readonly FeatureStanding Credits = Of(1, "credits", left: 30);

    private static FeatureStanding Of(int key, string code, decimal? left, CreditPool? pool = null, bool isHard = true)
    {
        var remaining = left is { } some ? Quantity.Of(some) : (Quantity?)null;
        return new(
            new(key, new Feature { Code = code, Name = code }),
            new Entitlement { Feature = code, Quota = remaining, Pool = pool, HardCap = isHard },
            new(key, remaining, Quantity.Zero, Quantity.Zero, remaining, new(Instant.Epoch, Instant.FarFuture)), 0, []);
    }

    /// <summary>The output uses each feature; nothing uses the pool directly, if the plan has it.</summary>
    private static long? Find(params FeatureStanding[] features)
    {
        var plan = new PlanVersion(1, 1, new Plan { Code = "p", Name = "P", SortOrder = 1 }, FrozenDictionary<int, Entitlement>.Empty);
        return AffordableOutput.Find(
            new("c", true, plan, features, Instant.Epoch),
            output =>
                [.. features.Where(feature => feature != Credits)
                    .Select(feature => new Effect(feature.Feature, Quantity.Of(output), MeterAggregate.Sum, default))]);
    }

    private static CreditPool Pool(decimal rate) => new("credits", Quantity.Of(rate));

    [Fact]
    public void The_narrowest_limit_decides()
    {
        Find(Of(2, "a", 70), Of(3, "b", 50)).ShouldBe(50);
        Find(Of(2, "a", 70), Of(3, "b", null)).ShouldBe(70);
        Find(Of(2, "a", null), Of(3, "b", 50, isHard: false)).ShouldBeNull();
        Find(Of(2, "a", 0)).ShouldBe(0);
    }

    [Fact]
    public void A_pool_adds_what_its_rate_buys() => Find(Credits, Of(2, "a", 10, Pool(2))).ShouldBe(25);

    [Fact]
    public void A_pool_that_two_features_draw_on_is_there_once() =>
        Find(Credits, Of(2, "a", 10, Pool(1)), Of(3, "b", 20, Pool(2)))
            .ShouldBe(26, "16 of the first's and 2 × 6 of the second's make 28 of 30, one more token 31");

    [Fact]
    public void A_pool_that_the_plan_does_not_have_adds_nothing() => Find(Of(2, "a", 10, Pool(2))).ShouldBe(10);
}
