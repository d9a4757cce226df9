using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Tollgate.Contracts.Http;
using Tollgate.Core.Customers;
using Tollgate.Core.Money;
using Tollgate.Core.Time;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Http;

namespace Tollgate.Server.Metering;

/// <summary>
/// The fields of one event while the server parses its JSON, and their faults. It is reused for every event of a request: an event costs
/// its texts and the order, and the properties object is copied unchanged, not parsed into a tree. The bytes must be valid UTF-8.
/// </summary>
internal sealed class EventFields(bool enforce)
{
    private static readonly SearchValues<byte> Signs = SearchValues.Create("eE"u8);
    private readonly List<Fault> _faults = [];
    private string _lastType = "";
    private Quantity _quantity;
    private Instant? _occurredAt;
    private string? _properties;

    public string? Id { get; private set; }

    public string? Customer { get; private set; }

    public string? Type { get; private set; }

    public IReadOnlyList<Fault> Faults => _faults;

    /// <summary>True: the list is full, so callers need not describe further faults.</summary>
    public bool IsFull => _faults.Count >= WireLimits.Faults;

    public void Reset()
    {
        _faults.Clear();
        (Id, Customer, Type) = (null, null, null);
        (_quantity, _occurredAt, _properties) = (Quantity.One, null, null);
    }

    public void Add(string param, string code, string detail)
    {
        if (!IsFull)
        {
            _faults.Add(new(param, code, detail));
        }
    }

    /// <summary>Null: the event has faults.</summary>
    /// <param name="fallbackId">The id of an event without one; null: Tollgate generates one.</param>
    public EventOrder? ToOrder(string? fallbackId)
    {
        Require(Customer, "customer");
        Require(Type, "type");
        return _faults.Count > 0
            ? null
            : new(Id ?? fallbackId ?? Guid.CreateVersion7().ToString("D"), Customer!, Type!, _quantity, _occurredAt, _properties, enforce);
    }

    private void Require(string? value, string param)
    {
        if (value is null && !_faults.Exists(fault => fault.Param == param))
        {
            Add(param, FaultCode.Required, "A value is required.");
        }
    }

    public void ReadId(ref Utf8JsonReader reader) => SetId(Text(ref reader, "id"));

    public void ReadCustomer(ref Utf8JsonReader reader, string param = "customer") => SetCustomer(Text(ref reader, param), param);

    /// <summary>Reads the type and reuses the previous text, since most events of a request have the same type.</summary>
    public void ReadType(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String && _lastType.Length > 0 && reader.ValueTextEquals(_lastType))
        {
            Type = _lastType;
            return;
        }

        SetType(Text(ref reader, "type"));
        _lastType = Type ?? "";
    }

    public void SetId(string? text) => Id = CheckedId(text, "id");

    public void SetCustomer(string? text, string param) => Customer = CheckedId(text, param);

    /// <summary>A type is part of no URL, so any line of text is valid.</summary>
    public void SetType(string? text)
    {
        Type = null;
        if (text is { Length: 0 or > WireLimits.IdCharacters })
        {
            Add("type", text.Length == 0 ? FaultCode.TooShort : FaultCode.TooLong,
                $"1 to {WireLimits.IdCharacters} characters are accepted.");
        }
        else if (text is not null && !CustomerRules.IsLine(text))
        {
            Add("type", FaultCode.InvalidFormat, Http.Faults.NotALine);
        }
        else
        {
            Type = text;
        }
    }

    public void ReadQuantity(ref Utf8JsonReader reader, string param = "quantity")
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (reader.TokenType != JsonTokenType.Number)
        {
            Add(param, FaultCode.InvalidType, "A number is expected.");
            reader.Skip();
        }
        else if (!TryQuantity(reader.ValueSpan, out _quantity))
        {
            Add(param, FaultCode.OutOfRange, $"A number from 0 to {Quantity.Largest} with at most {Quantity.Scale} decimals is expected.");
        }
    }

    // A decimal has 28 digits; it would round longer numbers, and tiny ones to zero.
    private static bool TryQuantity(ReadOnlySpan<byte> digits, out Quantity quantity)
    {
        quantity = default;
        return digits.Length <= 28
            && Utf8Parser.TryParse(digits, out decimal value, out var read) && read == digits.Length
            && (value != 0m || !HasDigit(digits))
            && Quantity.TryCreate(value, out quantity) && !quantity.IsNegative;
    }

    private static bool HasDigit(ReadOnlySpan<byte> digits)
    {
        var exponent = digits.IndexOfAny(Signs);
        return (exponent < 0 ? digits : digits[..exponent]).ContainsAnyInRange((byte)'1', (byte)'9');
    }

    public void ReadTime(ref Utf8JsonReader reader, string param = "occurred_at")
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        var text = reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped ? reader.GetString() : null;
        if (text is null)
        {
            reader.Skip();
        }

        SetTime(text ?? "", param);
    }

    public void SetTime(string text, string param)
    {
        if (UtcInstant.TryParse(text, out var moment))
        {
            _occurredAt = Instant.From(moment);
        }
        else
        {
            Add(param, FaultCode.InvalidType, "An ISO 8601 time with Z or an offset, such as 2026-11-21T08:00:00Z, is expected.");
        }
    }

    /// <param name="json">The reader's bytes.</param>
    public void ReadProperties(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            Add("properties", FaultCode.InvalidType, "An object is expected.");
            reader.Skip();
            return;
        }

        var start = (int)reader.TokenStartIndex;
        if (Walk(ref reader, "properties"))
        {
            SetProperties(json[start..(int)reader.BytesConsumed], "properties");
        }
    }

    /// <param name="json">An object whose texts and numbers <see cref="Walk"/> found storable.</param>
    public void SetProperties(ReadOnlySpan<byte> json, string param)
    {
        if (json.Length > WireLimits.PropertiesBytes)
        {
            Add(param, FaultCode.TooLong, $"At most {WireLimits.PropertiesBytes} bytes of JSON are accepted.");
            return;
        }

        _properties = Encoding.UTF8.GetString(json);
    }

    /// <summary>Reads to the end of the value; false: a part of it cannot be stored.</summary>
    public bool Walk(ref Utf8JsonReader reader, string param)
    {
        var before = _faults.Count;
        var depth = reader.CurrentDepth;
        var isScalar = reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray);
        do
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped && !IsStorable(ref reader))
            {
                Add(param, FaultCode.InvalidFormat, "The character U+0000 and unpaired surrogates are not accepted.");
            }
            else if (reader.TokenType == JsonTokenType.Number && !Http.Faults.IsStorableNumber(reader.ValueSpan))
            {
                Add(param, FaultCode.OutOfRange, Http.Faults.NumberTooLarge);
            }
        }
        while (!isScalar && reader.Read() && reader.CurrentDepth > depth);
        return _faults.Count == before;
    }

    // jsonb stores any text but U+0000 and lone surrogates; only escapes can contain these.
    private static bool IsStorable(ref Utf8JsonReader reader)
    {
        try
        {
            return !reader.GetString()!.Contains('\0', StringComparison.Ordinal);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private string? Text(ref Utf8JsonReader reader, string param)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.String)
        {
            Add(param, FaultCode.InvalidType, "A string is expected.");
            reader.Skip();
            return null;
        }

        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            Add(param, FaultCode.InvalidFormat, "Unpaired surrogates are not accepted.");
            return null;
        }
    }

    private string? CheckedId(string? text, string param)
    {
        if (text is null || Http.Faults.OfId(text, param) is not { } fault)
        {
            return text;
        }

        Add(fault.Param, fault.Code, fault.Detail);
        return null;
    }
}
