namespace Tollgate.Engine.Catalog;

/// <summary>
/// A catalogue as a tree, between its text (YAML or JSON) and its types. Both formats are read into it and printed from it, so that the
/// rules for keys, words and quantities exist once.
/// </summary>
/// <param name="Line">1-based; 0 if Tollgate made the node.</param>
internal abstract record CatalogNode(int Line, int Column);

/// <param name="Quoted">True for a string, whatever it looks like. Unquoted text may be a number, a truth value, null or a word.</param>
internal sealed record ScalarNode(string Text, bool Quoted, int Line = 0, int Column = 0) : CatalogNode(Line, Column)
{
    /// <summary>Written as <c>unlimited</c> in YAML and <c>null</c> in JSON; both formats accept both.</summary>
    public static readonly ScalarNode Unlimited = new("unlimited", Quoted: false);

    public bool IsNull => !Quoted && (Text is "" or "~" or "null" or "Null" or "NULL");

    public bool IsUnlimited => IsNull || Text == "unlimited";

    public static ScalarNode Of(string text) => new(text, Quoted: true);

    /// <summary>Makes a number, a truth value or a word of a closed set.</summary>
    public static ScalarNode Raw(string text) => new(text, Quoted: false);
}

/// <param name="Compact">Print it on one line if it fits.</param>
internal sealed record ListNode(IReadOnlyList<CatalogNode> Items, bool Compact, int Line = 0, int Column = 0) : CatalogNode(Line, Column);

internal sealed record MapNode(IReadOnlyList<MapEntry> Entries, bool Compact, int Line = 0, int Column = 0) : CatalogNode(Line, Column);

/// <summary>A key with its position, for faults of the key itself.</summary>
internal sealed record MapEntry(string Key, CatalogNode Value, int Line = 0, int Column = 0);

/// <summary>The text is not YAML or JSON, or exceeds a limit that protects the reader.</summary>
internal sealed class CatalogTextException(string message, int line, int column) : Exception(message)
{
    public int Line { get; } = line;

    public int Column { get; } = column;
}

/// <summary>The limits of a catalogue's text, which apply before it is parsed.</summary>
internal static class CatalogTextLimits
{
    /// <summary>Bytes. The largest sample catalogue has 12 kB; a thousand features on a hundred plans fit.</summary>
    public const int LargestText = 1024 * 1024;

    /// <summary>Levels. The catalogue needs 9; a deeper text is an attack on the reader's stack.</summary>
    public const int DeepestNesting = 16;
}
