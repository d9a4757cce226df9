using System.Text.RegularExpressions;

namespace Tollgate.Tidy;

/// <summary>The sections of a room's README, written as headings (<c>## Owns</c>) or as bold openings (<c>**Owns.** …</c>).</summary>
public static partial class RoomPage
{
    /// <summary>The lines of a section with their numbers; null when the page has no such section.</summary>
    public static IReadOnlyList<(int Line, string Text)>? Section(TextFile page, string title)
    {
        var start = Find(page, 0, line => Opens(line, title));
        if (start < 0)
        {
            return null;
        }

        var end = Find(page, start + 1, line => Heading().IsMatch(line));
        return [.. Enumerable.Range(start, (end < 0 ? page.Lines.Count : end) - start).Select(at => (at + 1, page.Lines[at]))];
    }

    private static bool Opens(string line, string title) =>
        Heading().Match(line) is { Success: true } match
        && match.Groups["title"].Value.Trim().StartsWith(title, StringComparison.OrdinalIgnoreCase);

    private static int Find(TextFile page, int from, Func<string, bool> wanted)
    {
        for (var at = from; at < page.Lines.Count; at++)
        {
            if (wanted(page.Lines[at]))
            {
                return at;
            }
        }

        return -1;
    }

    [GeneratedRegex(@"^(?:#{1,4}\s+|\s*(?:[-*]\s+)?\*\*)(?<title>[A-Za-z][^*:.#]*)")]
    private static partial Regex Heading();
}
