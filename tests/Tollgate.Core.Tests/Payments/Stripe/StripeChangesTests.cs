using System.Text.Json;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Stripe;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;

namespace Tollgate.Core.Tests.Payments.Stripe;

/// <summary>Requests to Stripe, Stripe's previews, and differences between both sides.</summary>
public sealed class StripeChangesTests
{
    private static readonly Instant Now = Instant.FromUnixSeconds(1_768_521_600);

    private static readonly Period January = new(Instant.FromUnixSeconds(1_767_225_600), Instant.FromUnixSeconds(1_769_904_000));

    private static MoneyAmount Dollars(long cents) => new(cents, Currency.Usd);

    [Fact]
    public void A_change_is_paid_before_it_is_had() => StripeChanges.Change("si_1", "price_2", 3, Proration.Second).Encode().ShouldBe(
        "items[0][id]=si_1&items[0][price]=price_2&items[0][quantity]=3&proration_behavior=always_invoice&payment_behavior=error_if_incomplete&off_session=true");

    [Theory]
    [InlineData(Proration.Second, "always_invoice")]
    [InlineData(Proration.None, "none")]
    [InlineData(Proration.Day, null)]
    [InlineData(Proration.UsageAware, null)]
    public void Only_what_Stripe_has_a_word_for_is_asked_of_it(Proration proration, string? word) =>
        StripeChanges.BehaviorOf(proration).ShouldBe(word);

    [Theory]
    [InlineData("too_expensive", null, "feedback=too_expensive")]
    [InlineData("too_expensive", "half would do", "feedback=too_expensive&comment=half%20would%20do")]
    [InlineData("moved", null, "comment=moved")]
    [InlineData("moved", "to the sea", "comment=moved%3A%20to%20the%20sea")]
    [InlineData(null, null, null)]
    public void Why_it_ends_is_kept(string? reason, string? comment, string? form) =>
        StripeChanges.WhyOf(reason, comment)?.Encode().ShouldBe(form);

