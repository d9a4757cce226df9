using System.Globalization;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;

namespace Tollgate.Core.Quotas;

/// <summary>The level of a notice about the used share of a limit.</summary>
public enum NoticeLevel
{
    /// <summary>Above zero.</summary>
    Info,

    /// <summary>80 % or more.</summary>
    Warning,

    /// <summary>100 % or more.</summary>
    Critical,
}

/// <summary>The notices to a customer about the used share of a limit.</summary>
public static class UsageNotices
{
    private const int WarningPercent = 80;

    /// <summary>Returns null if there is nothing to report, because nothing is used or there is no limit.</summary>
    public static NoticeLevel? LevelOf(Quantity used, Quantity? limit) => UsageProjection.PercentOf(used, limit) switch
    {
        null => null,
        _ when !used.IsPositive => null,
        >= 100 => NoticeLevel.Critical,
        >= WarningPercent => NoticeLevel.Warning,
        _ => NoticeLevel.Info,
    };

    /// <summary>Returns a title: <c>Notice</c>, <c>Warning</c>, <c>Limit Reached</c>.</summary>
    public static string WordOf(NoticeLevel level) => level switch
    {
        NoticeLevel.Info => "Notice",
        NoticeLevel.Warning => "Warning",
        _ => "Limit Reached",
    };

    /// <summary>Returns <c>You have used 800 of 5,000 Gemini API calls</c>, <c>You have spent $15.75 of $150.00</c>.</summary>
    public static string MessageOf(Feature feature, Quantity used, Quantity limit) => feature.IsMoney
        ? string.Create(CultureInfo.InvariantCulture, $"You have spent ${used.Value:N2} of ${limit.Value:N2}")
        : string.Create(
            CultureInfo.InvariantCulture, $"You have used {used.Value:#,0.#########} of {limit.Value:#,0.#########} {feature.Name}");
}
