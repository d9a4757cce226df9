using System.Globalization;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Projects;

namespace Tollgate.Web.Layout;

/// <summary>How pages write amounts and days.</summary>
public static class Words
{
    /// <summary><c>$19.00</c>, <c>−$5.00</c>.</summary>
    public static string Of(MoneyAmount amount) => amount.Display().Replace('-', '−');

    /// <summary>The quantity of an invoice line, where it is not one: <c>2 × $10.00</c>, or <c>Quantity: 9</c> where the units have different prices.</summary>
    public static string? Count(InvoiceLine line)
    {
        if (line.Quantity == Quantity.One || line.Kind is InvoiceLineKind.Discount or InvoiceLineKind.Credit)
        {
            return null;
        }

        var count = line.Quantity.Value.ToString("#,0.#########", CultureInfo.InvariantCulture);
        return line.UnitPrice is { } each ? $"{count} × {(ExactMoney.Of(each.Rounded()) == each ? Of(each.Rounded()) : each)}" : $"Quantity: {count}";
    }

    /// <summary>A time of day where the project is: <c>09:45 (UTC)</c>.</summary>
    public static string Time(Instant at, ProjectSnapshot project) => string.Create(
        CultureInfo.InvariantCulture, $"{TimeZoneInfo.ConvertTime(at.ToOffset(), project.Zone):HH:mm} ({(project.Zone.Id == "Etc/UTC" ? "UTC" : project.Zone.Id)})");

    /// <summary>A day where the project is: <c>3 Dec 2026</c>.</summary>
    public static string Day(Instant at, ProjectSnapshot project) =>
        TimeZoneInfo.ConvertTime(at.ToOffset(), project.Zone).ToString("d MMM yyyy", CultureInfo.InvariantCulture);

    /// <summary><c>Visa ending in 4242</c>.</summary>
    public static string Card(string brand, string last4) => $"{char.ToUpperInvariant(brand[0])}{brand[1..]} ending in {last4}";
}
