using System.Diagnostics.CodeAnalysis;

namespace Tollgate.Core.Time;

/// <summary>The names of time zones from outside.</summary>
public static class TimeZones
{
    /// <summary>The longest accepted name; the longest in the tz database has 32 characters.</summary>
    public const int LongestName = 64;

    /// <summary>Old names that are still valid but that the machine does not list.</summary>
    private static readonly string[] Aliases =
    [
        "Europe/Kiev", "Asia/Calcutta", "Asia/Saigon", "Asia/Rangoon", "Asia/Katmandu", "Asia/Dacca", "America/Buenos_Aires",
        "America/Indianapolis", "America/Godthab",
        "US/Eastern", "US/Central", "US/Mountain", "US/Pacific",
    ];

    /// <summary>
    /// Finds an IANA zone such as <c>Europe/Berlin</c> or <c>Etc/UTC</c> by its exact name. It refuses anything else, including Windows
    /// names, other spellings, and the host's own setting (<c>localtime</c>), which differs between servers.
    /// </summary>
    public static bool TryFind(string? name, [NotNullWhen(true)] out TimeZoneInfo? zone)
    {
        zone = null;
        if (name is not { Length: > 0 and <= LongestName } || !LooksLikeZone(name))
        {
            return false;
        }

        if (!TimeZoneInfo.TryFindSystemTimeZoneById(name, out var found) || found.Id != name)
        {
            return false;
        }

        zone = found;
        return true;
    }

    /// <summary>
    /// Returns the message for an unknown time zone, with the nearest name, or the zone of a city if the text is only the city.
    /// </summary>
    public static string Unknown(string name)
    {
        var names = TimeZoneInfo.GetSystemTimeZones().Select(static zone => zone.Id).Concat(Aliases).Distinct()
            .Where(static id => TryFind(id, out _)).Order(StringComparer.Ordinal).ToArray();
        var city = Spelling.Nearest(name, names) is null ? Spelling.Nearest(name, names.Select(CityOf)) : null;
        var hint = city is null ? Spelling.DidYouMean(name, names) : $" Did you mean '{names.First(one => CityOf(one) == city)}'?";
        return $"Unknown time zone '{Spelling.Shown(name)}'.{hint} An IANA time zone such as Europe/Berlin or Etc/UTC is expected.";
    }

    private static string CityOf(string name) => name[(name.LastIndexOf('/') + 1)..];

    private static bool LooksLikeZone(string name)
    {
        if (name.Any(static c => !char.IsAsciiLetterOrDigit(c) && c is not ('/' or '_' or '-' or '+')))
        {
            return false;
        }

        // "right/" counts leap seconds and "posix/" repeats the main list; without a slash only these two are no alias.
        return name is "UTC" or "GMT"
            || (name.Contains('/', StringComparison.Ordinal)
                && !name.StartsWith("right/", StringComparison.Ordinal)
                && !name.StartsWith("posix/", StringComparison.Ordinal));
    }
}
