using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
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
public sealed partial class PricingQuery(IQueryCollection query)
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
        query.Keys.Any(static key => IsOf(key, Seats) || IsOf(key, Hours) || IsOf(key, Rate)
            || key.StartsWith(Use, StringComparison.OrdinalIgnoreCase));

    /// <summary>A query with nothing but these; null: the default.</summary>
    public static PricingQuery Of(string? currency, PriceInterval? interval)
    {
        var values = new Dictionary<string, StringValues>();
        if (currency is not null)
        {
            values[Currency] = currency;
        }

        if (interval is { } chosen)
        {
            values[Period] = CatalogWords.Of(chosen);
        }

        return new(new QueryCollection(values));
    }

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
            text.Replace(",", "", StringComparison.Ordinal), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number);
        if (isNumber && text.Contains(',') && !Groups().IsMatch(text))
        {
            return new(Core.WellFormed.Cut(text, LongestNumber), otherwise, "Write decimals with a point, such as 2.50.");
        }

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

    /// <summary>Commas separate thousands only: many visitors write them before decimals, and 29,90 is not 2990.</summary>
    [GeneratedRegex(@"^[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?\z")]
    private static partial Regex Groups();

    /// <summary>The names of a query do not distinguish case.</summary>
    private static bool IsOf(string key, string name) => string.Equals(key, name, StringComparison.OrdinalIgnoreCase);

    private static string Plain(Quantity value) => value.ToString();
}
