using System.Text.Json;
using System.Text.Json.Serialization;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Invoicing;

/// <summary>The format of <c>coupons.document</c>.</summary>
internal static class CouponText
{
    public static string Write(Coupon coupon) => JsonSerializer.Serialize(
        new StoredCoupon(
            coupon.PercentOff?.Value,
            coupon.AmountOff?.Minor,
            coupon.AmountOff?.Currency.Code,
            CatalogWords.Of(coupon.Duration),
            coupon.Months,
            coupon.MaxRedemptions,
            coupon.FirstTimeOnly,
            coupon.Plans,
            coupon.ExpiresAt?.ToUtc(),
            coupon.CarryOver),
        InvoicingJson.Stored.StoredCoupon);

    public static Coupon Read(string code, string json)
    {
        var stored = JsonSerializer.Deserialize(json, InvoicingJson.Stored.StoredCoupon)!;
        return new()
        {
            Code = code,
            PercentOff = stored.PercentOff is { } percent ? new Percent(percent) : null,
            AmountOff = stored.AmountOff is { } amount ? new MoneyAmount(amount, Currency.Of(stored.Currency!)) : null,
            Duration = CatalogWords.Read<CouponDuration>(stored.Duration),
            Months = stored.Months,
            MaxRedemptions = stored.MaxRedemptions,
            FirstTimeOnly = stored.FirstTimeOnly,
            Plans = stored.Plans,
            ExpiresAt = stored.ExpiresAt is { } at ? Instant.FromUtc(at) : null,
            CarryOver = stored.CarryOver,
        };
    }
}

internal sealed record StoredCoupon(
    decimal? PercentOff, long? AmountOff, string? Currency, string Duration, int? Months, int? MaxRedemptions, bool FirstTimeOnly,
    IReadOnlyList<string>? Plans,
    DateTime? ExpiresAt, bool CarryOver = false);

/// <summary>The format of <c>invoices.details</c>: the parts of an invoice that are only shown.</summary>
internal sealed record StoredDetails(
    InvoiceParty? Seller, InvoiceParty? Buyer, IReadOnlyList<StoredTax> Taxes, string? TaxNote, string? Footer, string? Language);

internal sealed record StoredTax(string Name, decimal Percent, bool Inclusive, long Base, long Amount, IReadOnlyList<int>? Lines = null);

/// <summary>The format of <c>invoice_settings.document</c>.</summary>
internal sealed record StoredSettings(
    InvoiceParty Seller, string Prefix, int DueDays, long? LargestTotal, string? Footer, string Language,
    IReadOnlyList<StoredTaxRule> TaxRates,
    bool ReversesWhilePending = true);

internal sealed record StoredTaxRule(
    string Country, string? Region, string Name, decimal Percent, bool Inclusive, bool ReverseCharge, string? Category = null);

[JsonSerializable(typeof(StoredCoupon))]
[JsonSerializable(typeof(StoredDetails))]
[JsonSerializable(typeof(StoredSettings))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(IReadOnlyList<StoredCreditLine>))]
internal sealed partial class InvoicingJson : JsonSerializerContext
{
    public static InvoicingJson Stored { get; } = new(PlainJson.Stored());
}
