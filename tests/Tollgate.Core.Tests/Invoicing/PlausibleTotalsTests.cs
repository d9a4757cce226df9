using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;

namespace Tollgate.Core.Tests.Invoicing;

public sealed class PlausibleTotalsTests
{
    [Theory]
    [InlineData("USD", 1_000_000)]
    [InlineData("EUR", 1_000_000)]
    [InlineData("KWD", 1_000_000)]
    [InlineData("MXN", 1_000_000)]
    [InlineData("INR", 100_000_000)]
    [InlineData("JPY", 100_000_000)]
    [InlineData("KRW", 1_000_000_000)]
    [InlineData("VND", 10_000_000_000)]
    [InlineData("IDR", 10_000_000_000)]
    [InlineData("LBP", 100_000_000_000)]
    public void Small_units_may_be_many(string code, long largest) => PlausibleTotals.LargestIn(Currency.Of(code)).ShouldBe(largest);

    [Fact]
    public void The_table_contains_only_currencies() =>
        PlausibleTotals.SmallUnits.ShouldAllBe(static code => Currency.All.Any(currency => currency.Code == code));

    [Fact]
    public void A_projects_own_limit_applies_to_every_currency()
    {
        var settings = new InvoiceSettings { Seller = new() { Name = "Us" }, Prefix = "US", LargestTotal = 5_000 };
        (settings.LargestTotalIn(Currency.Usd), settings.LargestTotalIn(Currency.Of("VND"))).ShouldBe((5_000, 5_000));
        (settings with { LargestTotal = null }).LargestTotalIn(Currency.Of("VND")).ShouldBe(10_000_000_000);
    }
}
