namespace Tollgate.Core.Catalog;

/// <summary>One thing that is wrong with a catalogue. All of them are reported at once.</summary>
/// <param name="Path">Where: <c>plans[1].entitlements[0].quota</c>; empty for the catalogue as a whole.</param>
/// <param name="Message">What was seen and what would be right, in a sentence or two.</param>
public sealed record CatalogFault(string Path, string Message)
{
    /// <summary>1-based line of the text; null when the catalogue did not come from a text.</summary>
    public int? Line { get; init; }

    /// <summary>1-based column.</summary>
    public int? Column { get; init; }

    /// <summary>
    /// Faults that get a suggestion: each is compared with all names, and a hostile catalogue has tens of thousands of both.
    /// </summary>
    private const int MostGuesses = 100;

    /// <summary><see cref="Spelling.DidYouMean"/> for the first faults.</summary>
    internal static string Guess(List<CatalogFault> faults, string word, IEnumerable<string> known) =>
        faults.Count < MostGuesses ? Spelling.DidYouMean(word, known) : "";

    /// <summary>As a compiler prints it, so that editors jump to it: <c>pro.yaml:12:7: plans[0].code: …</c>.</summary>
    public string Describe(string? file)
    {
        var place = Line is { } line ? $"{file}:{line}:{Column}" : file;
        var parts = new[] { place, Path, Message }.Where(static part => !string.IsNullOrEmpty(part));
        return string.Join(": ", parts);
    }
}
