using System.Globalization;
using System.Text.RegularExpressions;
using Tollgate.Core;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;

namespace Tollgate.Engine.Catalog;

/// <summary>Collects the faults of a text, and remembers the position of each path so that the rules can report it later.</summary>
internal sealed class CatalogFaults
{
    private readonly List<CatalogFault> _faults = [];
    private readonly Dictionary<string, (int Line, int Column)> _places = new(StringComparer.Ordinal);

    public IReadOnlyList<CatalogFault> All => _faults;

    public void Remember(string path, int line, int column) => _places.TryAdd(path, (line, column));

    public void Add(string path, string message, CatalogNode node) =>
        _faults.Add(new(path, message) { Line = node.Line, Column = node.Column });

    public void Add(string path, string message, MapEntry key) =>
        _faults.Add(new(path, message) { Line = key.Line, Column = key.Column });

    /// <summary>Adds the faults that the rules found, except those at a path that could not be read, which has a fault already.</summary>
    public void AddFromRules(IEnumerable<CatalogFault> found)
    {
        var unread = _faults.Select(static f => f.Path).ToHashSet(StringComparer.Ordinal);
        foreach (var fault in found)
        {
            if (!unread.Any(path => fault.Path == path || fault.Path.StartsWith(path + ".", StringComparison.Ordinal)))
            {
                var place = PlaceOf(fault.Path);
                _faults.Add(fault with { Line = place?.Line, Column = place?.Column });
            }
        }
    }

    /// <summary>
    /// Returns the position of the path, or of the nearest node around it: a missing key is reported at the start of its map.
    /// </summary>
    private (int Line, int Column)? PlaceOf(string path)
    {
        while (!_places.ContainsKey(path) && path.Length > 0)
        {
            path = path[..Math.Max(0, path.LastIndexOfAny(['.', '[']))];
        }

        return _places.TryGetValue(path, out var place) && place.Line > 0 ? place : null;
    }
}

/// <summary>
/// The keys of one map, read one after the other. A key that was read is known; <see cref="RefuseOthers"/> reports the rest. A fault never
/// stops the reading: the value is then a harmless placeholder.
/// </summary>
internal sealed partial class CatalogFields
{
    private readonly CatalogFaults _faults;
    private readonly MapNode _map;
    private readonly Dictionary<string, MapEntry> _entries = new(StringComparer.Ordinal);
    private readonly List<string> _known = [];

    public CatalogFields(CatalogFaults faults, CatalogNode node, string path)
    {
        (_faults, Path) = (faults, path);
        faults.Remember(path, node.Line, node.Column);
        _map = node as MapNode ?? new MapNode([], Compact: false, node.Line, node.Column);
        if (node is not MapNode)
        {
            faults.Add(path, $"Expected a map of keys and values, found {Describe(node)}.", node);
        }

        foreach (var entry in _map.Entries)
        {
            if (!_entries.TryAdd(entry.Key, entry))
            {
                faults.Add(PathOf(entry.Key), $"The key '{entry.Key}' occurs twice.", entry);
            }
        }
    }

    public string Path { get; }

    /// <summary>The keys of the map, in its order.</summary>
    public IEnumerable<string> Keys => _entries.Keys;

    public bool Has(string key)
    {
        Know(key);
        return _entries.ContainsKey(key);
    }

    /// <summary>True if the key exists and has a value: <c>amount:</c> alone has none.</summary>
    public bool Says(string key) => Has(key) && _entries[key].Value is not ScalarNode { IsNull: true };

    public string PathOf(string key) => Path.Length == 0 ? key : $"{Path}.{key}";

    /// <summary>Reports a fault at a key, or at the map if the key is missing.</summary>
    public void Fault(string key, string message)
    {
        if (_entries.TryGetValue(key, out var entry))
        {
            _faults.Add(PathOf(key), message, entry.Value);
        }
        else
        {
            _faults.Add(PathOf(key), message, _map);
        }
    }

    public string RequiredText(string key)
    {
        if (!Has(key) || _entries[key].Value is ScalarNode { IsNull: true })
        {
            Fault(key, $"'{key}' is missing.");
            return "";
        }

        return Text(key) ?? "";
    }

    /// <summary>Reads text. It refuses an unquoted number or truth value, which could change its form on the way.</summary>
    public string? Text(string key)
    {
        if (Scalar(key) is not { } scalar)
        {
            return null;
        }

        if (!scalar.Quoted && (scalar.Text is "true" or "false" || TryNumber(scalar.Text, out _)))
        {
            Fault(key, $"'{key}' is text; put {scalar.Text} into quotes.");
            return null;
        }

        return scalar.Text;
    }

