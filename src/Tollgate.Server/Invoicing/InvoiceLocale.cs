using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Server.Invoicing;

/// <summary>
/// The notation of amounts, numbers and dates in a locale. The tables are Tollgate's own, after CLDR 46: an invoice must read the same on
/// every machine, and the machine's ICU may have any version or be missing.
/// </summary>
internal sealed record InvoiceLocale
{
    private const string Thin = "\u202F";
    private const string Hard = "\u00A0";
    private const string MinusSign = "\u2212";

    /// <summary>The most decimals shown of a unit price; as many as <see cref="UnitPrice"/> has.</summary>
    private const string TwelveDecimals = "############";

    /// <summary>A BCP 47 tag, also for the attribute <c>lang</c> of a page.</summary>
    public required string Tag { get; init; }

    public required InvoiceWords Words { get; init; }

    private string Point { get; init; } = ".";

    private string Group { get; init; } = ",";

    /// <summary>Digits of the second and further groups; 2 in India.</summary>
    private int GroupDigits { get; init; } = 3;

    /// <summary>True: four digits have no separator: 1234,56 but 12.345,67.</summary>
    private bool FourDigitsTogether { get; init; }

    /// <summary>True: the sign precedes the amount (<c>$5</c>, <c>CHF 5</c>). False: it follows (<c>5 €</c>).</summary>
    private bool SignFirst { get; init; } = true;

    /// <summary>The text between an amount and a sign that is not a letter.</summary>
    private string SignSpace { get; init; } = "";

    private string PercentSpace { get; init; } = "";

    /// <summary>Day <c>d</c> or <c>dd</c>, month <c>MM</c> or <c>MMM</c>, year <c>yyyy</c>.</summary>
    private string DatePattern { get; init; } = "MMM d, yyyy";

    /// <summary>Signs that are unambiguous; a currency without one appears as its code.</summary>
    private FrozenDictionary<string, string> Signs { get; init; } = EnglishSigns;

    private static readonly FrozenDictionary<string, string> EnglishSigns = Table(
        ("USD", "$"), ("EUR", "€"), ("GBP", "£"), ("JPY", "¥"), ("INR", "₹"), ("KRW", "₩"), ("BRL", "R$"), ("CAD", "CA$"), ("AUD", "A$"),
        ("NZD", "NZ$"), ("MXN", "MX$"), ("HKD", "HK$"), ("ILS", "₪"), ("VND", "₫"));

    private static readonly FrozenDictionary<string, string> ContinentalSigns = Table(
        ("USD", "$"), ("EUR", "€"), ("GBP", "£"), ("JPY", "¥"), ("INR", "₹"), ("KRW", "₩"), ("ILS", "₪"), ("VND", "₫"));

    private static readonly InvoiceLocale English = new() { Tag = "en", Words = InvoiceWords.English };

    private static readonly InvoiceLocale German = new()
    {
        Tag = "de", Words = InvoiceWords.German, Point = ",", Group = ".", SignFirst = false, SignSpace = Hard, PercentSpace = Hard,
        DatePattern = "dd.MM.yyyy", Signs = ContinentalSigns,
    };

    private static readonly InvoiceLocale French = new()
    {
        Tag = "fr", Words = InvoiceWords.French, Point = ",", Group = Thin, SignFirst = false, SignSpace = Hard, PercentSpace = Thin,
        DatePattern = "dd/MM/yyyy", Signs = ContinentalSigns,
    };

    private static readonly InvoiceLocale Spanish = new()
    {
        Tag = "es", Words = InvoiceWords.Spanish, Point = ",", Group = ".", FourDigitsTogether = true, SignFirst = false, SignSpace = Hard,
        PercentSpace = Hard, DatePattern = "dd/MM/yyyy", Signs = ContinentalSigns,
    };

    public static IReadOnlyList<InvoiceLocale> All { get; } =
    [
        English,
        English with { Tag = "en-GB", DatePattern = "d MMM yyyy" },
        English with { Tag = "en-IN", DatePattern = "d MMM yyyy", GroupDigits = 2 },
        German,
        German with { Tag = "de-AT", SignFirst = true },
        German with { Tag = "de-CH", Point = ".", Group = "’", SignFirst = true, PercentSpace = "" },
        French,
        Spanish,
    ];

