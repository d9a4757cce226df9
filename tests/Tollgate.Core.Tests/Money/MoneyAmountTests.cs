using Tollgate.Core.Money;

namespace Tollgate.Core.Tests.Money;

public sealed class MoneyAmountTests
{
    [Theory]
    [InlineData(2999, "USD", "$29.99")]
    [InlineData(29900, "USD", "$299.00")]
    [InlineData(0, "USD", "$0.00")]
    [InlineData(5, "USD", "$0.05")]
    [InlineData(123456789, "USD", "$1,234,567.89")]
    [InlineData(-500, "USD", "-$5.00")]
    [InlineData(1200, "JPY", "¥1,200")]
    [InlineData(12345, "KWD", "KWD 12.345")]
    [InlineData(990, "CHF", "CHF 9.90")]
    [InlineData(long.MinValue, "USD", "-$92,233,720,368,547,758.08")]
    public void A_price_tag_has_the_sign_and_the_decimals_of_its_currency(long minor, string currency, string shown) =>
        new MoneyAmount(minor, Currency.Of(currency)).Display().ShouldBe(shown);

    [Fact]
    public void Two_currencies_do_not_mix()
    {
        var dollars = new MoneyAmount(100, Currency.Usd);
        var euros = new MoneyAmount(100, Currency.Of("EUR"));

        Should.Throw<InvariantBrokenException>(() => dollars + euros);
        Should.Throw<InvariantBrokenException>(() => dollars - euros);
        Should.Throw<InvariantBrokenException>(() => dollars < euros);
    }

    [Fact]
    public void An_amount_that_does_not_fit_is_an_error_and_never_wraps()
    {
        var most = new MoneyAmount(long.MaxValue, Currency.Usd);
        var cent = new MoneyAmount(1, Currency.Usd);

        Should.Throw<OverflowException>(() => most + cent);
        Should.Throw<OverflowException>(() => -most - cent - cent);
        Should.Throw<OverflowException>(() => most * 2);
    }

    [Fact]
    public void Arithmetic_is_exact()
    {
        var price = new MoneyAmount(2999, Currency.Usd);

        (price + price - new MoneyAmount(1, Currency.Usd)).ShouldBe(new MoneyAmount(5997, Currency.Usd));
        (price * 3).ToString().ShouldBe("89.97 USD");
        price.Major.ShouldBe(29.99m);
    }

    [Theory]
    [InlineData("USD", 2)]
    [InlineData("EUR", 2)]
    [InlineData("JPY", 0)]
    [InlineData("ISK", 0)]
    [InlineData("KWD", 3)]
    [InlineData("TND", 3)]
    public void A_currency_knows_its_decimals(string code, int decimals) => Currency.Of(code).Decimals.ShouldBe(decimals);

    [Theory]
    [InlineData("usd")]
    [InlineData("XAU")]
    [InlineData("US")]
    [InlineData("")]
    [InlineData(null)]
    public void An_unknown_currency_is_refused(string? code) => Currency.TryFind(code, out _).ShouldBeFalse();

    [Fact]
    public void The_list_has_every_currency_once()
    {
        Currency.All.Count.ShouldBe(155);
        Currency.All.ShouldAllBe(c => c.Code.Length == 3 && c.Code.All(char.IsAsciiLetterUpper));
    }
}
