using Tollgate.Core.Money;

namespace Tollgate.Core.Payments.Stripe;

/// <summary>
/// Stripe's smallest units against ours. They differ for three currencies: the krona of Iceland and the shilling of Uganda, which have no
/// decimals, are sent with two; the ariary of Madagascar, which has some, is sent without. Three decimals are sent rounded to ten.
/// </summary>
/// <remarks>
/// https://docs.stripe.com/currencies#zero-decimal. UGX is in the list of those without decimals and treated as with two all the same.
/// </remarks>
public static class StripeAmounts
{
    private const long Hundred = 100;

    /// <summary>Null: Stripe cannot move exactly this amount.</summary>
    public static long? ToStripe(MoneyAmount amount) => amount.Currency switch
    {
        { Code: "ISK" or "UGX" } => checked(amount.Minor * Hundred),
        { Code: "MGA" } => amount.Minor % Hundred == 0 ? amount.Minor / Hundred : null,
        { Decimals: 3 } => amount.Minor % 10 == 0 ? amount.Minor : null,
        _ => amount.Minor,
    };

    /// <summary>
    /// What Stripe can move that is nearest, half away from zero: of what is added to an invoice of its own, which is no debt of another
    /// document.
    /// </summary>
    public static long Nearest(MoneyAmount amount) => amount.Currency switch
    {
        { Code: "MGA" } => (long)decimal.Round((decimal)amount.Minor / Hundred, MidpointRounding.AwayFromZero),
        { Decimals: 3 } => 10 * (long)decimal.Round(amount.Minor / 10m, MidpointRounding.AwayFromZero),
        _ => ToStripe(amount)!.Value,
    };

    /// <param name="currency">As Stripe writes it: <c>usd</c>.</param>
    /// <returns>Null: no amount, or a currency that is not known.</returns>
    public static MoneyAmount? FromStripe(long? units, string? currency) =>
        units is { } known && Currency.TryFind(currency?.ToUpperInvariant(), out var found)
            ? found.Code switch
            {
                "ISK" or "UGX" => known % Hundred == 0 ? new(known / Hundred, found) : null,
                "MGA" => new(checked(known * Hundred), found),
                _ => new MoneyAmount(known, found),
            }
            : null;

    /// <summary>As Stripe writes it: <c>usd</c>.</summary>
    public static string CodeOf(Currency currency) => currency.Code.ToLowerInvariant();
}
