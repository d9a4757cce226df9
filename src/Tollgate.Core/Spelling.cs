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

    /// <summary>Says that a word is unknown, repeats it, and names the nearest known word where one is near.</summary>
    /// <param name="what">What the word should name, in lower case: <c>feature</c>.</param>
    public static string Unknown(string what, string word, IEnumerable<string> known) => $"Unknown {what} '{Shown(word)}'.{DidYouMean(word, known)}";

    /// <summary>A sentence with the nearest known word, or nothing when none is near.</summary>
    public static string DidYouMean(string word, IEnumerable<string> known) => Nearest(word, known) is { } nearest ? $" Did you mean '{nearest}'?" : "";

    /// <summary>The word for a message: one line of at most <see cref="LongestShown"/> characters, invisible ones as <c>\u0000</c>.</summary>
    public static string Shown(string word)
    {
        var shown = new StringBuilder();
        foreach (var rune in WellFormed.Cut(word, LongestShown + 1).EnumerateRunes())
        {
            // Format characters turn the direction of a line around or cannot be seen; the others break it.
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
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
    /// The nearest known word; null when none is near: at most a third of the letters differ. Letters that changed places differ once; capital letters,
    /// dots, hyphens and spaces in the place of underscores do not differ. Of words that are equally near, the one that begins alike.
    /// </summary>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        if (word.Length is 0 or > LongestWord)
        {
            return null;
        }

        var folded = Fold(word);
        string? nearest = null;
        var (least, alike) = (int.MaxValue, -1);
        foreach (var candidate in known.Take(MostWords))
        {
            var most = Math.Min(least, Math.Max(word.Length < 4 ? 1 : 2, Math.Max(word.Length, candidate.Length) / 3));
            if (candidate.Length is 0 or > LongestWord || Math.Abs(word.Length - candidate.Length) > most)
            {
                continue;
            }

            var distance = Distance(folded, Fold(candidate), most);
            var common = word.AsSpan().CommonPrefixLength(candidate);
            if (distance <= most && (distance < least || common > alike))
            {
                (nearest, least, alike) = (candidate, distance, common);
            }
        }

        return nearest;
    }

    private static string Fold(string word) => string.Create(word.Length, word, static (letters, from) =>
    {
        for (var i = 0; i < letters.Length; i++)
        {
            letters[i] = from[i] is '.' or '-' or ' ' ? '_' : char.ToLowerInvariant(from[i]);
        }
    });

    /// <summary>Letters to add, remove, replace or swap with their neighbour (optimal string alignment). More than <paramref name="most"/> are not counted to the end.</summary>
    private static int Distance(string a, string b, int most)
    {
        var (before, last, row) = (new int[b.Length + 1], Enumerable.Range(0, b.Length + 1).ToArray(), new int[b.Length + 1]);
        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            var least = i;
            for (var j = 1; j <= b.Length; j++)
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

            (before, last, row) = (last, row, before);
        }

        return last[^1];
    }
}
