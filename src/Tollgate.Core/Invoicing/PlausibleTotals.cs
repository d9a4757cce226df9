using System.Collections.Frozen;
using Tollgate.Core.Money;

namespace Tollgate.Core.Invoicing;

/// <summary>
/// The total above which an invoice looks implausible, unless the project sets one: about a million dollars. A million dong is $40, so the
/// limit is 100 to 1,000,000 times higher for currencies with small units. It catches typing errors and runaway usage, not differences of a
/// few per cent, so it uses the power of ten that is nearest to the units of one dollar, without daily rates.
/// </summary>
public static class PlausibleTotals
{
    /// <summary>The limit in major units for currencies of which a dollar buys fewer than about 32.</summary>
    public const long Usual = 1_000_000;

    // By the value of one dollar in January 2026. The rial counts by its market rate.
    private const string Hundreds =
        "AFN ALL BDT BTN CVE DJF DOP DZD EGP ETB GMD GYD HTG INR ISK JMD JPY KES KGS LKR LRD MKD MRU MUR MZN NIO NPR PHP PKR RSD RUB THB "
            + "TRY UAH UYU "
        + "VED VUV XPF YER";

    private const string Thousands = "AMD AOA ARS BIF CDF CLP CRC CUP HUF IQD KMF KPW KRW KZT MMK MWK NGN RWF SDG SOS TZS XAF XOF";
    private const string TenThousands = "COP GNF IDR KHR LAK MGA MNT PYG SSP SYP UGX UZS VND";
    private const string HundredThousands = "LBP";
    private const string Millions = "IRR";

    private static readonly FrozenDictionary<string, long> Units = Of(Hundreds, 100).Concat(Of(Thousands, 1_000))
        .Concat(Of(TenThousands, 10_000))
        .Concat(Of(HundredThousands, 100_000)).Concat(Of(Millions, 1_000_000)).ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The currency codes in the table.</summary>
    public static IReadOnlyCollection<string> SmallUnits => Units.Keys;

    /// <summary>Returns the limit in major units of the currency.</summary>
    public static long LargestIn(Currency currency) => Usual * Units.GetValueOrDefault(currency.Code, 1);

    private static IEnumerable<KeyValuePair<string, long>> Of(string codes, long units) =>
        codes.Split(' ').Select(code => KeyValuePair.Create(code, units));
}
