using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Tollgate.Engine.Catalog;

/// <summary>
/// Prints the tree as YAML as a person would write a catalogue: one line for a price or an entitlement, quotes only where needed.
/// (YamlDotNet's own emitter cannot choose between one line and a block by width.)
/// </summary>
internal static partial class CatalogYaml
{
    private const int WidestLine = 140;

    public static string Print(string header, MapNode root)
    {
        var text = new StringBuilder(header).Append('\n');
        foreach (var entry in root.Entries)
        {
            if (entry.Value is ListNode { Compact: false })
            {
                text.Append('\n');
            }

            PrintEntry(text, entry, indent: 0);
        }

        return text.ToString();
    }

    private static void PrintEntry(StringBuilder text, MapEntry entry, int indent)
    {
        text.Append(' ', indent).Append(KeyOf(entry.Key)).Append(':');
        PrintValue(text, entry.Value, indent);
    }

    /// <summary>Prints the value after "key:": on the same line if it fits there, otherwise indented below.</summary>
    private static void PrintValue(StringBuilder text, CatalogNode node, int indent)
    {
        if (node is ScalarNode scalar)
        {
            text.Append(' ').Append(Scalar(scalar, inFlow: false)).Append('\n');
        }
        else if (OnOneLine(node, indent + 20) is { } line)
        {
            text.Append(' ').Append(line).Append('\n');
        }
        else
        {
            text.Append('\n');
            PrintBlock(text, node, indent + 2);
        }
    }

    private static void PrintBlock(StringBuilder text, CatalogNode node, int indent)
    {
        if (node is MapNode map)
        {
            foreach (var entry in map.Entries)
            {
                PrintEntry(text, entry, indent);
            }

            return;
        }

        foreach (var item in ((ListNode)node).Items)
        {
            text.Append(' ', indent).Append("- ");
            PrintItem(text, item, indent);
        }
    }

    private static void PrintItem(StringBuilder text, CatalogNode item, int indent)
    {
        if (item is ScalarNode scalar)
        {
            text.Append(Scalar(scalar, inFlow: false)).Append('\n');
        }
        else if (OnOneLine(item, indent + 2) is { } line)
        {
            text.Append(line).Append('\n');
        }
        else
        {
            // The first key follows the dash, and the others are below it.
            var block = new StringBuilder();
            PrintBlock(block, item, indent + 2);
            text.Append(block, indent + 2, block.Length - indent - 2);
        }
    }

    private static string? OnOneLine(CatalogNode node, int before)
    {
        var line = Flow(node);
        return line is not null && before + line.Length <= WidestLine ? line : null;
    }

    /// <summary>Returns null if a part of it needs a block.</summary>
    private static string? Flow(CatalogNode node)
    {
        switch (node)
        {
            case ScalarNode scalar:
                return Scalar(scalar, inFlow: true);
            case ListNode { Items.Count: 0 }:
                return "[]";
            case ListNode list when list.Compact || list.Items.All(static item => item is MapNode { Compact: true }):
                var items = list.Items.Select(Flow).ToArray();
                return items.Contains(null) ? null : $"[{string.Join(", ", items)}]";
            case MapNode { Compact: true } map:
                var values = map.Entries.Select(static e => Flow(e.Value) is { } value ? $"{KeyOf(e.Key)}: {value}" : null).ToArray();
                return values.Contains(null) ? null : $"{{ {string.Join(", ", values)} }}";
            default:
                return null;
        }
    }

    private static string KeyOf(string key) => PlainKey().IsMatch(key) ? key : Quote(key);

    private static string Scalar(ScalarNode scalar, bool inFlow)
    {
        if (!scalar.Quoted)
        {
            return scalar.Text;
        }

        var plain = Plain().IsMatch(scalar.Text)
            && !LooksLikeSomethingElse().IsMatch(scalar.Text)
            && !scalar.Text.Contains(": ", StringComparison.Ordinal)
            && !(inFlow && scalar.Text.AsSpan().ContainsAny(",:"));
        return plain ? scalar.Text : Quote(scalar.Text);
    }

    private static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var letter in text)
        {
            _ = letter switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),
                _ when char.IsControl(letter) || letter is '\u2028' or '\u2029' or '\ufeff' =>
                    quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:X4}"),
                _ => quoted.Append(letter),
            };
        }

        return quoted.Append('"').ToString();
    }

    // Begins and ends with a letter or digit (or a closing sign), without anything in between that YAML reads as structure.
    [GeneratedRegex(@"^[\p{L}/$]\z|^[\p{L}\p{N}/$][\p{L}\p{N} _./()'&+$%!?;,:*=-]*[\p{L}\p{N}_./()'+$%!?]\z")]
    private static partial Regex Plain();

    // Numbers, dates, and the words that some YAML readers take for a truth value, null or Tollgate's own "unlimited".
    [GeneratedRegex(
        @"^([+-]?[0-9][0-9_.,:eExXoO+-]*|[0-9]{4}-.*|true|false|yes|no|on|off|y|n|null|unlimited|\.inf|\.nan)\z", RegexOptions.IgnoreCase)]
    private static partial Regex LooksLikeSomethingElse();

    [GeneratedRegex(@"^[a-z][a-z0-9_-]*\z")]
    private static partial Regex PlainKey();
}
