using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;
using Tollgate.Core.Time;
using static Tollgate.Core.Tests.Time.QuotaPeriodsTests;

namespace Tollgate.Core.Tests.Rating;

/// <summary><c>late_events</c>: usage that arrives after its invoice is billed with the next one, or ignored and reported.</summary>
public sealed class LateUsageTests
{
    private static readonly Period April = new(Utc("2026-04-01T00:00:00Z"), Utc("2026-05-01T00:00:00Z"));
    private static readonly OveragePrice TenCents = new(TierMode.PerUnit, "USD", [new(null, UnitPrice.Of(0.10m), UnitPrice.Of(0))], null);
    private static readonly OveragePrice ByTens = new(
        TierMode.Package, "USD", [new(null, UnitPrice.Of(3), UnitPrice.Of(0))], Quantity.Of(10));

    private static readonly OveragePrice CheaperByTheDozen = new(
        TierMode.Volume, "USD", [new(Quantity.Of(11), UnitPrice.Of(1), UnitPrice.Of(0)), new(null, UnitPrice.Of(0.50m), UnitPrice.Of(0))],
        null);

    [Theory]
    [InlineData(LateEventPolicy.IgnoreAndReport, true, 50, 20, 30, 300)] // 30 came late
    [InlineData(LateEventPolicy.IgnoreAndReport, true, 50, 0, 50, 500)] // its invoice billed nothing
    [InlineData(LateEventPolicy.IgnoreAndReport, false, 50, 0, null, 0)] // in time
    [InlineData(LateEventPolicy.IgnoreAndReport, true, 20, 20, null, 0)] // within the quota, or no usage
    [InlineData(LateEventPolicy.IgnoreAndReport, true, 5, 20, null, 0)] // voided: credited
    [InlineData(LateEventPolicy.NextInvoice, true, 50, 20, null, 0)]
    [InlineData(LateEventPolicy.NextInvoice, false, 50, 0, null, 0)]
    public void Ignored_late_usage(LateEventPolicy policy, bool isInvoiced, int beyond, int billed, int? quantity, long amount)
    {
        var ignored = UsageRules.IgnoredOf(Feature(policy), Due(TenCents, beyond, billed), isInvoiced);
        ignored.ShouldBe(quantity is { } some ? new LateUsage(Quantity.Of(some), Usd(amount)) : null);
    }

    [Fact]
    public void It_would_have_cost_the_difference()
    {
        // 12 files are two packages, and so are 14; 21 are three.
        UsageRules.IgnoredOf(Feature(LateEventPolicy.IgnoreAndReport), Due(ByTens, 14, 12), isInvoiced: true)
            .ShouldBe(new LateUsage(Quantity.Of(2), Usd(0)));
        UsageRules.IgnoredOf(Feature(LateEventPolicy.IgnoreAndReport), Due(ByTens, 21, 12), isInvoiced: true)
            .ShouldBe(new LateUsage(Quantity.Of(9), Usd(300)));

        // 10 at a dollar were billed; 14 at half of it are seven.
        UsageRules.IgnoredOf(Feature(LateEventPolicy.IgnoreAndReport), Due(CheaperByTheDozen, 14, 10), isInvoiced: true)
            .ShouldBe(new LateUsage(Quantity.Of(4), Usd(-300)));
    }

    [Fact]
    public void Late_usage_of_several_meters_is_ignored_only_if_all_ignore_it()
    {
        var (ignoring, billing) = (Meter("a", LateEventPolicy.IgnoreAndReport), Meter("b", LateEventPolicy.NextInvoice));
        PolicyOf().ShouldBe(LateEventPolicy.NextInvoice);
        PolicyOf(billing).ShouldBe(LateEventPolicy.NextInvoice);
        PolicyOf(ignoring).ShouldBe(LateEventPolicy.IgnoreAndReport);
        PolicyOf(ignoring, billing).ShouldBe(LateEventPolicy.NextInvoice);
        PolicyOf(ignoring, Meter("c", LateEventPolicy.IgnoreAndReport)).ShouldBe(LateEventPolicy.IgnoreAndReport);

        static LateEventPolicy PolicyOf(params Meter[] meters) => new Feature { Code = "scan", Name = "Scans", Meters = meters }.LateEvents;
    }

    private static Meter Meter(string type, LateEventPolicy policy) => new(type, MeterAggregate.Sum, null, [], policy);

    private static Feature Feature(LateEventPolicy policy) => new() { Code = "scan", Name = "Scans", Meters = [Meter("scan", policy)] };

    private static UsageDue Due(OveragePrice price, int beyond, int billed) => new(
        "scan", "Scans", April, [new(new(April, null, Quantity.Of(100), price), Quantity.Of(100 + beyond), Quantity.Of(beyond))],
        Quantity.Of(billed),
        RatingRules.Rate(price, Quantity.Of(billed)).Amount);

    private static MoneyAmount Usd(long minor) => new(minor, Currency.Usd);
}
