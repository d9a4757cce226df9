using System.Buffers.Text;
using System.Text.Json;

namespace Tollgate.Core.Imports;

/// <summary>Checks JSON that the database stores as it is: <c>jsonb</c> refuses some that the grammar allows.</summary>
internal static class StoredJson
{
    private const int MostDigits = 300;

    private static readonly JsonReaderOptions Strict = new() { MaxDepth = ImportLimits.JsonDepth };

    /// <summary>True for an object or an array without U+0000, halves of surrogate pairs, and numbers that are too long.</summary>
    public static bool IsStorable(ReadOnlySpan<byte> json, JsonValueKind wanted)
    {
        if (WellFormed.FaultIn(json) >= 0)
        {
            return false;
        }

        try
        {
            var reader = new Utf8JsonReader(json, Strict);
            reader.Read();
            if (reader.TokenType != (wanted == JsonValueKind.Object ? JsonTokenType.StartObject : JsonTokenType.StartArray))
            {
                return false;
            }

            do
            {
                if (!IsStorableToken(ref reader))
                {
                    return false;
                }
            }
            while (reader.Read());
            return true;
        }
        catch (JsonException)
        {
            return false; // It is no JSON.
        }
    }

    private static bool IsStorableToken(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String or JsonTokenType.PropertyName =>
            !reader.ValueIsEscaped || !reader.GetString()!.Contains('\0', StringComparison.Ordinal),
        JsonTokenType.Number => IsStorableNumber(reader.ValueSpan),
        _ => true,
    };

    private static bool IsStorableNumber(ReadOnlySpan<byte> number)
    {
        var exponent = number.IndexOfAny((byte)'e', (byte)'E');
        return number.Length <= MostDigits
            && (exponent < 0
                || (Utf8Parser.TryParse(number[(exponent + 1)..], out int power, out _) && Math.Abs((long)power) <= MostDigits));
    }
}