    /// <summary>Reads text, a number or a truth value, as written.</summary>
    public string? AnyText(string key) => Scalar(key)?.Text;

    public bool Flag(string key, bool otherwise)
    {
        if (Scalar(key) is not { } scalar)
        {
            return otherwise;
        }

        if (scalar is { Quoted: false, Text: "true" or "false" })
        {
            return scalar.Text == "true";
        }

        Fault(key, $"'{key}' is true or false, not {Describe(scalar)}.");
        return otherwise;
    }

    public long? Whole(string key)
    {
        if (Scalar(key) is not { } scalar)
        {
            return null;
        }

        if (!scalar.Quoted && TryNumber(scalar.Text, out var number) && decimal.Truncate(number) == number
            && Math.Abs(number) <= long.MaxValue)
        {
            return (long)number;
        }

        Fault(key, $"'{key}' is a whole number, not {Describe(scalar)}.");
        return null;
    }

    /// <summary>
    /// Reads minor units of a currency. It refuses <c>12.00</c>, a whole number that would mean twelve cents, which nobody intends.
    /// </summary>
    public long? Minor(string key)
    {
        if (Scalar(key) is { Quoted: false } scalar && scalar.Text.Contains('.', StringComparison.Ordinal)
            && TryNumber(scalar.Text, out var number))
        {
            Fault(key, string.Create(CultureInfo.InvariantCulture,
                $"'{key}' is in minor units of the currency and has no decimal point: where the currency has cents, write {number * 100m:0.##} for {scalar.Text}."));
            return null;
        }

        return Whole(key);
    }

    public int? OptionalInt32(string key) => Says(key) ? Int32(key, otherwise: 0) : null;

    public int Int32(string key, int otherwise)
    {
        var whole = Whole(key);
        if (whole is < int.MinValue or > int.MaxValue)
        {
            Fault(key, $"'{key}' is out of range.");
            return otherwise;
        }

        return (int?)whole ?? otherwise;
    }

    public Quantity? Amount(string key) => Scalar(key) is { } scalar ? AmountOf(key, scalar) : null;

    /// <summary>Reads an amount in major units of a currency.</summary>
    public UnitPrice? Price(string key)
    {
        if (Scalar(key) is not { } scalar)
        {
            return null;
        }

        if (TryNumber(scalar.Text, out var number) && UnitPrice.TryCreate(number, out var price))
        {
            return price;
        }

        Fault(key,
            $"'{key}' is a price: 0 or more, with at most {UnitPrice.Scale} decimals and 12 digits before the point, "
                + $"not {Describe(scalar)}.");
        return null;
    }

    /// <summary>Reads a percentage: 2.5 for two and a half percent.</summary>
    public Percent? Percent(string key)
    {
        if (Scalar(key) is not { } scalar)
        {
            return null;
        }

        if (TryNumber(scalar.Text, out var number) && Core.Money.Percent.TryCreate(number, out var percent))
        {
            return percent;
        }

        Fault(key,
            $"'{key}' is a percentage from 0 to {Core.Money.Percent.Largest} with at most {Core.Money.Percent.Scale} decimals, "
                + $"not {Describe(scalar)}.");
        return null;
    }

    /// <summary>Reads a quantity, or null and <c>unlimited</c> for no limit.</summary>
    public Quantity? AmountOrUnlimited(string key) =>
        !Has(key) || _entries[key].Value is ScalarNode { IsUnlimited: true } ? null : Amount(key);

    public string? TextOrUnlimited(string key) =>
        !Has(key) || _entries[key].Value is ScalarNode { IsUnlimited: true } or ScalarNode { Text: "-1" } ? null : AnyText(key);

    /// <summary>Reads a word of a closed set.</summary>
    public TEnum Word<TEnum>(string key, TEnum otherwise)
        where TEnum : struct, Enum
    {
        if (Scalar(key) is not { } scalar)
        {
            return otherwise;
        }

        if (CatalogWords.TryParse<TEnum>(scalar.Text, out var value))
        {
            return value;
        }

        var words = CatalogWords.All<TEnum>();
        Fault(key, $"'{scalar.Text}' is not one of {string.Join(", ", words)}.{Spelling.DidYouMean(scalar.Text, words)}");
        return otherwise;
    }

