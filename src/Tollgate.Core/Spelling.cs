using System.Globalization;
using System.Text;

namespace Tollgate.Core;

/// <summary>Shows a word that is not known, and guesses what was meant by it.</summary>
public static class Spelling
{
    /// <summary>Characters of an unknown word that a message repeats.</summary>
    public const int LongestShown = 100;

    /// <summary>Longer words are not compared: the work grows with the square of the length. A code has at most 63 characters.</summary>
    private const int LongestWord = 63;

    /// <summary>A catalogue has at most some thousand names; the rest of a longer list is not compared.</summary>
    private const int MostWords = 5_000;

    /// <summary>Words that a message lists.</summary>
    private const int MostKnown = 40;

    /// <summary>So few are listed although nobody asked for a list.</summary>
    private const int MostOfFew = 12;

    /// <summary>What other products call it. A word that only adds a letter or two to its opposite is nearest to that.</summary>
    private static readonly Dictionary<string, string[]> Synonyms = new(StringComparer.OrdinalIgnoreCase)
    {
        ["annual"] = ["yearly", "year"], ["annually"] = ["yearly", "year"], ["yearly"] = ["year"], ["year"] = ["yearly"],
        ["month"] = ["monthly", "calendar_month"],
        ["monthly"] = ["month", "calendar_month"], ["week"] = ["weekly"], ["weekly"] = ["week"], ["day"] = ["daily"], ["daily"] = ["day"],
        ["unpaid"] = ["open", "past_due"], ["overdue"] = ["past_due", "open"], ["cancelled"] = ["canceled"],
        ["ended"] = ["canceled", "expired"], ["test"] = ["sandbox"],
        ["production"] = ["live"],
    };

    /// <summary>Of long words; of short ones a third of the letters.</summary>
    private const int MostDifferences = 6;

    /// <summary>Says that a word is unknown, repeats it, and names the nearest known word where one is near.</summary>
    /// <param name="what">What the word should name, in lower case: <c>feature</c>.</param>
    /// <param name="known">A few of them are listed where none is near.</param>
    public static string UnknownOfFew(string what, string word, IReadOnlyCollection<string> known) =>
        Unknown(what, word, known) + (known.Count is > 0 and <= MostOfFew && Nearest(word, known) is null ? Known($"{what}s", known) : "");

    /// <summary>Says that a word is unknown, repeats it, and names the nearest known word where one is near.</summary>
    /// <param name="what">What the word should name, in lower case: <c>feature</c>.</param>
    public static string Unknown(string what, string word, IEnumerable<string> known) =>
        $"Unknown {what} '{Shown(word)}'.{DidYouMean(word, known)}";

    /// <summary>A sentence with the nearest known word, or nothing when none is near.</summary>
    public static string DidYouMean(string word, IEnumerable<string> known) =>
        Nearest(word, known) is { } nearest ? $" Did you mean '{nearest}'?" : "";

    /// <summary>The words that there are, as far as they fit into a message.</summary>
    /// <param name="what">Several: <c>fields</c>.</param>
    public static string Known(string what, IReadOnlyCollection<string> known) => known.Count == 0
        ? $" There are no {what} here."
        : $" Known {what}: {string.Join(", ", known.Take(MostKnown))}{(known.Count > MostKnown ? " …" : "")}.";

    /// <summary>
    /// The word for a message: one line of at most <see cref="LongestShown"/> characters, invisible ones as <c>\u0000</c>.
    /// </summary>
    public static string Shown(string word)
    {
        var shown = new StringBuilder();
        foreach (var rune in WellFormed.Cut(word, LongestShown + 1).EnumerateRunes())
        {
            // Format characters turn the direction of a line around or cannot be seen; the others break it.
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
    /// The nearest known word; null when none is near: at most a third of the letters differ, and six. Letters that changed places differ
    /// once; capital letters, dots, hyphens and spaces in the place of underscores do not differ. Of words that are equally near, the one
    /// that begins alike.
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

    /// <summary><c>unpaid</c> of <c>paid</c>.</summary>
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
    /// Letters to add, remove, replace or swap with their neighbour (optimal string alignment). More than <paramref name="most"/> are not
    /// counted to the end, and only places that so few differences can reach are looked at.
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
