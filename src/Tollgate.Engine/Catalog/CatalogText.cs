using System.Text;
using System.Text.Json;
using Tollgate.Core;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Tollgate.Engine.Catalog;

/// <summary>Parses YAML or JSON to the tree, and keeps the line and column of every node.</summary>
internal static class CatalogText
{
    /// <exception cref="CatalogTextException">
    /// The text is not YAML, is nested too deeply, or uses a feature of YAML that catalogues do not need.
    /// </exception>
    public static CatalogNode ParseYaml(string text)
    {
        RefuseLongerThanLimit(Encoding.UTF8.GetByteCount(text));
        var scanner = new Scanner(new StringReader(text));
        try
        {
            return ReadDocument(new(scanner));
        }
        catch (Exception fault) when (fault is not CatalogTextException && TabOf(text) is { } tab)
        {
            // YamlDotNet reports the place where the structure broke, often lines after the tab that broke it.
            throw new CatalogTextException("This is not YAML: the indentation has a tab. Indent with spaces.", tab.Line, tab.Column);
        }
        catch (YamlException fault)
        {
            throw new CatalogTextException($"This is not YAML: {fault.Message}", (int)fault.Start.Line, (int)fault.Start.Column);
        }
        catch (Exception fault) when (fault is not CatalogTextException)
        {
            // On text that is not YAML, YamlDotNet's scanner throws more exceptions than it documents: InvalidOperationException for a
            // bracket inside plain text, ArgumentOutOfRangeException for an escape beyond Unicode. Its messages describe internals.
            var place = scanner.CurrentPosition;
            throw new CatalogTextException("This is not YAML: the text cannot be read any further.", (int)place.Line, (int)place.Column);
        }
    }

    /// <summary>Returns the position of the first tab before the text of a line; null: there is none.</summary>
    private static (int Line, int Column)? TabOf(string text)
    {
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            var indentation = line[..(line.Length - line.TrimStart(" \t").Length)];
            if (indentation.Length < line.Length && indentation.IndexOf('\t') is >= 0 and var at)
            {
                return (number, at + 1);
            }
        }

