using System.Text.Json;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Paymob;

namespace Tollgate.Core.Tests.Payments.Paymob;

public sealed class PaymobRulesTests
{
    private static readonly PaymobAccount Good = new()
    {
        SecretKey = "egy_sk_test_a", PublicKey = "egy_pk_test_b", ApiKey = "c", HmacSecrets = ["d"], Integrations = [1],
    };

    private static PaymobTransaction Read(string more) => PaymobTransaction.Read(JsonElement.Parse(
        $$"""{"id": 192036465, "order": {"id": 217503754, "merchant_order_id": "r"}, "amount_cents": 100000, "currency": "EGP", "success": true, "pending": false{{more}} }"""))!;

    [Theory]
    [InlineData("", PaymentStatus.Succeeded)]
    [InlineData(""", "pending": true""", PaymentStatus.Pending)]
    [InlineData(""", "success": false""", PaymentStatus.Failed)]
    [InlineData(""", "success": false, "pending": true""", PaymentStatus.Pending)]
    [InlineData(""", "is_auth": true""", PaymentStatus.Pending)]
    [InlineData(""", "is_auth": true, "is_captured": true""", PaymentStatus.Succeeded)]
    [InlineData(""", "is_refunded": true, "refunded_amount_cents": 40000""", PaymentStatus.Succeeded)]
    public void The_status_of_a_transaction(string more, PaymentStatus status) => PaymobRules.StatusOf(Read(more)).ShouldBe(status);

    [Theory]
    [InlineData("INSUFFICIENT_FUNDS", PaymentFailure.InsufficientFunds)]
    [InlineData("AUTHENTICATION_FAILED", PaymentFailure.AuthenticationRequired)]
    [InlineData("DECLINED", PaymentFailure.Declined)]
    [InlineData("whatever", PaymentFailure.Declined)]
    public void Why_it_failed(string code, PaymentFailure failure) =>
        PaymobRules.FailureOf(Read($$""", "success": false, "data": {"txn_response_code": "{{code}}"}""")).ShouldBe(failure);

    /// <summary>Amounts are in the currency's own smallest unit: a rial has a thousand.</summary>
    [Theory]
    [InlineData("EGP", "1000.00 EGP")]
    [InlineData("OMR", "100.000 OMR")]
    public void Amounts_are_in_smallest_units(string currency, string amount) =>
        Read($$""", "currency": "{{currency}}" """).Amount.ToString().ShouldBe(amount);

    [Theory]
    [InlineData("""{"id": 1}""")]
    [InlineData("[]")]
    [InlineData("""{"id": 1, "order": {"id": 2}, "amount_cents": 3, "currency": "ZZZ", "success": true, "pending": false}""")]
    [InlineData("""{"id": 1.5, "order": {"id": 2}, "amount_cents": 3, "currency": "EGP", "success": true, "pending": false}""")]
    [InlineData("""{"id": 1, "order": null, "amount_cents": 3, "currency": "EGP", "success": true, "pending": false}""")]
    public void An_object_that_is_not_a_transaction_is_not_read(string json) =>
        PaymobTransaction.Read(JsonElement.Parse(json)).ShouldBeNull();

    [Theory]
    [InlineData(0, 400, 0, false)]
    [InlineData(400, 400, 0, true)]
    [InlineData(400, 400, 400, false)]
    [InlineData(700, 300, 400, true)]
    [InlineData(700, 400, 400, false)]
    public void A_refund_was_done_when_more_went_back_than_before(long refunded, long amount, long before, bool isDone)
    {
        var egp = Currency.Of("EGP");
        PaymobRules.IsRefunded(Read($$""", "refunded_amount_cents": {{refunded}}"""), new(amount, egp), new(before, egp)).ShouldBe(isDone);
    }

    [Fact]
    public void A_voided_transaction_is_refunded() =>
        PaymobRules.IsRefunded(Read(""", "is_voided": true"""), new(100000, Currency.Of("EGP")), new(0, Currency.Of("EGP"))).ShouldBeTrue();

    /// <summary>In seconds.</summary>
    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(40, 9, false)]
    [InlineData(40, 10, true)]
    [InlineData(86400, 599, false)]
    [InlineData(86400, 600, true)]
    public void An_order_that_nobody_pays_is_asked_for_less_often_with_time(int age, int paused, bool isAsked) =>
        PaymobRules.IsAskedAgain(TimeSpan.FromSeconds(age), TimeSpan.FromSeconds(paused)).ShouldBe(isAsked);

    [Theory]
    [InlineData("egy_sk_test_x", "https://accept.paymob.com/", false)]
    [InlineData("sau_sk_live_x", "https://ksa.paymob.com/", true)]
    [InlineData("ksa_sk_live_x", "https://ksa.paymob.com/", true)]
    [InlineData("are_sk_test_x_y", "https://uae.paymob.com/", false)]
    [InlineData("uae_sk_test_x", "https://uae.paymob.com/", false)]
    [InlineData("omn_sk_test_x", "https://oman.paymob.com/", false)]
    [InlineData("pak_sk_test_x", "https://pakistan.paymob.com/", false)]
    public void A_key_says_where_it_is_good(string key, string home, bool isLive)
    {
        var account = Good with { SecretKey = key };
        (account.Country.Home.AbsoluteUri, account.IsLive).ShouldBe((home, isLive));
    }

    [Fact]
    public void Good_keys_have_no_fault() => PaymobAccount.Judge(Good).ShouldBeEmpty();

    public static TheoryData<PaymobAccount, string> Faulty => new()
    {
        { Good with { SecretKey = "egy_pk_test_a" }, "secret_key" },
        { Good with { SecretKey = "xxx_sk_test_a" }, "secret_key" },
        { Good with { SecretKey = "egy_sk_test_" }, "secret_key" },
        { Good with { PublicKey = "egy_sk_test_b" }, "public_key" },
        { Good with { PublicKey = "egy_pk_live_b" }, "public_key" },
        { Good with { PublicKey = "omn_pk_test_b" }, "public_key" },
        { Good with { ApiKey = "" }, "api_key" },
        { Good with { HmacSecrets = [] }, "hmac_secret" },
        { Good with { HmacSecrets = ["d", ""] }, "hmac_secret" },
        { Good with { Integrations = [] }, "integrations" },
        { Good with { Integrations = [0] }, "integrations" },
    };

    [Theory]
    [MemberData(nameof(Faulty))]
    public void Faults_of_keys_are_named(PaymobAccount account, string field) =>
        PaymobAccount.Judge(account).Select(static fault => fault.Name).ShouldBe([field]);

    [Fact]
    public void Keys_are_not_printed() => $"{Good}".ShouldBe("Paymob egy test");
}
