using System.Text;
using System.Text.Json;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Stripe;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Payments.Stripe;

/// <summary>Events and objects of Stripe's fixtures, in the newer and the older shapes.</summary>
public sealed class StripeEventTests
{
    private static readonly JsonElement Fixtures =
        JsonElement.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Payments", "Stripe", "stripe-fixtures.json")));

    private static JsonElement Scenario(string name) => Fixtures.GetProperty("scenario").GetProperty(name);

    private static JsonElement Older(string name) => Fixtures.GetProperty("legacy_2025_02_24_acacia").GetProperty(name);

    private static MoneyAmount Dollars(long cents) => new(cents, Currency.Usd);

    private static Instant At(long seconds) => Instant.FromUnixSeconds(seconds);

    [Fact]
    public void Every_event_of_the_fixtures_is_read()
    {
        foreach (var one in Fixtures.GetProperty("events").EnumerateArray())
        {
            var read = StripeEvent.Read(Encoding.UTF8.GetBytes(one.GetRawText())).ShouldNotBeNull(one.ToString());
            read.Type.ShouldBe(one.GetProperty("type").GetString());
            (read.ObjectType.Length > 0).ShouldBeTrue();
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"object":"v2.core.event","id":"evt_1","type":"x","created":1,"data":{"object":{}}}""")]
    [InlineData("""{"object":"event","id":7,"type":"x","created":1,"data":{"object":{}}}""")]
    [InlineData("""{"object":"event","id":"evt_1","type":"x","created":1,"data":[]}""")]
    [InlineData("""{"object":"event","id":"evt_1","type":"x","created":1,"data":{"object":{}}} more""")]
    [InlineData("""{"object":"event","id":"evt_1","type":"x","created":"soon","data":{"object":{}}}""")]
    [InlineData("""{"object":"event","id":"evt_1","type":"x","created":99999999999999,"data":{"object":{}}}""")]
    public void An_object_that_is_not_an_event_is_rejected(string body) => StripeEvent.Read(Encoding.UTF8.GetBytes(body)).ShouldBeNull();

    [Fact]
    public void An_event_may_hold_anything()
    {
        var read = StripeEvent.Read(
            """{"object":"event","id":"evt_1","type":"new.thing","created":1,"data":{"object":{"a":[1,{"b":null}]}}}"""u8)
            .ShouldNotBeNull();
        (read.ObjectId, read.ObjectType, read.IsHandled).ShouldBe((null, "", false));
    }

    [Fact]
    public void A_subscription_is_read_in_both_shapes()
    {
        var newer = StripeSubscription.Read(Scenario("subscription")).ShouldNotBeNull();
        (newer.Id, newer.Customer, newer.Status).ShouldBe(("sub_Demo0001", "cus_Demo0001", "active"));
        (newer.PeriodStart, newer.PeriodEnd).ShouldBe((At(1_767_225_600), At(1_769_904_000)));
        newer.Item.ShouldNotBeNull();
        (newer.Item.Price, newer.Item.LookupKey, newer.Item.Unit, newer.Item.Interval, newer.Item.Every, newer.Item.Quantity,
            newer.Item.IsMetered)
            .ShouldBe(("price_DemoProMonthly", "pro_monthly", Dollars(2999), "month", 1, 1, false));
        newer.Metadata["user_id"].ShouldBe("42");

        var older = StripeSubscription.Read(Older("subscription")).ShouldNotBeNull();
        (older.Id, older.Customer, older.Status, older.PeriodStart,
            older.PeriodEnd).ShouldBe((newer.Id, newer.Customer, newer.Status, newer.PeriodStart, newer.PeriodEnd));
        older.Item!.Price.ShouldBe(newer.Item.Price);
    }

    [Theory]
    [InlineData("subscription_trialing", "trialing", false, false)]
    [InlineData("subscription_cancel_at_period_end", "active", true, false)]
    [InlineData("subscription_canceled", "canceled", false, true)]
    [InlineData("subscription_past_due", "past_due", false, false)]
    public void States_of_subscriptions_are_read(string fixture, string status, bool cancels, bool isOver)
    {
        var read = StripeSubscription.Read(Scenario(fixture)).ShouldNotBeNull();
        (read.Status, read.IsOver).ShouldBe((status, isOver));
        (read.CancelsAtPeriodEnd && !isOver).ShouldBe(cancels);
    }

    [Fact]
    public void An_invoice_is_read_in_both_shapes()
    {
        var newer = StripeInvoice.Read(Scenario("invoice_with_payments_expanded")).ShouldNotBeNull();
        (newer.Subscription, newer.Status, newer.Total, newer.Paid)
            .ShouldBe(("sub_Demo0001", "paid", Dollars(2999), Dollars(2999)));
        (newer.PaymentIntent, newer.PaidAt).ShouldBe(("pi_Demo0001", At(1_767_225_600)));

        var older = StripeInvoice.Read(Older("invoice")).ShouldNotBeNull();
        (older.Subscription, older.Status, older.Paid, older.PaymentIntent)
            .ShouldBe((newer.Subscription, newer.Status, newer.Paid, newer.PaymentIntent));
    }

    [Fact]
    public void An_invoice_that_was_not_paid_is_read()
    {
        var read = StripeInvoice.Read(Scenario("invoice_open_payment_failed")).ShouldNotBeNull();
        (read.Status, read.Paid).ShouldBe(("open", Dollars(0)));
    }

    [Fact]
    public void Checkouts_are_read()
    {
        var paid = StripeCheckout.Read(Scenario("checkout.session")).ShouldNotBeNull();
        (paid.Mode, paid.Subscription, paid.ClientReference, paid.Total)
            .ShouldBe(("subscription", "sub_Demo0001", "42", Dollars(2999)));
        StripeCheckout.Read(Scenario("checkout.session_open"))!.Status.ShouldBe("open");
        StripeCheckout.Read(Scenario("checkout.session_expired"))!.Status.ShouldBe("expired");
        StripeCheckout.Read(Scenario("checkout.session_payment_mode"))!.Mode.ShouldBe("payment");
    }

    [Fact]
    public void Payments_charges_and_disputes_are_read()
    {
        var paid = StripePayment.Read(Scenario("payment_intent")).ShouldNotBeNull();
        (paid.Amount, paid.Outcome.Moved).ShouldBe((Dollars(2999), true));
        StripePayment.Read(Scenario("payment_intent_requires_action"))!.Outcome.ShouldBe((false, PaymentFailure.AuthenticationRequired));
        var charge = StripeCharge.Read(Scenario("charge_partially_refunded")).ShouldNotBeNull();
        (charge.PaymentIntent, charge.Amount, charge.Refunded).ShouldBe(("pi_Demo0001", Dollars(2999), Dollars(1000)));
        StripeDispute.Read(
            JsonElement.Parse(
                """{"id":"dp_1","charge":"ch_1","payment_intent":"pi_1","amount":2999,"currency":"usd","status":"lost","reason":"fraudulent"}"""))
            .ShouldBe(new StripeDispute("dp_1", "pi_1", Dollars(2999), "lost", "fraudulent"));
    }

    [Theory]
    [InlineData("succeeded", true)]
    [InlineData("processing", null)]
    [InlineData("requires_capture", null)]
    [InlineData("something_new", null)]
    [InlineData("requires_payment_method", false)]
    [InlineData("requires_action", false)]
    [InlineData("canceled", false)]
    public void Nothing_is_guessed_of_a_payment(string status, bool? moved) =>
        StripePayment.Read(JsonElement.Parse($$"""{"id":"pi_1","status":"{{status}}"}"""))!.Outcome.Moved.ShouldBe(moved);

    [Fact]
    public void Expanded_and_missing_members_are_taken_as_they_are()
    {
        var read = StripeInvoice.Read(
            JsonElement.Parse("""{"id":"in_1","customer":{"id":"cus_1"},"lines":null,"parent":7,"payments":{"data":"?"},"status":5}"""))
            .ShouldNotBeNull();
        (read.Customer, read.Subscription, read.Status, read.Total).ShouldBe(("cus_1", null, null, null));
        StripeSubscription.Read(JsonElement.Parse("""{"id":"sub_1","status":"active","items":{"data":[{"id":"si_1"}]}}"""))
            .ShouldNotBeNull().Item.ShouldBeNull();
        StripeSubscription.Read(JsonElement.Parse("[]")).ShouldBeNull();
    }
}
