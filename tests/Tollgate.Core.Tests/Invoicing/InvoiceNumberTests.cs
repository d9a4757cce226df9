using Tollgate.Core.Invoicing;

namespace Tollgate.Core.Tests.Invoicing;

public sealed class InvoiceNumberTests
{
    [Theory]
    [InlineData("SHOP-000042", 42L)]
    [InlineData("A-B-1000000", 1_000_000L)]
    [InlineData("SHOP-", null)]
    [InlineData("-5", null)]
    [InlineData("nothing", null)]
    [InlineData("", null)]
    [InlineData("SHOP- 42", null)]
    [InlineData("SHOP-99999999999999999999", null)]
    public void A_number_tells_its_serial(string number, long? serial) => InvoiceSettings.SerialOf(number).ShouldBe(serial);

    [Fact]
    public void A_number_of_a_series_can_be_parsed() =>
        InvoiceSettings.SerialOf(new InvoiceSettings { Seller = new() { Name = "Us" }, Prefix = "US-1" }.NumberOf(7)).ShouldBe(7);
}
