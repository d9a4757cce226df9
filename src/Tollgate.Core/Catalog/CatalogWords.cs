using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Tollgate.Core.Catalog;

/// <summary>
/// The words of the catalogue's closed sets: <c>QuotaPeriodKind.BillingMonth</c> is <c>billing_month</c>, in YAML, JSON, the database and
/// messages alike.
/// </summary>
public static class CatalogWords
{
    public static string Of<TEnum>(TEnum value)
        where TEnum : struct, Enum => Words<TEnum>.Table.WordOf(NumberOf(value));

    public static bool TryParse<TEnum>(string word, out TEnum value)
        where TEnum : struct, Enum
    {
        var isKnown = Words<TEnum>.Table.TryParse(word, out var number);
        value = ValueOf<TEnum>(number);
        return isKnown;
    }

    /// <summary>Reads a word that Tollgate has written.</summary>
    public static TEnum Read<TEnum>(string word)
        where TEnum : struct, Enum => ValueOf<TEnum>(Words<TEnum>.Table.NumberOf(word));

    /// <summary>Returns all words of the set, in its order.</summary>
    public static IReadOnlyList<string> All<TEnum>()
        where TEnum : struct, Enum => Words<TEnum>.Table.InOrder;

    /// <summary>
    /// The set's words by the numbers of its values. For dictionaries by value, .NET would compile
    /// separate code for each of a hundred sets at every start.
    /// </summary>
    private static class Words<TEnum>
        where TEnum : struct, Enum
    {
        public static readonly WordTable Table = new(typeof(TEnum));
    }

    private sealed class WordTable
    {
        private readonly string?[] _byNumber;
        private readonly Dictionary<string, int> _byWord = new(StringComparer.Ordinal);

        public WordTable(Type set)
        {
            var values = Enum.GetValuesAsUnderlyingType(set);
            var numbers = new int[values.Length];
            for (var i = 0; i < numbers.Length; i++)
            {
                numbers[i] = Convert.ToInt32(values.GetValue(i), CultureInfo.InvariantCulture);
            }

            _byNumber = new string?[numbers[^1] + 1];
            InOrder = Array.ConvertAll(Enum.GetNames(set), Snake);
            for (var i = 0; i < numbers.Length; i++)
            {
                _byNumber[numbers[i]] = InOrder[i];
                _byWord.Add(InOrder[i], numbers[i]);
            }
        }

        public string[] InOrder { get; }

        public string WordOf(int number) =>
            (uint)number < (uint)_byNumber.Length && _byNumber[number] is { } word
                ? word
                : throw new KeyNotFoundException(string.Create(CultureInfo.InvariantCulture, $"The set has no value {number}."));

        public bool TryParse(string word, out int number) => _byWord.TryGetValue(word, out number);

        public int NumberOf(string word) => _byWord[word];
    }

    private static int NumberOf<TEnum>(TEnum value)
        where TEnum : struct, Enum =>
        Unsafe.SizeOf<TEnum>() == sizeof(byte) ? Unsafe.BitCast<TEnum, byte>(value) : Unsafe.BitCast<TEnum, int>(value);

    private static TEnum ValueOf<TEnum>(int number)
        where TEnum : struct, Enum =>
        Unsafe.SizeOf<TEnum>() == sizeof(byte) ? Unsafe.BitCast<byte, TEnum>((byte)number) : Unsafe.BitCast<int, TEnum>(number);

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
