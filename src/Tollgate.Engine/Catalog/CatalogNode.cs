namespace Tollgate.Engine.Catalog;

/// <summary>
/// A catalogue as a tree, between its text (YAML or JSON) and its nouns. Both texts are read into it and printed from it,
/// so that the rules for keys, words and quantities exist once.
/// </summary>
/// <param name="Line">1-based; 0 when the node was made by Tollgate.</param>
internal abstract record CatalogNode(int Line, int Column);

/// <param name="Quoted">A string, whatever it looks like. Unquoted text may be a number, a truth value, null or a word.</param>
internal sealed record ScalarNode(string Text, bool Quoted, int Line = 0, int Column = 0) : CatalogNode(Line, Column)
{
    /// <summary>Written <c>unlimited</c> in YAML and <c>null</c> in JSON; both are read in both.</summary>
    public static readonly ScalarNode Unlimited = new("unlimited", Quoted: false);

    public bool IsNull => !Quoted && (Text is "" or "~" or "null" or "Null" or "NULL");

    public bool IsUnlimited => IsNull || Text == "unlimited";

    public static ScalarNode Of(string text) => new(text, Quoted: true);

    /// <summary>A number, a truth value or a word of a closed set.</summary>
    public static ScalarNode Raw(string text) => new(text, Quoted: false);
}

/// <param name="Compact">Printed on one line when it fits.</param>
internal sealed record ListNode(IReadOnlyList<CatalogNode> Items, bool Compact, int Line = 0, int Column = 0) : CatalogNode(Line, Column);

internal sealed record MapNode(IReadOnlyList<MapEntry> Entries, bool Compact, int Line = 0, int Column = 0) : CatalogNode(Line, Column);

/// <summary>A key with the place where it stands, for faults about the key itself.</summary>
internal sealed record MapEntry(string Key, CatalogNode Value, int Line = 0, int Column = 0);

/// <summary>The text is no YAML or no JSON at all, or breaks a limit that guards the reader itself.</summary>
internal sealed class CatalogTextException(string message, int line, int column) : Exception(message)
{
    public int Line { get; } = line;

    public int Column { get; } = column;
}

/// <summary>What a catalogue's text may be at most, before anything of it is understood.</summary>
internal static class CatalogTextLimits
{
    /// <summary>Bytes. The largest seed catalogue has 12 kB; a thousand features on a hundred plans fit.</summary>
    public const int LargestText = 1024 * 1024;

    /// <summary>Levels. The catalogue needs 9; a deeper text is an attack on the reader's stack.</summary>
    public const int DeepestNesting = 16;
}