    /// <summary>Reads a map; returns null if the key is missing or null.</summary>
    public CatalogFields? Map(string key) =>
        !Has(key) || _entries[key].Value is ScalarNode { IsNull: true }
            ? null
            : new CatalogFields(_faults, _entries[key].Value, PathOf(key));

    /// <summary>Reads a list of maps; a missing key is an empty list.</summary>
    public IReadOnlyList<T> Maps<T>(string key, Func<CatalogFields, int, T> read) =>
        Items(key, (node, path, index) => read(new CatalogFields(_faults, node, path), index));

    /// <summary>Reads one map without a list around it, or a list of maps; a missing or null key is an empty list.</summary>
    public IReadOnlyList<T> MapOrMaps<T>(string key, Func<CatalogFields, int, T> read) =>
        Has(key) && _entries[key].Value is MapNode ? [read(Map(key)!, 0)] : Maps(key, read);

    public IReadOnlyList<string> Texts(string key) =>
        Items(key, (node, path, _) =>
        {
            if (node is ScalarNode { IsNull: false } scalar)
            {
                return scalar.Text;
            }

            _faults.Add(path, $"Expected text, found {Describe(node)}.", node);
            return "";
        });

    public IReadOnlyList<int> Int32s(string key) =>
        Items(key, (node, path, _) =>
        {
            if (node is ScalarNode scalar
                && int.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            {
                return number;
            }

            _faults.Add(path, $"Expected a whole number, found {Describe(node)}.", node);
            return 0;
        });

    /// <summary>Reports keys that were never read.</summary>
    public void RefuseOthers()
    {
        foreach (var (key, entry) in _entries)
        {
            if (!_known.Contains(key, StringComparer.Ordinal))
            {
                var guess = Spelling.DidYouMean(key, _known);
                var hint = guess.Length > 0 ? guess : $" Keys: {string.Join(", ", _known)}.";
                _faults.Add(PathOf(key), $"'{key}' is not a key here.{hint}", entry);
            }
        }
    }

    private void Know(string key)
    {
        if (!_known.Contains(key, StringComparer.Ordinal))
        {
            _known.Add(key);
        }

        if (_entries.TryGetValue(key, out var entry))
        {
            _faults.Remember(PathOf(key), entry.Value.Line, entry.Value.Column);
        }
    }

    private ScalarNode? Scalar(string key)
    {
        if (!Has(key))
        {
            return null;
        }

        var node = _entries[key].Value;
        if (node is ScalarNode scalar)
        {
            return scalar.IsNull ? null : scalar;
        }

        Fault(key, $"'{key}' is a single value, not {Describe(node)}.");
        return null;
    }

    private List<T> Items<T>(string key, Func<CatalogNode, string, int, T> read)
    {
        if (!Has(key) || _entries[key].Value is ScalarNode { IsNull: true })
        {
            return [];
        }

        if (_entries[key].Value is not ListNode list)
        {
            Fault(key, $"'{key}' is a list, not {Describe(_entries[key].Value)}.");
            return [];
        }

        var items = new List<T>(list.Items.Count);
        for (var i = 0; i < list.Items.Count; i++)
        {
            var path = $"{PathOf(key)}[{i}]";
            _faults.Remember(path, list.Items[i].Line, list.Items[i].Column);
            items.Add(read(list.Items[i], path, i));
        }

        return items;
    }

    private Quantity? AmountOf(string key, ScalarNode scalar)
    {
        if (TryNumber(scalar.Text, out var number) && Quantity.TryCreate(number, out var quantity))
        {
            return quantity;
        }

        Fault(key, $"'{key}' is a number with at most {Quantity.Scale} decimals and 18 digits before the point, not {Describe(scalar)}.");
        return null;
    }

    /// <summary>
    /// Parses a plain decimal number, with an exponent as JSON allows it. It refuses digits beyond those that a decimal holds exactly.
    /// </summary>
    private static bool TryNumber(string text, out decimal number)
    {
        number = 0;
        return text.Length <= 40
            && Number().IsMatch(text)
            && decimal.TryParse(
                text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                CultureInfo.InvariantCulture, out number);
    }

    private static string Describe(CatalogNode node) => node switch
    {
        MapNode => "a map",
        ListNode => "a list",
        ScalarNode { IsNull: true } => "nothing",
        ScalarNode { Text.Length: > 60 } scalar => $"'{WellFormed.Cut(scalar.Text, 57)}…'",
        ScalarNode scalar => $"'{scalar.Text}'",
        _ => "something else",
    };

    [GeneratedRegex(@"^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?\z")]
    private static partial Regex Number();
}