    [Fact]
    public void A_preview_of_Stripe_is_an_invoice_without_a_number()
    {
        var fixtures = JsonElement.Parse(
            File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Payments", "Stripe", "stripe-fixtures.json")));
        var json = fixtures.GetProperty("scenario").GetProperty("invoice_create_preview_upgrade_proration");
        var invoice = StripeChanges.Foreseen(json, Running(), "ann", (Guid.Empty, InvoiceKind.Change, Now)).ShouldNotBeNull();
        invoice.Lines.Select(static line => $"{line.Kind} {line.Amount.Minor}")
            .ShouldBe(["ProrationCredit -1548", "ProrationCharge 5161", "Subscription 9999"]);
        (invoice.Number, invoice.Status, invoice.Total.Minor, invoice.Due.Minor).ShouldBe((null, InvoiceStatus.Draft, 13612, 13612));
        invoice.Lines[0].Description.ShouldStartWith("Unused time on Pro");
    }

    [Fact]
    public void A_credit_makes_nothing_due_and_a_balance_pays()
    {
        var back = Foreseen("""{"currency": "usd", "subtotal": -500, "total": -500, "amount_due": 0, "lines": {"data": []}}""");
        (back.Total.Minor, back.Due.Minor, back.Subtotal.Minor).ShouldBe((0, 0, -500));
        var paid = Foreseen(
            """{"currency": "usd", "subtotal": 2900, "total": 1450, "amount_due": 450, "total_discount_amounts": [{"amount": 1450}], "lines": {"data": []}}""");
        (paid.Total.Minor, paid.Discount.Minor, paid.FromCredits.Minor, paid.Due.Minor).ShouldBe((1450, 1450, 1000, 450));
        paid.Lines.ShouldHaveSingleItem().Amount.Minor.ShouldBe(-1450);
    }

    [Theory]
    [InlineData("25", null, false, null)]
    [InlineData("33.33", null, false, null)]
    [InlineData("33.333", null, false, "2 decimals")]
    [InlineData(null, 500, false, null)]
    [InlineData(null, 500, true, "cannot carry over")]
    public void A_coupon_that_Stripe_cannot_have_says_why(string? percent, int? cents, bool carries, string? why)
    {
        var fault = StripeCoupons.FaultOf(CouponOf(percent, cents, carries));
        (fault is null).ShouldBe(why is null);
        fault?.ShouldContain(why!);
    }

    [Fact]
    public void A_coupon_is_the_same_at_Stripe_only_when_it_takes_the_same_off()
    {
        var coupon = CouponOf("25", null, false) with { Duration = CouponDuration.Repeating, Months = 3 };
        StripeCoupons.FormOf("shop", coupon).Encode().ShouldBe(
            "id=tollgate-shop-X&name=X&percent_off=25&duration=repeating&duration_in_months=3&metadata[tollgate_coupon]=X&metadata[tollgate_project]=shop");
        const string There =
            """{"percent_off": 25.0, "amount_off": null, "currency": null, "duration": "repeating", "duration_in_months": 3, "valid": true}""";
        StripeCoupons.IsSame(JsonElement.Parse(There), coupon).ShouldBeTrue();
        foreach (var (from, to) in new[]
        {
            ("25.0", "26"), ("\"duration_in_months\": 3", "\"duration_in_months\": 4"), ("repeating", "forever"), ("true", "false"),
        })
        {
            StripeCoupons.IsSame(JsonElement.Parse(There.Replace(from, to, StringComparison.Ordinal)), coupon).ShouldBeFalse(to);
        }
    }

    [Fact]
    public void Each_member_that_differs_is_said_once()
    {
        var ours = new ProviderManagedState("active", "pro", "monthly", 1, January, null);
        StripeDrifts.OfSubscription("sub_1", "sub_1", ours, ours).ShouldBeEmpty();
        var theirs = new ProviderManagedState("past_due", "max", "yearly", 2, new(Now, January.End), January.End);
        StripeDrifts.OfSubscription("sub_1", "sub_1", ours, theirs).Select(static one => $"{one.Field} {one.IsTheirs}")
            .ShouldBe(["status True", "plan True", "quantity True", "period True", "cancel_at True"]);
        StripeDrifts.OfSubscription("sub_1", null, null, theirs).ShouldHaveSingleItem().IsTheirs.ShouldBeTrue();
        StripeDrifts.OfSubscription("sub_1", "sub_1", ours, null).ShouldHaveSingleItem().IsTheirs.ShouldBeFalse();
    }

    [Theory]
    [InlineData(PaymentStatus.Succeeded, "succeeded", null)]
    [InlineData(PaymentStatus.Pending, "processing", null)]
    [InlineData(PaymentStatus.Failed, "canceled", null)]
    [InlineData(PaymentStatus.Pending, "succeeded", true)]
    [InlineData(PaymentStatus.Failed, "succeeded", true)]
    [InlineData(PaymentStatus.Pending, "canceled", true)]
    [InlineData(PaymentStatus.Succeeded, "canceled", false)]
    [InlineData(PaymentStatus.Succeeded, "processing", false)]
    public void Stripe_is_authoritative_for_payments_but_recorded_ones_are_kept(PaymentStatus ours, string theirs, bool? isTheirs)
    {
        var there = new StripePayment(
            "pi_1", theirs, Dollars(2900), theirs == "succeeded" ? Dollars(2900) : null, null, null, new Dictionary<string, string>());
        var drift = StripeDrifts.OfPayment(PaymentOf(ours), there, isUndecided: false);
        (drift?.IsTheirs).ShouldBe(isTheirs);
    }

    [Fact]
    public void A_larger_refund_at_Stripe_is_copied_and_a_smaller_one_needs_review()
    {
        var ours = PaymentOf(PaymentStatus.Succeeded) with { Refunded = Dollars(900) };
        StripeDrifts.OfRefunds(ours, "pi_1", Dollars(900)).ShouldBeNull();
        StripeDrifts.OfRefunds(ours, "pi_1", Dollars(1000))!.IsTheirs.ShouldBeTrue();
        StripeDrifts.OfRefunds(ours, "pi_1", Dollars(800))!.IsTheirs.ShouldBeFalse();
    }

    private static Invoice Foreseen(string json) =>
        StripeChanges.Foreseen(JsonElement.Parse(json), Running(), "ann", (Guid.Empty, InvoiceKind.Change, Now))!;

    private static Coupon CouponOf(string? percent, int? cents, bool carries) => new()
    {
        Code = "X",
        PercentOff = percent is null ? null : new Percent(decimal.Parse(percent, System.Globalization.CultureInfo.InvariantCulture)),
        AmountOff = cents is { } off ? Dollars(off) : null, CarryOver = carries,
    };

    private static Payment PaymentOf(PaymentStatus status) => new()
    {
        Id = Guid.Empty, Customer = "ann", Provider = PaymentProvider.Stripe, Amount = Dollars(2900), Refunded = Dollars(0),
        Status = status, CreatedAt = Now,
    };

    private static Subscription Running() => new()
    {
        Id = Guid.Empty, Status = SubscriptionStatus.Active, Terms = new(null!, PriceInterval.Monthly, Currency.Usd, 1),
        StartedAt = January.Start, Anchor = new(January.Start), Current = January,
        Billed = Dollars(2999), TermsSince = January.Start, Committed = Dollars(0), UsageFrom = January.Start,
    };
}
