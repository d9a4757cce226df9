using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Tollgate.Core;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// JSON in the form in which PostgreSQL prints <c>jsonb</c>: the members of an object ordered by the length of their names, the last of
/// several with one name, a space after comma and colon. Decrypted properties look like stored ones.
/// </summary>
internal static class JsonbText
{
    public static string Of(JsonElement value)
    {
        var text = new StringBuilder();
        Write(text, value);
        return text.ToString();
    }

    /// <summary>True if PostgreSQL would call the two equal; null is equal to null only.</summary>
    public static bool Same(string? one, string? other)
    {
        if (one is null || other is null)
        {
            return one is null && other is null;
        }

        using var left = Normal(one);
        using var right = Normal(other);
        return JsonElement.DeepEquals(left.RootElement, right.RootElement);
    }

    private static JsonDocument Normal(string text)
    {
        using var document = JsonDocument.Parse(text);
        return JsonDocument.Parse(Of(document.RootElement));
    }

    /// <summary>Returns one object with the members of both; those of <paramref name="more"/> win.</summary>
    public static string Merge(string? some, JsonElement more)
    {
        if (some is null)
        {
            return Of(more);
        }

        using var document = JsonDocument.Parse(some);
        var text = new StringBuilder();
        WriteObject(text, document.RootElement.EnumerateObject().Concat(more.EnumerateObject()));
        return text.ToString();
    }

    private static void Write(StringBuilder text, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(text, value.EnumerateObject());
                break;
            case JsonValueKind.Array:
                WriteArray(text, value);
                break;
            case JsonValueKind.String:
                WriteString(text, value.GetString()!);
                break;
            default:
                text.Append(value.GetRawText());
                break;
        }
    }

    private static void WriteObject(StringBuilder text, IEnumerable<JsonProperty> members)
    {
        var last = new SortedDictionary<string, JsonElement>(ByLength.Instance);
        foreach (var member in members)
        {
            last[member.Name] = member.Value;
        }

        var comma = "{";
        foreach (var (name, value) in last)
        {
            text.Append(comma);
            WriteString(text, name);
            text.Append(": ");
            Write(text, value);
            comma = ", ";
        }

        text.Append(last.Count == 0 ? "{}" : "}");
    }

    private static void WriteArray(StringBuilder text, JsonElement array)
    {
        var comma = "";
        text.Append('[');
        foreach (var item in array.EnumerateArray())
        {
            text.Append(comma);
            Write(text, item);
            comma = ", ";
        }

        text.Append(']');
    }

    private static void WriteString(StringBuilder text, string value) =>
        text.Append('"').Append(PlainJson.Encoder.Encode(value)).Append('"');

    /// <summary>The order of PostgreSQL: by bytes in UTF-8, the shorter name first.</summary>
    private sealed class ByLength : IComparer<string>
    {
        public static readonly ByLength Instance = new();

        public int Compare(string? x, string? y)
        {
            var (a, b) = (Encoding.UTF8.GetBytes(x!), Encoding.UTF8.GetBytes(y!));
            return a.Length != b.Length ? a.Length.CompareTo(b.Length) : a.AsSpan().SequenceCompareTo(b);
        }
    }
}
