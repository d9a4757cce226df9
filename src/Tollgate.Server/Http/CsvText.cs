using System.Text;

namespace Tollgate.Server.Http;

/// <summary>
/// CSV as RFC 4180 has it: CRLF, quotes where needed. Texts that a spreadsheet would take for a formula get an apostrophe
/// in front: their authors are the customers of customers.
/// </summary>
public static class CsvText
{
    public const string ContentType = "text/csv; charset=utf-8; header=present";

    public static StringBuilder Header(this StringBuilder csv, params ReadOnlySpan<string> names)
    {
        for (var i = 0; i < names.Length; i++)
        {
            csv.Append(i == 0 ? "" : ",").Append(names[i]);
        }

        return csv.Append("\r\n");
    }

    /// <summary>A text that somebody outside wrote.</summary>
    public static StringBuilder Cell(this StringBuilder csv, string? text)
    {
        var guarded = text is ['=' or '+' or '-' or '@' or '\t' or '\r' or '\n', ..] ? "'" + text : text ?? "";
        return guarded.AsSpan().IndexOfAny(",\"\r\n") < 0
            ? csv.Append(guarded)
            : csv.Append('"').Append(guarded.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
    }

    /// <summary>A number or a time of ours: it may begin with a minus sign.</summary>
    public static StringBuilder Plain(this StringBuilder csv, object? value) =>
        csv.Append(System.Globalization.CultureInfo.InvariantCulture, $"{value}");

    public static StringBuilder Next(this StringBuilder csv) => csv.Append(',');

    public static StringBuilder End(this StringBuilder csv) => csv.Append("\r\n");
}
