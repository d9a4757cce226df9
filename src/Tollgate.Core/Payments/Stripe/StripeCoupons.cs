using System.Text.Json;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;

namespace Tollgate.Core.Payments.Stripe;

/// <summary>
/// A coupon of Tollgate as a coupon of Stripe, created there when a caller redeems it for a subscription that Stripe manages.
/// </summary>
/// <remarks>
/// Tollgate judges the number of redemptions, the expiry and the eligible customers, since it counts them. The terms of a coupon never
/// change, at Stripe neither.
/// </remarks>
public static class StripeCoupons
{
    public const string CodeField = "tollgate_coupon";

    /// <summary>Returns <c>tollgate-shop-WELCOME</c>: Tollgate can choose the ids of coupons.</summary>
    public static string IdOf(string project, string code) => $"tollgate-{project}-{code}";

    /// <summary>The decimals of a percentage that Stripe keeps.</summary>
    private const int Decimals = 2;

    /// <returns>The reason, for operators, why Stripe cannot represent the coupon; null: it can.</returns>
    public static string? FaultOf(Coupon coupon) => coupon switch
    {
        { CarryOver: true } => "At Stripe what an amount has left over is forfeited; it cannot carry over.",
        { PercentOff: { } percent } when decimal.Round(percent.Value, Decimals) != percent.Value =>
            $"Stripe takes {Decimals} decimals of a percentage at most.",
        { AmountOff: { } amount } when StripeAmounts.ToStripe(amount) is null => $"Stripe cannot take exactly {amount} off.",
        _ => null,
    };

    /// <summary>Returns the parameters that create a coupon without a <see cref="FaultOf"/>.</summary>
    public static StripeForm FormOf(string project, Coupon coupon) =>
        new StripeForm().Set("id", IdOf(project, coupon.Code)).Set("name", NameOf(coupon.Code))
        .Set("percent_off", coupon.PercentOff?.Value.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture))
        .Set("amount_off", coupon.AmountOff is { } amount ? StripeAmounts.ToStripe(amount) : null)
        .Set("currency", coupon.AmountOff is { } off ? StripeAmounts.CodeOf(off.Currency) : null)
        .Set("duration", CatalogWords.Of(coupon.Duration)).Set("duration_in_months", coupon.Months)
        .Set("metadata", new StripeForm().Set(CodeField, coupon.Code).Set(StripePrices.ProjectField, project));

    /// <summary>True if the coupon that Stripe has under the id gives the same reduction.</summary>
    public static bool IsSame(JsonElement found, Coupon coupon) =>
        PercentOf(found) == coupon.PercentOff
            && StripeAmounts.FromStripe(found.Number("amount_off"), found.Text("currency")) == coupon.AmountOff
        && found.Text("duration") == CatalogWords.Of(coupon.Duration) && found.Number("duration_in_months") == coupon.Months
        && found.Child("valid") is not { ValueKind: JsonValueKind.False };

    /// <summary>Returns the coupon of a discount, in the older or the newer form.</summary>
    public static string? CouponOf(JsonElement discount) => discount.Child("source")?.Reference("coupon") ?? discount.Reference("coupon");

    private static Percent? PercentOf(JsonElement found) =>
        found.Child("percent_off") is { ValueKind: JsonValueKind.Number } number && number.TryGetDecimal(out var value)
            && Percent.TryCreate(value, out var percent) ? percent : null;

    /// <summary>Returns the name that customers read on Stripe's invoices. Stripe keeps 40 characters.</summary>
    private static string NameOf(string code) => code.Length <= 40 ? code : code[..40];
}
