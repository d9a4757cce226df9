using System.Globalization;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Projects;

namespace Tollgate.Web.Layout;

/// <summary>The notation of amounts and days on pages.</summary>
public static class Words
{
    /// <summary>The most prices before the lasting one; more would not fit in one sentence.</summary>
    private const int MostPrices = 3;

    /// <summary><c>$19.00</c>, <c>−$5.00</c>.</summary>
    public static string Of(MoneyAmount amount) => amount.Display().Replace('-', '−');

    /// <summary>
    /// The quantity of an invoice line, if it is not one: <c>2 × $10.00</c>, or <c>Quantity: 9</c> if the units have different prices.
    /// </summary>
    public static string? Count(InvoiceLine line)
    {
        if (line.Quantity == Quantity.One || line.Kind is InvoiceLineKind.Discount or InvoiceLineKind.Credit)
        {
            return null;
        }

        var count = line.Quantity.Value.ToString("#,0.#########", CultureInfo.InvariantCulture);
        return line.UnitPrice is { } each
            ? $"{count} × {(ExactMoney.Of(each.Rounded()) == each ? Of(each.Rounded()) : each)}"
            : $"Quantity: {count}";
    }

    public static string Every(PriceInterval interval) =>
        interval switch { PriceInterval.Weekly => "a week", PriceInterval.Yearly => "a year", _ => "a month" };

    /// <summary>
    /// The price of renewals: <c>$29.00 a month, first on 24 Dec 2026</c>, or, during a temporary discount, <c>$23.20 on 24 Dec 2026, from
    /// 24 Jan 2027 on $29.00 a month</c>. Null: nothing renews.
    /// </summary>
    /// <param name="next">The word for the next renewal.</param>
    public static string? Coming(IReadOnlyList<ComingPrice> prices, PriceInterval interval, string next, ProjectSnapshot project)
    {
        if (prices.Count == 0)
        {
            return null;
        }

        var (last, every) = (prices[^1], Every(interval));
        if (prices.Count == 1)
        {
            return $"{Of(last.Total)} {every}, {next} on {Day(last.From, project)}";
        }

        var before = prices.SkipLast(1).Take(MostPrices)
            .Select(price => $"{Of(price.Total)} {(price.Periods > 1 ? $"{every} from" : "on")} {Day(price.From, project)}");
        var more = prices.Count - 1 > MostPrices ? ", then other amounts" : "";
        return $"{string.Join(", ", before)}{more}, from {Day(last.From, project)} on {Of(last.Total)} {every}";
    }

    /// <summary>A time of day in the project's time zone: <c>09:45 (UTC)</c>.</summary>
    public static string Time(Instant at, ProjectSnapshot project) => string.Create(
        CultureInfo.InvariantCulture,
        $"{TimeZoneInfo.ConvertTime(at.ToOffset(), project.Zone):HH:mm} ({(project.Zone.Id == "Etc/UTC" ? "UTC" : project.Zone.Id)})");

    /// <summary>A day in the project's time zone: <c>3 Dec 2026</c>.</summary>
    public static string Day(Instant at, ProjectSnapshot project) =>
        TimeZoneInfo.ConvertTime(at.ToOffset(), project.Zone).ToString("d MMM yyyy", CultureInfo.InvariantCulture);

    /// <summary><c>Visa ending in 4242</c>.</summary>
    public static string Card(string brand, string last4) => $"{char.ToUpperInvariant(brand[0])}{brand[1..]} ending in {last4}";
}