        return null;
    }

    private static CatalogNode ReadDocument(Parser parser)
    {
        parser.Consume<StreamStart>();
        if (parser.TryConsume<StreamEnd>(out _))
        {
            return new MapNode([], Compact: false, 1, 1);
        }

        parser.Consume<DocumentStart>();
        var root = ReadYaml(parser, depth: 1);
        parser.Consume<DocumentEnd>();
        if (!parser.TryConsume<StreamEnd>(out _))
        {
            throw At(parser.Current!, "A catalogue is one YAML document; a second one begins here.");
        }

        return root;
    }

    /// <exception cref="CatalogTextException">The text is not JSON, or is nested too deeply.</exception>
    public static CatalogNode ParseJson(ReadOnlyMemory<byte> utf8)
    {
        RefuseLongerThanLimit(utf8.Length);
        var lines = new LineIndex(utf8.Span);
        try
        {
            var reader = new Utf8JsonReader(utf8.Span, new JsonReaderOptions { MaxDepth = CatalogTextLimits.DeepestNesting });
            reader.Read();
            var root = ReadJson(ref reader, lines);
            reader.Read();
            return root;
        }
        catch (JsonException fault)
        {
            throw new CatalogTextException(
                "This is not JSON, or nested too deeply.", (int)(fault.LineNumber ?? 0) + 1, (int)(fault.BytePositionInLine ?? 0) + 1);
        }
    }

    private static CatalogNode ReadYaml(Parser parser, int depth)
    {
        var current = parser.Current!;
        if (depth > CatalogTextLimits.DeepestNesting)
        {
            throw At(current, $"Nested more than {CatalogTextLimits.DeepestNesting} levels deep.");
        }

        if (parser.TryConsume<Scalar>(out var scalar))
        {
            return new ScalarNode(
                Storable(scalar.Value, LineOf(scalar), ColumnOf(scalar)), scalar.Style != ScalarStyle.Plain, LineOf(scalar),
                ColumnOf(scalar));
        }

        if (parser.TryConsume<SequenceStart>(out var list))
        {
            var items = new List<CatalogNode>();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(ReadYaml(parser, depth + 1));
            }

            return new ListNode(items, Compact: false, LineOf(list), ColumnOf(list));
        }

        if (parser.TryConsume<MappingStart>(out var map))
        {
            var entries = new List<MapEntry>();
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var key = parser.TryConsume<Scalar>(out var name) ? name : throw At(parser.Current!, "A key must be plain text.");
                entries.Add(new(Storable(key.Value, LineOf(key), ColumnOf(key)), ReadYaml(parser, depth + 1), LineOf(key), ColumnOf(key)));
            }

            return new MapNode(entries, Compact: false, LineOf(map), ColumnOf(map));
        }

        // With aliases a few lines could expand to gigabytes, and an exported catalogue could not show them.
        throw At(current, "Anchors and aliases (&name, *name) are not supported; write the value out.");
    }

    private static CatalogNode ReadJson(ref Utf8JsonReader reader, LineIndex lines)
    {
        var (line, column) = lines.PlaceOf(reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return new ScalarNode(StringOf(ref reader, line, column), Quoted: true, line, column);
            case JsonTokenType.StartArray:
                var items = new List<CatalogNode>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    items.Add(ReadJson(ref reader, lines));
                }

                return new ListNode(items, Compact: false, line, column);
            case JsonTokenType.StartObject:
                var entries = new List<MapEntry>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var (keyLine, keyColumn) = lines.PlaceOf(reader.TokenStartIndex);
                    var key = StringOf(ref reader, keyLine, keyColumn);
                    reader.Read();
                    entries.Add(new(key, ReadJson(ref reader, lines), keyLine, keyColumn));
                }

                return new MapNode(entries, Compact: false, line, column);
            default:
                return new ScalarNode(Encoding.UTF8.GetString(reader.ValueSpan), Quoted: false, line, column);
        }
    }

    private static string StringOf(ref Utf8JsonReader reader, int line, int column)
    {
        try
        {
            return Storable(reader.GetString()!, line, column);
        }
        catch (InvalidOperationException)
        {
            throw NotText(line, column);
        }
    }

    /// <summary>
    /// Returns text that PostgreSQL can store; YAML escapes (<c>"\0"</c>, <c>"\uD800"</c>) can produce text that it cannot.
    /// </summary>
    private static string Storable(string text, int line, int column) =>
        WellFormed.IsText(text) ? text : throw NotText(line, column);

    private static CatalogTextException NotText(int line, int column) =>
        new("A text holds the character U+0000, half of a surrogate pair, or bytes that are not UTF-8.", line, column);

    private static void RefuseLongerThanLimit(int bytes)
    {
        if (bytes > CatalogTextLimits.LargestText)
        {
            throw new CatalogTextException($"{bytes} bytes; a catalogue has at most {CatalogTextLimits.LargestText}.", 1, 1);
        }
    }

    private static CatalogTextException At(ParsingEvent place, string message) => new(message, LineOf(place), ColumnOf(place));

    private static int LineOf(ParsingEvent place) => (int)place.Start.Line;

    private static int ColumnOf(ParsingEvent place) => (int)place.Start.Column;

    /// <summary>Maps a byte offset to line and column (in bytes, as JSON's own messages count).</summary>
    private sealed class LineIndex
    {
        private readonly List<int> _starts = [0];

        public LineIndex(ReadOnlySpan<byte> text)
        {
            for (var i = 0; i < text.Length; i++)
            {
                if (text[i] == (byte)'\n')
                {
                    _starts.Add(i + 1);
                }
            }
        }

        public (int Line, int Column) PlaceOf(long offset)
        {
            var found = _starts.BinarySearch((int)offset);
            var line = found >= 0 ? found : ~found - 1;
            return (line + 1, (int)offset - _starts[line] + 1);
        }
    }
}