    /// <summary>Returns the locale of the tag, else of its language (<c>de-LI</c> reads as <c>de</c>), else English.</summary>
    public static InvoiceLocale Of(string tag) =>
        All.FirstOrDefault(locale => locale.Tag.Equals(tag, StringComparison.OrdinalIgnoreCase))
        ?? All.FirstOrDefault(locale => locale.Tag.Equals(tag.Split('-')[0], StringComparison.OrdinalIgnoreCase))
        ?? English;

    /// <summary>With all decimals of its currency: <c>$1,234.50</c>, <c>1.234,50 €</c>, <c>¥1,235</c>, <c>−KWD 1.500</c>.</summary>
    public string Amount(MoneyAmount amount) =>
        Signed(amount.IsNegative, Tagged(Digits(Math.Abs(amount.Major), Decimals(amount.Currency)), amount.Currency));

    /// <summary>At least the decimals of its currency, at most twelve.</summary>
    public string Price(ExactMoney price)
    {
        var format = Decimals(price.Currency) + TwelveDecimals[price.Currency.Decimals..];
        return Signed(price.Major < 0, Tagged(Digits(Math.Abs(price.Major), format), price.Currency));
    }

    public string Number(Quantity quantity) => Signed(quantity.IsNegative, Digits(Math.Abs(quantity.Value), "#########"));

    public string Rate(Percent percent) => Signed(percent.Value < 0, Digits(Math.Abs(percent.Value), "######") + PercentSpace + "%");

    public string Date(Instant at, TimeZoneInfo zone)
    {
        var day = TimeZoneInfo.ConvertTimeFromUtc(at.ToUtc(), zone);
        var text = new StringBuilder(DatePattern);
        return text
            .Replace("yyyy", day.Year.ToString("0000", CultureInfo.InvariantCulture))
            .Replace("dd", "\u0001").Replace("d", day.Day.ToString(CultureInfo.InvariantCulture)).Replace("\u0001", TwoDigits(day.Day))
            .Replace("MMM", "\u0001").Replace("MM", TwoDigits(day.Month)).Replace("\u0001", Words.Months[day.Month - 1])
            .ToString();
    }

    /// <summary>The first and the last day of a period; one day if they are the same.</summary>
    public string Days(Period period, TimeZoneInfo zone)
    {
        var (first, last) = (Date(period.Start, zone), Date(LastMoment(period), zone));
        return first == last ? first : $"{first}{Hard}– {last}";
    }

    private static Instant LastMoment(Period period) => period.End > period.Start ? new(period.End.UnixMicroseconds - 1) : period.Start;

    private static string TwoDigits(int number) => number.ToString("00", CultureInfo.InvariantCulture);

    private static string Decimals(Currency currency) => new('0', currency.Decimals);

    private static string Signed(bool isNegative, string text) => isNegative ? MinusSign + text : text;

    private string Tagged(string digits, Currency currency)
    {
        var sign = Signs.GetValueOrDefault(currency.Code, currency.Code);
        var space = char.IsAsciiLetter(SignFirst ? sign[^1] : sign[0]) ? Hard : SignSpace;
        return SignFirst ? sign + space + digits : digits + space + sign;
    }

    /// <param name="number">Not negative.</param>
    /// <param name="decimals"><c>0</c> for each decimal that is always shown, then <c>#</c> for each optional one.</param>
    private string Digits(decimal number, string decimals)
    {
        var parts = decimal.Round(number, Math.Min(decimals.Length, 28), MidpointRounding.AwayFromZero)
            .ToString("0." + decimals, CultureInfo.InvariantCulture).Split('.');
        var whole = parts[0];
        if (whole.Length > (FourDigitsTogether ? 4 : 3))
        {
            for (var at = whole.Length - 3; at > 0; at -= GroupDigits)
            {
                whole = whole.Insert(at, Group);
            }
        }

        return parts.Length == 1 ? whole : whole + Point + parts[1];
    }

    private static FrozenDictionary<string, string> Table(params ReadOnlySpan<(string Code, string Sign)> signs)
    {
        var table = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (code, sign) in signs)
        {
            table.Add(code, sign);
        }

        return table.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
