using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;
using static Tollgate.Core.Tests.Time.QuotaPeriodsTests;

namespace Tollgate.Core.Tests.Rating;

public sealed class UsageDueTests
{
    private static readonly OveragePrice WithFee = new(TierMode.PerUnit, "USD", [new(null, UnitPrice.Of(1), UnitPrice.Of(5))], null);

    [Fact]
    public void A_fee_that_is_due_without_use_is_billed_once()
    {
        Due(WithFee, 0).IsSettled.ShouldBeFalse();
        Due(WithFee, 0).Rated().Amount.Minor.ShouldBe(500);
        Due(WithFee, 0, billed: 500).IsSettled.ShouldBeTrue();
        Due(WithFee with { FirstFlatFee = FirstFlatFee.OnUse }, 0).IsSettled.ShouldBeTrue();
    }

    [Fact]
    public void Billed_usage_that_was_voided_is_not_settled()
    {
        Due(WithFee, 3, 3, 800).IsSettled.ShouldBeTrue();
        Due(WithFee, 2, 3, 800).IsSettled.ShouldBeFalse();
        Due(WithFee, 0, 3, 800).IsSettled.ShouldBeFalse();
    }

    private static UsageDue Due(OveragePrice price, decimal quantity, decimal billedQuantity = 0, long billed = 0) => new(
        "scan", "Scans", new(Utc("2026-04-01T00:00:00Z"), Utc("2026-05-01T00:00:00Z")),
        [new(new(default, null, Quantity.Zero, price), null, Quantity.Of(quantity))],
        Quantity.Of(billedQuantity), new(billed, Currency.Usd));
}
