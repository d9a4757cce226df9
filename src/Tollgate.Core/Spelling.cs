using System.Globalization;
using System.Text;

namespace Tollgate.Core;

/// <summary>Reports an unknown word, and suggests the intended one.</summary>
public static class Spelling
{
    /// <summary>The most characters of an unknown word that a message repeats.</summary>
    public const int LongestShown = 100;

    /// <summary>
    /// The longest word that is compared: the work grows with the square of the length. A code has at most 63 characters.
    /// </summary>
    private const int LongestWord = 63;

    /// <summary>The most words that are compared. A catalogue has at most some thousand names.</summary>
    private const int MostWords = 5_000;

    /// <summary>The most words that a message lists.</summary>
    private const int MostKnown = 40;

    /// <summary>The largest number of known words that a message lists without a suggestion.</summary>
    private const int MostOfFew = 12;

    /// <summary>
    /// The words of other products, with those that they mean here. By its letters alone, a word such as <c>unpaid</c> is nearest to its
    /// opposite.
    /// </summary>
    private static readonly Dictionary<string, string[]> Synonyms = new(StringComparer.OrdinalIgnoreCase)
    {
        ["annual"] = ["yearly", "year"], ["annually"] = ["yearly", "year"], ["yearly"] = ["year"], ["year"] = ["yearly"],
        ["month"] = ["monthly", "calendar_month"],
        ["monthly"] = ["month", "calendar_month"], ["week"] = ["weekly"], ["weekly"] = ["week"], ["day"] = ["daily"], ["daily"] = ["day"],
        ["unpaid"] = ["open", "past_due"], ["overdue"] = ["past_due", "open"], ["cancelled"] = ["canceled"],
        ["ended"] = ["canceled", "expired"], ["test"] = ["sandbox"],
        ["production"] = ["live"],
    };

    /// <summary>The most differences in a long word; in short words, a third of the letters.</summary>
    private const int MostDifferences = 6;

    /// <summary>
    /// Reports an unknown word, repeats it, and names the nearest known word, if one is near; otherwise lists the known words, if they are
    /// few.
    /// </summary>
    /// <param name="what">The kind of word, in lower case: <c>feature</c>.</param>
    public static string UnknownOfFew(string what, string word, IReadOnlyCollection<string> known) =>
        Unknown(what, word, known) + (known.Count is > 0 and <= MostOfFew && Nearest(word, known) is null ? Known($"{what}s", known) : "");

    /// <summary>Reports an unknown word, repeats it, and names the nearest known word, if one is near.</summary>
    /// <param name="what">The kind of word, in lower case: <c>feature</c>.</param>
    public static string Unknown(string what, string word, IEnumerable<string> known) =>
        $"Unknown {what} '{Shown(word)}'.{DidYouMean(word, known)}";

    /// <summary>Returns a sentence with the nearest known word, or nothing if none is near.</summary>
    public static string DidYouMean(string word, IEnumerable<string> known) =>
        Nearest(word, known) is { } nearest ? $" Did you mean '{nearest}'?" : "";

    /// <summary>Returns a sentence with the known words, as many as fit into a message.</summary>
    /// <param name="what">The kind of words in the plural: <c>fields</c>.</param>
    public static string Known(string what, IReadOnlyCollection<string> known) => known.Count == 0
        ? $" There are no {what} here."
        : $" Known {what}: {string.Join(", ", known.Take(MostKnown))}{(known.Count > MostKnown ? " …" : "")}.";

    /// <summary>
    /// Returns the word for a message: one line of at most <see cref="LongestShown"/> characters, with invisible ones as <c>\u0000</c>.
    /// </summary>
    public static string Shown(string word)
    {
        var shown = new StringBuilder();
        foreach (var rune in WellFormed.Cut(word, LongestShown + 1).EnumerateRunes())
        {
            // Format characters are invisible or reverse the direction of a line; the others break the line.
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator)
            {
                shown.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}");
            }
            else
            {
                shown.Append(rune);
            }
        }

        var text = shown.ToString();
        return text.Length <= LongestShown ? text : WellFormed.Cut(text, LongestShown - 1) + "…";
    }

    /// <summary>
    /// Returns the nearest known word; null if none is near: at most a third of the letters differ, and at most six. Two swapped letters
    /// are one difference; capitals do not matter, nor do dots, hyphens and spaces in place of underscores. Among equally near words, the
    /// one with the longest common beginning wins.
    /// </summary>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        if (word.Length is 0 or > LongestWord)
        {
            return null;
        }

        known = known as IReadOnlyCollection<string> ?? [.. known.Take(MostWords)];
        if (Synonyms.TryGetValue(word, out var same) && same.FirstOrDefault(one => known.Contains(one)) is { } synonym)
        {
            return synonym;
        }

        Span<char> folded = stackalloc char[word.Length];
        Span<char> other = stackalloc char[LongestWord];
        Fold(word, folded);
        string? nearest = null;
        var (least, alike) = (int.MaxValue, -1);
        foreach (var candidate in known.Take(MostWords))
        {
            var most = Math.Min(least, Math.Clamp(Math.Max(word.Length, candidate.Length) / 3, word.Length < 4 ? 1 : 2, MostDifferences));
            if (candidate.Length is 0 or > LongestWord || IsOpposite(word, candidate) || Math.Abs(word.Length - candidate.Length) > most)
            {
                continue;
            }

            Fold(candidate, other);
            var distance = Distance(folded, other[..candidate.Length], most);
            var common = word.AsSpan().CommonPrefixLength(candidate);
            if (distance <= most && (distance < least || common > alike))
            {
                (nearest, least, alike) = (candidate, distance, common);
            }
        }

        return nearest;
    }

    private static bool IsOpposite(string word, string candidate) => IsUn(word, candidate) || IsUn(candidate, word);

    /// <summary>True for <c>unpaid</c> and <c>paid</c>.</summary>
    private static bool IsUn(string longer, string shorter) =>
        longer.Length == shorter.Length + 2 && longer.StartsWith("un", StringComparison.OrdinalIgnoreCase)
            && longer.EndsWith(shorter, StringComparison.OrdinalIgnoreCase);

    private static void Fold(string word, Span<char> letters)
    {
        for (var i = 0; i < word.Length; i++)
        {
            letters[i] = word[i] is '.' or '-' or ' ' ? '_' : char.ToLowerInvariant(word[i]);
        }
    }

    /// <summary>
    /// Computes the number of letters to add, remove, replace or swap with their neighbour (optimal string alignment). It stops beyond
    /// <paramref name="most"/>, and examines only the positions that so few differences can reach.
    /// </summary>
    private static int Distance(ReadOnlySpan<char> a, ReadOnlySpan<char> b, int most)
    {
        const int Far = 1_000;
        Span<int> rows = stackalloc int[3 * (LongestWord + 1)];
        var before = rows[..(LongestWord + 1)];
        var last = rows.Slice(LongestWord + 1, LongestWord + 1);
        var row = rows[(2 * (LongestWord + 1))..];
        for (var j = 0; j <= b.Length; j++)
        {
            last[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            row.Fill(Far);
            row[0] = i;
            var least = i;
            for (var j = Math.Max(1, i - most); j <= Math.Min(b.Length, i + most); j++)
            {
                row[j] = Math.Min(last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1), Math.Min(last[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }

                least = Math.Min(least, row[j]);
            }

            if (least > most)
            {
                return least;
            }

            var spare = before;
            before = last;
            last = row;
            row = spare;
        }

        return last[b.Length];
    }
}
