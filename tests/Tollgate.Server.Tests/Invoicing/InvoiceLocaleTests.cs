using Tollgate.Core.Money;
using Tollgate.Server.Invoicing;
using static Tollgate.Server.Tests.Invoicing.Papers;

namespace Tollgate.Server.Tests.Invoicing;

/// <summary>Expected texts are CLDR's, except for the minus, which is always the real sign.</summary>
public sealed class InvoiceLocaleTests
{
    [Theory]
    [InlineData("en", "EUR", 123456789, "€1,234,567.89")]
    [InlineData("en", "CHF", 123456, "CHF_1,234.56")]
    [InlineData("en", "CAD", -500, "−CA$5.00")]
    [InlineData("en-GB", "GBP", 99, "£0.99")]
    [InlineData("en-IN", "INR", 1234567890, "₹1,23,45,678.90")]
    [InlineData("en-IN", "INR", 99900, "₹999.00")]
    [InlineData("de", "EUR", 123456789, "1.234.567,89_€")]
    [InlineData("de", "EUR", -100000, "−1.000,00_€")]
    [InlineData("de", "AUD", 100, "1,00_AUD")]
    [InlineData("de-AT", "EUR", 123456, "€_1.234,56")]
    [InlineData("de-CH", "CHF", 123456789, "CHF_1’234’567.89")]
    [InlineData("fr", "EUR", 123456789, "1~234~567,89_€")]
    [InlineData("es", "EUR", 123456, "1234,56_€")]
    [InlineData("es", "EUR", 1234567, "12.345,67_€")]
    [InlineData("en", "JPY", 1234, "¥1,234")]
    [InlineData("de", "JPY", 1234, "1.234_¥")]
    [InlineData("en", "KWD", 1234567, "KWD_1,234.567")]
    [InlineData("de", "TND", 5, "0,005_TND")]
    public void Amounts_are_written_as_in_the_place(string locale, string currency, long minor, string expected) =>
        InvoiceLocale.Of(locale).Amount(new(minor, Currency.Of(currency))).ShouldBe(Spaced(expected));

    [Theory]
    [InlineData("en", "USD", "0.000000123456", "$0.000000123456")]
    [InlineData("en", "USD", "0.0000001234564", "$0.000000123456")]
    [InlineData("en", "USD", "29", "$29.00")]
    [InlineData("en", "USD", "24.916666666666666666666666667", "$24.916666666667")]
    [InlineData("de", "USD", "1234.5", "1.234,50_$")]
    [InlineData("en", "JPY", "0.5", "¥0.5")]
    [InlineData("en", "KWD", "999999.123456789012", "KWD_999,999.123456789012")]
    public void Prices_have_at_least_the_decimals_of_the_currency_and_at_most_twelve(
        string locale, string currency, string price, string expected) =>
        InvoiceLocale.Of(locale).Price(new(decimal.Parse(price, System.Globalization.CultureInfo.InvariantCulture), Currency.Of(currency)))
            .ShouldBe(Spaced(expected));

    [Theory]
    [InlineData("en", "Mar 9, 2026", "19%", "1,234.5")]
    [InlineData("en-GB", "9 Mar 2026", "19%", "1,234.5")]
    [InlineData("de", "09.03.2026", "19_%", "1.234,5")]
    [InlineData("de-LI", "09.03.2026", "19_%", "1.234,5")]
    [InlineData("fr", "09/03/2026", "19~%", "1~234,5")]
    [InlineData("es", "09/03/2026", "19_%", "1234,5")]
    [InlineData("xx", "Mar 9, 2026", "19%", "1,234.5")]
    public void Dates_rates_and_numbers_are_written_as_in_the_place(string tag, string date, string rate, string number)
    {
        var locale = InvoiceLocale.Of(tag);
        locale.Date(Utc("2026-03-09T12:00:00Z"), TimeZoneInfo.Utc).ShouldBe(date);
        locale.Rate(new(19)).ShouldBe(Spaced(rate));
        locale.Number(Quantity.Of(1234.5m)).ShouldBe(Spaced(number));
    }

    [Theory]
    [InlineData("2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z", "UTC", "Apr 1, 2026_– Apr 30, 2026")]
    [InlineData("2026-04-01T10:00:00Z", "2026-05-01T10:00:00Z", "UTC", "Apr 1, 2026_– May 1, 2026")]
    [InlineData("2026-03-31T22:00:00Z", "2026-04-30T22:00:00Z", "Europe/Berlin", "Apr 1, 2026_– Apr 30, 2026")]
    [InlineData("2026-04-01T00:00:00Z", "2026-04-01T00:00:00Z", "UTC", "Apr 1, 2026")]
    [InlineData("1970-01-01T00:00:00Z", "9999-01-01T00:00:00Z", "UTC", "Jan 1, 1970_– Dec 31, 9998")]
    public void A_period_is_shown_from_its_first_to_its_last_day(string start, string end, string zone, string expected) =>
        InvoiceLocale.Of("en").Days(new(Utc(start), Utc(end)), TimeZoneInfo.FindSystemTimeZoneById(zone)).ShouldBe(Spaced(expected));

    /// <summary><c>_</c> is a space that does not break, <c>~</c> a thin one.</summary>
    private static string Spaced(string text) => text.Replace('_', '\u00A0').Replace('~', '\u202F');
}
