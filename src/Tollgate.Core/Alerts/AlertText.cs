using System.Globalization;
using Tollgate.Core.Money;

namespace Tollgate.Core.Alerts;

/// <summary>The notation of alerts.</summary>
public static class AlertText
{
    /// <summary>The characters of a title or a detail that are stored; names and errors may be long.</summary>
    public const int LongestTitle = 300;

    public const int LongestDetail = 2_000;

    public static string Number(Quantity number) => number.Value.ToString("#,0.#########", CultureInfo.InvariantCulture);

    public static string Dollars(Quantity amount) =>
        (amount.Value < 0 ? "−$" : "$") + Math.Abs(amount.Value).ToString("#,0.00", CultureInfo.InvariantCulture);

    /// <summary>
    /// Returns the text of a message to a Slack-compatible webhook. Slack reads three characters as markup and expects them as entities;
    /// the writer of the JSON escapes the others.
    /// </summary>
    public static string OfSlack(string severity, string title, string detail, string? recommendation) =>
        $"*[{severity}] {Slack(title).Replace('*', '∗')}*\n{Slack(detail)}"
            + (recommendation is null ? "" : $"\n{Slack(recommendation)}");

    private static string Slack(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
}
