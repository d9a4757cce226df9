using System.Globalization;
using Microsoft.AspNetCore.Http;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Rating;
using Tollgate.Core.Time;

namespace Tollgate.Web.Pricing;

/// <summary>A number that a visitor typed.</summary>
/// <param name="Text">As typed, or the default.</param>
/// <param name="Value">The number, or the default if the text is none.</param>
/// <param name="Fault">For the visitor; null: the text is a number within the limits.</param>
public sealed record TypedNumber(string Text, Quantity Value, string? Fault);

/// <summary>The query of the pricing page: any text may stand in it, and none of it is an error of the server.</summary>
public sealed class PricingQuery(IQueryCollection query)
{
    public const string Period = "period", Currency = "currency", Seats = "seats", Hours = "hours", Rate = "rate";

    /// <summary>The start of the names of fields of usage: <c>use_ats_scan</c>.</summary>
    public const string Use = "use_";

    private const int LongestNumber = 24;

    /// <summary>The query without parameters.</summary>
    public static readonly PricingQuery None = new(QueryCollection.Empty);

    public PriceInterval? Interval => CatalogWords.TryParse<PriceInterval>(query[Period].ToString(), out var interval) ? interval : null;

    public string CurrencyCode => query[Currency].ToString();

    /// <summary>True: the visitor used the calculator, so the answer is not that of everybody.</summary>
    public bool IsCalculated =>
        query.Keys.Any(static key => key is Seats or Hours or Rate || key.StartsWith(Use, StringComparison.Ordinal));

    /// <summary>Reads a number that is not negative.</summary>
    /// <param name="otherwise">The value of a missing or empty field.</param>
    public TypedNumber Number(string name, Quantity otherwise, long most = EstimateRules.Most, bool isWhole = false)
    {
        var text = query[name].ToString().Trim();
        if (text.Length == 0)
        {
            return new(Plain(otherwise), otherwise, null);
        }

        var isNumber = decimal.TryParse(
            text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var number);
        if (text.Length > LongestNumber || !isNumber || !Quantity.TryCreate(number, out var value)
            || (isWhole && decimal.Truncate(number) != number))
        {
            return new(
                Core.WellFormed.Cut(text, LongestNumber), otherwise, isWhole ? "Enter a whole number." : "Enter a number, such as 250.");
        }

        return value.Value > most
            ? new(text, otherwise, string.Create(CultureInfo.InvariantCulture, $"Enter at most {most:#,0}."))
            : new(Plain(value), value, null);
    }

    private static string Plain(Quantity value) => value.ToString();
}
