namespace Tollgate.Engine.Projects;

/// <summary>The names under which a project's public reads are served without a key: DNS names or IPv4 addresses, no port.</summary>
public static class HostNames
{
    /// <summary>RFC 1035's limit for a name as text.</summary>
    public const int Longest = 253;

    /// <summary>The maximum for one project: its sites in a few languages and stages.</summary>
    public const int Most = 20;

    private const int LongestLabel = 63;

    /// <summary>
    /// Normalises a name to lower case without the dot of the root: names that differ only in these are the same.
    /// </summary>
    public static string Plain(string host) => host.ToLowerInvariant().TrimEnd('.');

    /// <param name="host">The normalised name (<see cref="Plain"/>). Internationalised names come in ASCII form (xn--…), as browsers send
    /// them.</param>
    public static bool IsHost(string host) => host.Length is >= 1 and <= Longest && host.Split('.').All(IsLabel);

    private static bool IsLabel(string label) =>
        label.Length is >= 1 and <= LongestLabel
        && label[0] != '-' && label[^1] != '-'
        && label.All(c => c is '-' || char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c));
}
