namespace Tollgate.Core.Catalog;

/// <summary>One fault of a catalogue. A check reports all of them at once.</summary>
/// <param name="Path">The place: <c>plans[1].entitlements[0].quota</c>; empty for the catalogue as a whole.</param>
/// <param name="Message">The value seen and a correct one, in a sentence or two.</param>
public sealed record CatalogFault(string Path, string Message)
{
    /// <summary>The 1-based line of the text; null if the catalogue was not read from a text.</summary>
    public int? Line { get; init; }

    /// <summary>1-based column.</summary>
    public int? Column { get; init; }

    /// <summary>
    /// The number of faults with a suggestion: each is compared with all names, and a hostile catalogue has tens of thousands of both.
    /// </summary>
    private const int MostGuesses = 100;

    /// <summary>Returns <see cref="Spelling.DidYouMean"/> for the first faults.</summary>
    internal static string Guess(List<CatalogFault> faults, string word, IEnumerable<string> known) =>
        faults.Count < MostGuesses ? Spelling.DidYouMean(word, known) : "";

    /// <summary>Returns the format of compilers, so that editors can jump to the place: <c>pro.yaml:12:7: plans[0].code: …</c>.</summary>
    public string Describe(string? file)
    {
        var place = Line is { } line ? $"{file}:{line}:{Column}" : file;
        var parts = new[] { place, Path, Message }.Where(static part => !string.IsNullOrEmpty(part));
        return string.Join(": ", parts);
    }
}
