using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Tollgate.Core.Money;

/// <summary>
/// A currency of ISO 4217 in circulation, with 0, 2 or 3 decimals. Fund codes, precious metals and the two accounting units with 4 decimals
/// are left out: no invoice uses them.
/// </summary>
public sealed record Currency
{
    private Currency(string code, int decimals) => (Code, Decimals) = (code, decimals);

    /// <summary>Three capital letters.</summary>
    public string Code { get; }

    /// <summary>The number of decimals of the minor unit: 2 for cents, 0 for yen, 3 for fils.</summary>
    public int Decimals { get; }

    /// <summary>Minor units in one major unit: 1, 100 or 1000.</summary>
    public long MinorPerMajor => Decimals switch { 0 => 1, 2 => 100, _ => 1000 };

    // ISO 4217 list one, as of January 2026 (without the lev; with the Caribbean guilder and the new leone).
    private const string TwoDecimals =
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP "
        + "CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES "
        + "KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK "
        + "NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB "
        + "TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG";

    private const string NoDecimals = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";

    private const string ThreeDecimals = "BHD IQD JOD KWD LYD OMR TND";

    private static readonly FrozenDictionary<string, Currency> ByCode =
        Of(TwoDecimals, 2).Concat(Of(NoDecimals, 0)).Concat(Of(ThreeDecimals, 3))
            .ToFrozenDictionary(static c => c.Code, StringComparer.Ordinal);

    public static IReadOnlyCollection<Currency> All => ByCode.Values;

    public static Currency Usd { get; } = Of("USD");

    /// <summary>Finds a currency by its exact code; lower case is refused.</summary>
    public static bool TryFind(string? code, [NotNullWhen(true)] out Currency? currency)
    {
        currency = null;
        return code is not null && ByCode.TryGetValue(code, out currency);
    }

    /// <summary>Returns the message for an unknown currency, with the nearest code.</summary>
    public static string Unknown(string code) =>
        $"{Spelling.Unknown("currency", code, ByCode.Keys.Order(StringComparer.Ordinal))} An ISO 4217 code such as USD is expected.";

    /// <summary>Returns a currency whose code was validated on input.</summary>
    public static Currency Of(string code)
    {
        Invariant.That(TryFind(code, out var currency), $"{code} is not a currency.");
        return currency!;
    }

    public override string ToString() => Code;

    private static IEnumerable<Currency> Of(string codes, int decimals) => codes.Split(' ').Select(code => new Currency(code, decimals));
}
