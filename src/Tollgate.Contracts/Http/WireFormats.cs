using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tollgate.Contracts.Http;

/// <summary>Decimals without the trailing zeros that the database's scale adds: <c>2</c>, not <c>2.000000000</c>.</summary>
public sealed class PlainDecimal : JsonConverter<decimal>
{
    // Dividing by one with 28 decimals makes the runtime drop trailing zeros.
    private const decimal OneWithAllDecimals = 1.0000000000000000000000000000m;

    /// <remarks>A number in quotes is refused: money and quantities have one spelling each.</remarks>
    public override decimal Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDecimal();

    public override void Write(Utf8JsonWriter writer, decimal value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(Trim(value));

    public static decimal Trim(decimal value) => value / OneWithAllDecimals;
}

/// <summary>
/// Instants as ISO 8601. Written in UTC with <c>Z</c>; read with <c>Z</c> or an offset, never without one: a local time
/// of an unnamed zone is not an instant.
/// </summary>
public sealed class UtcInstant : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && TryParse(reader.GetString(), out var instant)
            ? instant
            : throw new JsonException("An ISO 8601 time with Z or an offset is expected.");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        Span<char> text = stackalloc char[32];
        value.UtcDateTime.TryFormat(text, out var length, "yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
        writer.WriteStringValue(text[..length]);
    }

    public static bool TryParse(string? text, out DateTimeOffset instant)
    {
        instant = default;

        // The framework's reader passes over white space and U+0000 at both ends.
        return text is { Length: >= 17 and <= 35 }
            && char.IsAsciiDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1]) && !text.AsSpan().ContainsAnyInRange('\0', '\x1f')
            && text.AsSpan(10).IndexOfAny('Z', '+', '-') > 0
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out instant);
    }
}
