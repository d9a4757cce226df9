using System.Text;

namespace Tollgate.Core.Imports;

/// <summary>Splits a record of CSV (RFC 4180). A field without quotes that is empty is null; <c>""</c> is an empty text.</summary>
public static class CsvRecord
{
    /// <returns>False: a quote opens a field and does not close it, or text follows a closed one.</returns>
    public static bool TrySplit(string record, List<string?> fields)
    {
        fields.Clear();
        var text = record.AsSpan().TrimEnd('\r');
        for (var at = 0; ;)
        {
            if (at < text.Length && text[at] == '"')
            {
                if (!TryQuoted(text, ref at, out var value))
                {
                    return false;
                }

                fields.Add(value);
            }
            else
            {
                var end = text[at..].IndexOf(',');
                var plain = end < 0 ? text[at..] : text.Slice(at, end);
                fields.Add(plain.IsEmpty ? null : plain.ToString());
                at += plain.Length;
            }

            if (at == text.Length)
            {
                return true;
            }

            // A comma ends the field; a last comma begins an empty one.
            at++;
        }
    }

    private static bool TryQuoted(ReadOnlySpan<char> text, ref int at, out string value)
    {
        var field = new StringBuilder();
        for (at++; at < text.Length; at++)
        {
            if (text[at] != '"')
            {
                field.Append(text[at]);
            }
            else if (at + 1 < text.Length && text[at + 1] == '"')
            {
                field.Append('"');
                at++;
            }
            else
            {
                at++;
                value = field.ToString();
                return at == text.Length || text[at] == ',';
            }
        }

        value = "";
        return false;
    }
}
