using System.Globalization;
using System.Text;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Server.Http;

/// <summary>
/// Writes CSV by RFC 4180: CRLF, quotes where needed. A text that a spreadsheet would read as a formula gets a leading apostrophe, because
/// its author may be anybody. A spreadsheet whose list separator is the semicolon begins a new cell after each one, so the same applies
/// there.
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

    /// <summary>Writes an untrusted text.</summary>
    public static StringBuilder Cell(this StringBuilder csv, string? text)
    {
        var guarded = Guarded(text ?? "");
        return guarded.AsSpan().IndexOfAny(",\"\r\n") < 0
            ? csv.Append(guarded)
            : csv.Append('"').Append(guarded.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
    }

    private static string Guarded(string text)
    {
        if (!text.Contains(';', StringComparison.Ordinal))
        {
            return IsFormula(text) ? "'" + text : text;
        }

        var guarded = new StringBuilder();
        for (var begin = 0; begin <= text.Length;)
        {
            var end = text.IndexOf(';', begin) is >= 0 and var next ? next + 1 : text.Length + 1;
            var part = text.AsSpan(begin, Math.Min(end, text.Length) - begin);
            guarded.Append(IsFormula(part) ? "'" : "").Append(part);
            begin = end;
        }

        return guarded.ToString();
    }

    /// <summary>
    /// True if the text begins like a formula, also with full-width signs, which spreadsheets treat like the others, and after invisible
    /// characters: spaces, direction marks, byte order marks.
    /// </summary>
    private static bool IsFormula(ReadOnlySpan<char> text)
    {
        foreach (var sign in text)
        {
            if (sign is '=' or '+' or '-' or '@' or '\t' or '\r' or '\n' or '＝' or '＋' or '－' or '＠')
            {
                return true;
            }

            if (!char.IsWhiteSpace(sign) && char.GetUnicodeCategory(sign) != UnicodeCategory.Format)
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>Writes a trusted number or time, which may begin with a minus sign.</summary>
    public static StringBuilder Plain(this StringBuilder csv, object? value) =>
        csv.Append(CultureInfo.InvariantCulture, $"{value}");

    /// <summary>Minor units, and major ones with a point and all decimals.</summary>
    public static StringBuilder Money(this StringBuilder csv, MoneyAmount amount) =>
        csv.Plain(amount.Minor).Next().Append(amount.Major.ToString($"F{amount.Currency.Decimals}", CultureInfo.InvariantCulture));

    /// <summary>ISO 8601 in UTC, as the API writes it.</summary>
    public static StringBuilder Time(this StringBuilder csv, DateTimeOffset? time) =>
        csv.Append(time is { } at ? Instant.From(at).ToString() : "");

    public static StringBuilder Word(this StringBuilder csv, bool isTrue) => csv.Append(isTrue ? "true" : "false");

    public static StringBuilder Next(this StringBuilder csv) => csv.Append(',');

    public static StringBuilder End(this StringBuilder csv) => csv.Append("\r\n");
}
