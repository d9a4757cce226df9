using System.Globalization;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Projects;

namespace Tollgate.Web.Layout;

/// <summary>How pages write amounts and days.</summary>
public static class Words
{
    /// <summary><c>$19.00</c>, <c>−$5.00</c>.</summary>
    public static string Of(MoneyAmount amount) => amount.Display().Replace('-', '−');

    /// <summary>A day where the project is: <c>3 Dec 2026</c>.</summary>
    public static string Day(Instant at, ProjectSnapshot project) =>
        TimeZoneInfo.ConvertTime(at.ToOffset(), project.Zone).ToString("d MMM yyyy", CultureInfo.InvariantCulture);

    /// <summary><c>Visa ending in 4242</c>.</summary>
    public static string Card(string brand, string last4) => $"{char.ToUpperInvariant(brand[0])}{brand[1..]} ending in {last4}";
}
