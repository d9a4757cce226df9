using System.Collections.Frozen;
using System.Text;

namespace Tollgate.Core.Catalog;

/// <summary>
/// The words of the catalogue's closed sets: <c>QuotaPeriodKind.BillingMonth</c> is <c>billing_month</c>, in YAML, JSON, the database and
/// messages alike.
/// </summary>
public static class CatalogWords
{
    public static string Of<TEnum>(TEnum value)
        where TEnum : struct, Enum => Words<TEnum>.ByValue[value];

    public static bool TryParse<TEnum>(string word, out TEnum value)
        where TEnum : struct, Enum => Words<TEnum>.ByWord.TryGetValue(word, out value);

    /// <summary>Reads a word that Tollgate has written.</summary>
    public static TEnum Read<TEnum>(string word)
        where TEnum : struct, Enum => Words<TEnum>.ByWord[word];

    /// <summary>Returns all words of the set, in its order.</summary>
    public static IReadOnlyList<string> All<TEnum>()
        where TEnum : struct, Enum => Words<TEnum>.InOrder;

    private static class Words<TEnum>
        where TEnum : struct, Enum
    {
        public static readonly FrozenDictionary<TEnum, string> ByValue =
            Enum.GetValues<TEnum>().ToFrozenDictionary(static v => v, static v => Snake(v.ToString()));

        public static readonly FrozenDictionary<string, TEnum> ByWord =
            ByValue.ToFrozenDictionary(static p => p.Value, static p => p.Key, StringComparer.Ordinal);

        public static readonly IReadOnlyList<string> InOrder = [.. Enum.GetValues<TEnum>().Select(static v => ByValue[v])];
    }

    private static string Snake(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        foreach (var letter in name)
        {
            if (char.IsAsciiLetterUpper(letter) && text.Length > 0)
            {
                text.Append('_');
            }

            text.Append(char.ToLowerInvariant(letter));
        }

        return text.ToString();
    }
}
