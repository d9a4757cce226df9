using FsCheck;
using FsCheck.Fluent;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Stripe;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Payments.Stripe;

public sealed class StripeRulesTests
{
    [Theory]
    [InlineData(null, null, true)]
    [InlineData(200, null, false)]
    [InlineData(400, null, false)]
    [InlineData(402, null, false)]
    [InlineData(409, null, true)]
    [InlineData(429, null, false)]
    [InlineData(429, "true", true)]
    [InlineData(500, null, true)]
    [InlineData(503, "false", false)]
    [InlineData(400, "true", true)]
    public void It_is_asked_again_as_Stripes_libraries_do(int? status, string? advice, bool again) =>
        StripeRules.IsAskedAgain(status, advice).ShouldBe(again);

    [Theory]
    [InlineData(null, true)]
    [InlineData(200, false)]
    [InlineData(402, false)]
    [InlineData(404, false)]
    [InlineData(409, true)]
    [InlineData(429, true)]
    [InlineData(502, true)]
    public void An_answer_that_says_nothing_is_none(int? status, bool none) => StripeRules.IsNoAnswer(status).ShouldBe(none);

    [Theory]
    [InlineData(1, 0, 500)]
    [InlineData(1, 1000, 500)]
    [InlineData(2, 0, 500)]
    [InlineData(2, 1000, 1000)]
    [InlineData(3, 500, 1500)]
    [InlineData(9, 1000, 5000)]
    [InlineData(9, 0, 2500)]
    [InlineData(1000, 1000, 5000)]
    public void Pauses_grow_to_five_seconds(int failed, int chance, int milliseconds) =>
        StripeRules.PauseAfter(failed, chance).ShouldBe(TimeSpan.FromMilliseconds(milliseconds));

    [Theory]
    [InlineData(402, "card_error", "card_declined", "generic_decline", PaymentFailure.Declined)]
    [InlineData(402, "card_error", "card_declined", "insufficient_funds", PaymentFailure.InsufficientFunds)]
    [InlineData(402, "card_error", "expired_card", null, PaymentFailure.Declined)]
    [InlineData(402, "card_error", "authentication_required", "authentication_required", PaymentFailure.AuthenticationRequired)]
    [InlineData(402, "card_error", "card_declined", "authentication_required", PaymentFailure.AuthenticationRequired)]
    [InlineData(400, "invalid_request_error", "amount_too_small", null, PaymentFailure.AmountNotPossible)]
    [InlineData(400, "invalid_request_error", "amount_too_large", null, PaymentFailure.AmountNotPossible)]
    [InlineData(400, "invalid_request_error", "parameter_missing", null, null)]
    [InlineData(401, "invalid_request_error", null, null, null)]
    [InlineData(404, "invalid_request_error", "resource_missing", null, null)]
    public void Only_what_the_card_did_is_a_failure(int status, string type, string? code, string? decline, PaymentFailure? failure) =>
        StripeRules.FailureOf(new(status, type, code, decline)).ShouldBe(failure);

    [Theory]
    [InlineData("USD", 2999, 2999L)]
    [InlineData("JPY", 1200, 1200L)]
    [InlineData("ISK", 1200, 120_000L)]
    [InlineData("UGX", 5, 500L)]
    [InlineData("MGA", 500, 5L)]
    [InlineData("MGA", 501, null)]
    [InlineData("KWD", 1230, 1230L)]
    [InlineData("KWD", 1234, null)]
    public void Amounts_are_in_Stripes_smallest_unit(string currency, long minor, long? units) =>
        StripeAmounts.ToStripe(new(minor, Currency.Of(currency))).ShouldBe(units);

    [Fact]
    public void Amounts_that_Stripe_can_move_convert_back_exactly() => Prop.ForAll<int, int>(
        static (minor, pick) =>
        {
            var currency = Currency.All.ElementAt((int)(Math.Abs((long)pick) % Currency.All.Count));
            var amount = new MoneyAmount(minor, currency);
            return StripeAmounts.ToStripe(amount) is not { } units
                || StripeAmounts.FromStripe(units, StripeAmounts.CodeOf(currency)) == amount;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Currencies_that_are_not_known_are_no_amount()
    {
        StripeAmounts.FromStripe(1, "xyz").ShouldBeNull();
        StripeAmounts.FromStripe(1, null).ShouldBeNull();
        StripeAmounts.FromStripe(null, "usd").ShouldBeNull();
        StripeAmounts.FromStripe(150, "isk").ShouldBeNull();
    }

    [Fact]
    public void Forms_are_written_as_Stripe_reads_them() => new StripeForm()
        .Set("mode", "payment")
        .Set("confirm", true)
        .Set("amount", 2999)
        .Set("nothing", (string?)null)
        .Set("trial_end", Instant.FromUnixSeconds(1_767_225_600))
        .Set("line_items",
            [new StripeForm().Set("price", "price_1").Set("quantity", 2),
                new StripeForm().Set(
                    "price_data", new StripeForm().Set("currency", "usd").Set("product_data", new StripeForm().Set("name", "A & B = ü")))])
        .Set("expand", ["data.customer", "latest_invoice"])
        .Set("metadata", new StripeForm().Set("user id", "42").Set("gone", ""))
        .Encode().ShouldBe(
            "mode=payment&confirm=true&amount=2999&trial_end=1767225600&line_items[0][price]=price_1&line_items[0][quantity]=2"
            + "&line_items[1][price_data][currency]=usd&line_items[1][price_data][product_data][name]=A%20%26%20B%20%3D%20%C3%BC"
            + "&expand[0]=data.customer&expand[1]=latest_invoice&metadata[user%20id]=42&metadata[gone]=");

    [Fact]
    public void The_text_of_a_form_is_not_printed() => new StripeForm().Set("email", "jane@example.com").ToString().ShouldBe("email");

    [Theory]
    [InlineData(1234, "KWD", 1230)]
    [InlineData(1235, "KWD", 1240)]
    [InlineData(-1235, "KWD", -1240)]
    [InlineData(4, "KWD", 0)]
    [InlineData(149, "MGA", 1)]
    [InlineData(1234, "USD", 1234)]
    [InlineData(7, "ISK", 700)]
    public void Amounts_that_Stripe_cannot_move_exactly_are_rounded_on_its_invoices(long minor, string currency, long units) =>
        StripeAmounts.Nearest(new(minor, Currency.Of(currency))).ShouldBe(units);
}
