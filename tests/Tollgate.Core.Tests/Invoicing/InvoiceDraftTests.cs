using System.Collections.Frozen;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using static Tollgate.Core.Tests.Time.QuotaPeriodsTests;

namespace Tollgate.Core.Tests.Invoicing;

public sealed class InvoiceDraftTests
{
    private static readonly SubscriptionTerms Pro = new(
        new(1, 1, new() { Code = "pro", Name = "Pro", Prices = [new(PriceInterval.Monthly, "USD", 2900, 0)] },
            FrozenDictionary<int, Entitlement>.Empty),
        PriceInterval.Monthly, Currency.Usd, 2);

    private static readonly Subscription Started = SubscriptionLife.Start(
        Guid.Empty, Pro, 0, true, Utc("2026-04-01T00:00:00Z"), TimeZoneInfo.Utc).After;

    private static LifeFacts Facts => new(TimeZoneInfo.Utc, null);

    private static UsageDue Used(decimal quantity, decimal billedQuantity = 0, long billed = 0) => new(
        "exports", "Exports", new(Utc("2026-04-01T00:00:00Z"), Utc("2026-05-01T00:00:00Z")),
        [new(new(default, null, Quantity.Zero, new(TierMode.PerUnit, "USD", [new(null, UnitPrice.Of(0.02m), null)], null)), null,
            Quantity.Of(quantity))],
        Quantity.Of(billedQuantity), new(billed, Currency.Usd));

    [Fact]
    public void A_renewal_bills_the_next_period_in_advance_and_usage_in_arrears_and_late_facts_at_the_old_price()
    {
        var draft = InvoiceDraft.Of(
            SubscriptionLife.Due(Started, Facts),
            [Used(120), Used(50, billedQuantity: 40, billed: 80), Used(10, 10, 20), Used(0), Used(5, 8, 16)])!;
        (draft.Kind, draft.Period).ShouldBe((InvoiceKind.Renewal, new Period(Utc("2026-05-01T00:00:00Z"), Utc("2026-06-01T00:00:00Z"))));
        draft.Lines.Select(line => $"{line.Kind} {line.Quantity} {line.Amount.Minor}")
            .ShouldBe(["Subscription 2 5800", "Usage 120 240", "Usage 10 20", "Usage -3 -6"]);
        draft.Lines[0].ShouldSatisfyAllConditions(line => (line.Description, line.UnitPrice!.Value.Major).ShouldBe(("Pro, monthly", 29m)));
        draft.Lines[1].ShouldSatisfyAllConditions(
            line => (line.UnitPrice!.Value.Major, line.Feature, line.Description).ShouldBe((0.02m, "exports", "Exports beyond the plan")),
            line => line.Steps.ShouldBe(["120 units × 0.02 USD = 2.4 USD"]),
            line => line.Period.ShouldBe(new(Utc("2026-04-01T00:00:00Z"), Utc("2026-05-01T00:00:00Z"))));
        draft.Lines[2].Steps[1].ShouldBe("billed before: 40 for 0.80 USD");
    }

    [Fact]
    public void A_change_bills_from_its_moment_and_says_which_share()
    {
        var step = SubscriptionLife.Change(Started, Pro with { Quantity = 4 }, Proration.Day, Facts, Utc("2026-04-16T12:00:00Z"));
        var draft = InvoiceDraft.Of(step, [])!;
        (draft.Kind, draft.Period.Start).ShouldBe((InvoiceKind.Change, Utc("2026-04-16T12:00:00Z")));
        draft.Lines.Select(line => $"{line.Kind} {line.Amount.Minor} {string.Join("; ", line.Steps)}").ShouldBe(
            ["ProrationCredit -2900 2 × 29.00 USD; 58.00 USD × 15/30 days of the period",
                "ProrationCharge 5800 4 × 29.00 USD; 116.00 USD × 15/30 days of the period"]);
    }

    [Theory]
    [InlineData(10.5, null, 5191, "25.955", "less 10.5 %")]
    [InlineData(null, 500L, 4800, "24", "less 5.00 USD each")]
    [InlineData(null, 9999L, 0, "0", "less 99.99 USD each")]
    public void A_discount_of_the_line_is_in_its_price(double? percent, long? amount, long total, string price, string step)
    {
        var terms = Pro with { AgreedDiscount = new(percent is { } rate ? new Percent((decimal)rate) : null, amount) };
        var line = InvoiceDraft.Of(
            SubscriptionLife.Start(Guid.Empty, terms, 0, true, Utc("2026-04-01T00:00:00Z"), TimeZoneInfo.Utc), [])!.Lines.Single();
        (line.Amount.Minor, line.UnitPrice!.Value.Major.ToString("0.####", System.Globalization.CultureInfo.InvariantCulture),
            line.Steps[^1]).ShouldBe((total, price, step));
    }

    [Fact]
    public void Without_anything_to_bill_there_is_no_invoice()
    {
        InvoiceDraft.Of(SubscriptionLife.Cancel(Started, null, Utc("2026-04-16T00:00:00Z")), [Used(0)]).ShouldBeNull();
        InvoiceDraft.Of(SubscriptionLife.Cancel(Started, null, Utc("2026-04-16T00:00:00Z")), [Used(10)])!.Kind.ShouldBe(InvoiceKind.Final);
    }
}
