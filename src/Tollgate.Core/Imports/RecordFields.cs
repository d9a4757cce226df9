using System.Text;
using System.Text.Json;
using Tollgate.Core.Customers;

namespace Tollgate.Core.Imports;

/// <summary>
/// The values of one record by field, as texts: a JSON object or a CSV record. It is reused for every record of an import. Numbers may be
/// written as texts, since CSV has only texts.
/// </summary>
public sealed class RecordFields
{
    private static readonly JsonReaderOptions Strict = new() { MaxDepth = ImportLimits.JsonDepth };

    /// <summary>The most faults of a record that a message names.</summary>
    private const int MostFaults = 10;

    private readonly string?[] _values = new string?[RecordFieldNames.Count];
    private readonly bool[] _seen = new bool[RecordFieldNames.Count];
    private readonly List<FieldFault> _faults = [];
    private readonly List<string?> _columns = [];

    /// <summary>The last value of each field: most records repeat customers and features, and then share the text.</summary>
    private readonly string?[] _last = new string?[RecordFieldNames.Count];

    public string? this[RecordField field] => _values[(int)field];

    public bool Has(RecordField field) => _seen[(int)field];

    public bool HasFaults => _faults.Count > 0;

    public string FaultText => string.Join(" ", _faults.Take(MostFaults).Select(static fault => $"{fault.Field}: {fault.Detail}"));

    public void Add(RecordField field, string detail) => _faults.Add(new(RecordFieldNames.Of(field), detail));

    public void Add(string field, string detail) => _faults.Add(new(field, detail));

    /// <summary>Reads a line of NDJSON.</summary>
    /// <returns>The fault of a line that is no JSON object; otherwise null.</returns>
    public ImportFault? ReadJson(ReadOnlySpan<byte> line)
    {
        Reset();
        if (WellFormed.FaultIn(line) is >= 0 and var at)
        {
            return new(ImportCodes.Malformed, $"Byte {at + 1} of the line: the text is not valid Unicode.");
        }

        try
        {
            var reader = new Utf8JsonReader(line, Strict);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return new(ImportCodes.Malformed, "A record is a JSON object.");
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                ReadMember(ref reader, line);
            }

            return reader.Read() ? new(ImportCodes.Malformed, "A line has one JSON object.") : null;
        }
        catch (JsonException e)
        {
            return new(ImportCodes.Malformed, $"Byte {e.BytePositionInLine + 1} of the line: this is not JSON (any more).");
        }
    }

    /// <summary>Reads a record of CSV.</summary>
    public ImportFault? ReadCsv(ReadOnlySpan<byte> record, IReadOnlyList<RecordField> header)
    {
        Reset();
        if (!System.Text.Unicode.Utf8.IsValid(record))
        {
            return new(ImportCodes.Malformed, "The record is not valid UTF-8.");
        }

        if (!CsvRecord.TrySplit(Encoding.UTF8.GetString(record), _columns))
        {
            return new(ImportCodes.Malformed, "A quoted field does not end with a quote. RFC 4180 doubles each quote inside.");
        }

        if (_columns.Count > header.Count)
        {
            return new(ImportCodes.Malformed, $"The record has {_columns.Count} fields, and the header {header.Count}.");
        }

        for (var i = 0; i < _columns.Count; i++)
        {
            if (_columns[i] is { } value)
            {
                Set(header[i], value);
            }
        }

        return null;
    }

    /// <summary>Reads the header of a CSV file: the names of the fields in their order.</summary>
    /// <returns>A sentence that says what is wrong; null: nothing.</returns>
    public static string? ReadHeader(string header, ImportKind? kind, out IReadOnlyList<RecordField> fields)
    {
        var (names, found) = (new List<string?>(), new List<RecordField>());
        fields = found;
        if (!CsvRecord.TrySplit(header.TrimStart('\ufeff'), names))
        {
            return "A quoted field of the header does not end with a quote.";
        }

        foreach (var name in names.Select(static name => name?.Trim() ?? ""))
        {
            if (!RecordFieldNames.TryFind(name, out var field) || (kind is { } one && !RecordFieldNames.IsKnown(one, field)))
            {
                var known = RecordFieldNames.NamesOf(kind);
                return Spelling.Unknown("column", name, known) + Spelling.Known("columns", [.. known]);
            }

            if (found.Contains(field))
            {
                return $"The column '{name}' comes twice.";
            }

            found.Add(field);
        }

        return null;
    }

    private void Reset()
    {
        Array.Clear(_values);
        Array.Clear(_seen);
        _faults.Clear();
    }

    private void ReadMember(ref Utf8JsonReader reader, ReadOnlySpan<byte> line)
    {
        Span<char> name = stackalloc char[64];
        var length = reader.ValueSpan.Length <= name.Length ? reader.CopyString(name) : 0;
        if (!RecordFieldNames.TryFind(name[..length], out var field))
        {
            _faults.Add(new(Spelling.Shown(reader.GetString()!), "Unknown field."));
            reader.Skip();
            return;
        }

        if (_seen[(int)field])
        {
            Add(field, "The field comes twice.");
        }

        reader.Read();
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                break;
            case JsonTokenType.String:
                Set(field, TextOf(ref reader, field));
                break;
            case JsonTokenType.Number:
                Set(field, Encoding.UTF8.GetString(reader.ValueSpan));
                break;
            case JsonTokenType.True or JsonTokenType.False:
                Set(field, reader.TokenType == JsonTokenType.True ? "true" : "false");
                break;
            default:
                ReadNested(ref reader, line, field);
                break;
        }
    }

    private string TextOf(ref Utf8JsonReader reader, RecordField field) =>
        _last[(int)field] is { } last && reader.ValueTextEquals(last) ? last : _last[(int)field] = reader.GetString()!;

    /// <summary>An object or an array: its JSON as it is. The rule of its kind checks it, as it does the text of a CSV field.</summary>
    private void ReadNested(ref Utf8JsonReader reader, ReadOnlySpan<byte> line, RecordField field)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        Set(field, Encoding.UTF8.GetString(line[start..(int)reader.BytesConsumed]));
    }

    private void Set(RecordField field, string value)
    {
        _seen[(int)field] = true;
        _values[(int)field] = value;
    }
}
