using Tollgate.Core.Money;

namespace Tollgate.Core.Payments.Stripe;

/// <summary>
/// The conversion between Stripe's smallest units and Tollgate's. They differ for three currencies: Stripe counts the krona of Iceland and
/// the shilling of Uganda, which have no decimals, with two, and the ariary of Madagascar, which has two, with none. Amounts with three
/// decimals must be multiples of ten units.
/// </summary>
/// <remarks>
/// https://docs.stripe.com/currencies#zero-decimal. UGX is in the list of currencies without decimals, but Stripe treats it as one with
/// two.
/// </remarks>
public static class StripeAmounts
{
    private const long Hundred = 100;

    /// <summary>Returns Stripe's units; null: Stripe cannot move exactly this amount.</summary>
    public static long? ToStripe(MoneyAmount amount) => amount.Currency switch
    {
        { Code: "ISK" or "UGX" } => checked(amount.Minor * Hundred),
        { Code: "MGA" } => amount.Minor % Hundred == 0 ? amount.Minor / Hundred : null,
        { Decimals: 3 } => amount.Minor % 10 == 0 ? amount.Minor : null,
        _ => amount.Minor,
    };

    /// <summary>
    /// Returns the nearest amount that Stripe can move, rounded half away from zero. Only for an addition to an invoice of Stripe's own,
    /// which is no debt on another document.
    /// </summary>
    public static long Nearest(MoneyAmount amount) => amount.Currency switch
    {
        { Code: "MGA" } => (long)decimal.Round((decimal)amount.Minor / Hundred, MidpointRounding.AwayFromZero),
        { Decimals: 3 } => 10 * (long)decimal.Round(amount.Minor / 10m, MidpointRounding.AwayFromZero),
        _ => ToStripe(amount)!.Value,
    };

    /// <param name="currency">Stripe's spelling: <c>usd</c>.</param>
    /// <returns>Null: no amount, or an unknown currency.</returns>
    public static MoneyAmount? FromStripe(long? units, string? currency) =>
        units is { } known && Currency.TryFind(currency?.ToUpperInvariant(), out var found)
            ? found.Code switch
            {
                "ISK" or "UGX" => known % Hundred == 0 ? new(known / Hundred, found) : null,
                "MGA" => new(checked(known * Hundred), found),
                _ => new MoneyAmount(known, found),
            }
            : null;

    /// <summary>Returns Stripe's spelling: <c>usd</c>.</summary>
    public static string CodeOf(Currency currency) => currency.Code.ToLowerInvariant();
}
