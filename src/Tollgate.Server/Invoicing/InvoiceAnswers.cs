using Tollgate.Contracts.Invoicing;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;
using Tollgate.Engine.Invoicing;
using Tollgate.Server.Catalog;

namespace Tollgate.Server.Invoicing;

/// <summary>Converts the engine's records to the bodies of the API.</summary>
internal static class InvoiceAnswers
{
    public static InvoiceView Of(InvoiceRow row) => Of(row.Invoice, row.SubscriptionReference);

    /// <param name="reference">The caller's id of the subscription, if it is not a UUID.</param>
    public static InvoiceView Of(Invoice invoice, string? reference) => new()
    {
        Id = invoice.Id.ToString("D"),
        Number = invoice.Number,
        Status = CatalogWords.Of(invoice.Status),
        Kind = CatalogWords.Of(invoice.Kind),
        Customer = invoice.Customer,
        Subscription = reference ?? invoice.Subscription?.ToString("D"),
        Currency = invoice.Currency.Code,
        PeriodStart = invoice.Period.Start.ToOffset(),
        PeriodEnd = invoice.Period.End.ToOffset(),
        IssuedAt = invoice.IssuedAt?.ToOffset(),
        DueAt = invoice.DueAt?.ToOffset(),
        Lines = [.. invoice.Lines.Select(Of), .. invoice.Taxes.Where(static tax => !tax.IsInclusive).Select(tax => LineOf(invoice, tax))],
        Subtotal = invoice.Subtotal.Minor,
        Discount = invoice.Discount.Minor,
        Tax = invoice.Tax.Minor,
        Taxes = [
            .. invoice.Taxes.Select(static tax =>
                new InvoiceTaxView(tax.Name, tax.Rate.Value, tax.IsInclusive, tax.Base.Minor, tax.Amount.Minor))],
        TaxNote = invoice.TaxNote,
        Total = invoice.Total.Minor,
        ToCredits = invoice.ToCredits.Minor,
        PaidFromCredits = invoice.FromCredits.Minor,
        AmountPaid = invoice.Paid.Minor,
        AmountDue = invoice.Due.Minor,
        Seller = invoice.Seller is { } seller ? Of(seller) : null,
        Buyer = invoice.Buyer is { } buyer ? Of(buyer) : null,
        CreditNotes = [.. invoice.CreditNotes.Select(Of)],
    };

    public static InvoiceLineView Of(InvoiceLine line) => new()
    {
        Kind = CatalogWords.Of(line.Kind),
        Description = line.Description,
        Feature = line.Feature,
        Quantity = line.Quantity.Value,
        UnitPrice = line.UnitPrice is { } price ? UnitPriceText(price) : null,
        Amount = line.Amount.Minor,
        PeriodStart = line.Period.Start.ToOffset(),
        PeriodEnd = line.Period.End.ToOffset(),
        Steps = line.Steps,
    };

    public static CreditNoteView Of(CreditNote note) => new(
        note.Id.ToString("D"), note.Number, note.IssuedAt.ToOffset(), note.Reason, [.. note.Lines.Select(Of)], note.Tax.Minor,
        note.Total.Minor);

    public static StatementView Of(Statement statement) => new(
        statement.Customer, statement.Currency.Code, statement.Period.Start.ToOffset(), statement.Period.End.ToOffset(),
        statement.Opening.Minor,
        [.. statement.Entries.Select(static e =>
            new StatementEntryView(CatalogWords.Of(e.Kind), e.At.ToOffset(), e.Number, e.Amount.Minor, e.Balance.Minor))],
        statement.Closing.Minor);

    public static CouponView Of(CouponRow row) => new()
    {
        Code = row.Coupon.Code,
        PercentOff = row.Coupon.PercentOff?.Value,
        AmountOff = row.Coupon.AmountOff?.Minor,
        Currency = row.Coupon.AmountOff?.Currency.Code,
        Duration = CatalogWords.Of(row.Coupon.Duration),
        Months = row.Coupon.Months,
        CarryOver = row.Coupon.CarryOver,
        MaxRedemptions = row.Coupon.MaxRedemptions,
        Redemptions = row.Redemptions,
        FirstTimeOnly = row.Coupon.FirstTimeOnly,
        Plans = row.Coupon.Plans,
        ExpiresAt = row.Coupon.ExpiresAt?.ToOffset(),
        Active = row.IsActive,
        CreatedAt = row.CreatedAt.ToOffset(),
    };

    public static UsageExplanation Of(RatedUsageRow usage) => new(
        usage.Period.Start.ToOffset(), usage.Period.End.ToOffset(), usage.Quota.Value, (usage.Used - usage.Drawn).Value, usage.Drawn.Value,
        usage.Beyond.Value,
        usage.EventCount, [.. usage.Events.Select(static one => new ExplainedEvent(one.Id, one.At.ToOffset(), one.Quantity.Value))],
        [.. usage.Parts.Select(Of)]);

    /// <param name="number">The number of the line, from 1.</param>
    public static LineExplanation WithTax(LineExplanation view, Invoice invoice, int number)
    {
        var line = invoice.Lines[number - 1];
        return view with
        {
            Discount = invoice.DiscountOfLines[number - 1].Minor,
            Tax = line.Tax?.Minor,
            TaxRates = line.Tax is null || line.Amount.IsNegative
                ? null
                : [.. invoice.Taxes.Where(tax => tax.IsOn(number))
                    .Select(static tax => new LineTaxRateView(tax.Name, tax.Rate.Value, tax.IsInclusive))],
        };
    }

    private static UsagePartView Of(UsagePart part)
    {
        var (segment, plan) = (part.Segment, part.Segment.Plan!);
        return new(
            segment.Period.Start.ToOffset(), segment.Period.End.ToOffset(), plan.Code, plan.Number, segment.Quota?.Value, part.Used?.Value,
            part.Beyond.Value,
            segment.Price is { } price ? CatalogViews.Of(price) : null);
    }

    /// <summary>A line for a tax on top of the prices, so that the lines add up to the total.</summary>
    public static InvoiceLineView LineOf(Invoice invoice, InvoiceTax tax) => new()
    {
        Kind = CatalogWords.Of(InvoiceLineKind.Tax),
        Description = $"{tax.Name} {tax.Rate}",
        Quantity = 1,
        Amount = tax.Amount.Minor,
        PeriodStart = invoice.Period.Start.ToOffset(),
        PeriodEnd = invoice.Period.End.ToOffset(),
        Steps = [$"{tax.Rate} of {tax.Base}"],
    };

    private static string UnitPriceText(ExactMoney price) =>
        UnitPrice.TryCreate(price.Major, out var unit) ? unit.ToString() : price.ToString().Split(' ')[0];

    private static InvoicePartyView Of(InvoiceParty party) =>
        new(party.Name, party.Address, party.Email, party.Country, party.Region, party.TaxId, Of(party.TaxIdCheck));

    private static TaxIdCheckView? Of(VatEvidence? check) =>
        check is null ? null : new(CatalogWords.Of(check.Status), check.Source, check.CheckedAt, check.Consultation);
}
