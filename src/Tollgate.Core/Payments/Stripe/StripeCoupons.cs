using System.Text.Json;
using Tollgate.Core.Catalog;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;

namespace Tollgate.Core.Payments.Stripe;

/// <summary>A coupon of ours as one of Stripe's, made there when somebody redeems it for a subscription that Stripe manages.</summary>
/// <remarks>
/// How often, until when and by whom it may be redeemed is judged here, where it is counted. Terms of a coupon never change, at Stripe
/// neither.
/// </remarks>
public static class StripeCoupons
{
    public const string CodeField = "tollgate_coupon";

    /// <summary><c>tollgate-shop-WELCOME</c>: coupons have ids of our choosing.</summary>
    public static string IdOf(string project, string code) => $"tollgate-{project}-{code}";

    /// <summary>Stripe keeps two decimals of a percentage.</summary>
    private const int Decimals = 2;

    /// <returns>Why Stripe cannot have it, for people; null: it can.</returns>
    public static string? FaultOf(Coupon coupon) => coupon switch
    {
        { CarryOver: true } => "At Stripe what an amount has left over is forfeited; it cannot carry over.",
        { PercentOff: { } percent } when decimal.Round(percent.Value, Decimals) != percent.Value =>
            $"Stripe takes {Decimals} decimals of a percentage at most.",
        { AmountOff: { } amount } when StripeAmounts.ToStripe(amount) is null => $"Stripe cannot take exactly {amount} off.",
        _ => null,
    };

    /// <summary>What it is made with. Of one without a <see cref="FaultOf"/>.</summary>
    public static StripeForm FormOf(string project, Coupon coupon) =>
        new StripeForm().Set("id", IdOf(project, coupon.Code)).Set("name", NameOf(coupon.Code))
        .Set("percent_off", coupon.PercentOff?.Value.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture))
        .Set("amount_off", coupon.AmountOff is { } amount ? StripeAmounts.ToStripe(amount) : null)
        .Set("currency", coupon.AmountOff is { } off ? StripeAmounts.CodeOf(off.Currency) : null)
        .Set("duration", CatalogWords.Of(coupon.Duration)).Set("duration_in_months", coupon.Months)
        .Set("metadata", new StripeForm().Set(CodeField, coupon.Code).Set(StripePrices.ProjectField, project));

    /// <summary>Whether what Stripe has under the id takes the same off.</summary>
    public static bool IsSame(JsonElement found, Coupon coupon) =>
        PercentOf(found) == coupon.PercentOff
            && StripeAmounts.FromStripe(found.Number("amount_off"), found.Text("currency")) == coupon.AmountOff
        && found.Text("duration") == CatalogWords.Of(coupon.Duration) && found.Number("duration_in_months") == coupon.Months
        && found.Child("valid") is not { ValueKind: JsonValueKind.False };

    /// <summary>The coupon of a discount, in the older or the newer shape.</summary>
    public static string? CouponOf(JsonElement discount) => discount.Child("source")?.Reference("coupon") ?? discount.Reference("coupon");

    private static Percent? PercentOf(JsonElement found) =>
        found.Child("percent_off") is { ValueKind: JsonValueKind.Number } number && number.TryGetDecimal(out var value)
            && Percent.TryCreate(value, out var percent) ? percent : null;

    /// <summary>Customers read it on Stripe's invoices; 40 characters are kept there.</summary>
    private static string NameOf(string code) => code.Length <= 40 ? code : code[..40];
}
