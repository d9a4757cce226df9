using System.Globalization;
using System.Text.Json;
using Tollgate.Contracts.Http;
using Tollgate.Core;
using Tollgate.Core.Customers;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Server.Http;

/// <summary>
/// Collects all faults of a request, so that the caller gets them at once:
/// <code>
/// var faults = new Faults();
/// faults.Id(body.Customer, "customer");
/// if (faults.Any) { await faults.WriteAsync(context); return; }
/// </code>
/// The checks return true if the value is valid; an optional null is valid.
/// </summary>
public sealed class Faults
{
    private readonly List<Fault> _found = [];

    public bool Any => _found.Count > 0;

    /// <summary>True: the list is full, so callers need not describe further faults.</summary>
    public bool IsFull => _found.Count >= WireLimits.Faults;

    public IReadOnlyList<Fault> Found => _found;

    public void Add(string param, string code, string detail)
    {
        if (!IsFull)
        {
            _found.Add(new(param, code, detail));
        }
    }

    /// <summary>Adds the faults that pure rules found.</summary>
    public void Add(IEnumerable<FieldFault> found)
    {
        foreach (var fault in found)
        {
            Add(fault.Field, FaultCode.InvalidValue, fault.Detail);
        }
    }

    public Task WriteAsync(HttpContext context, ErrorCode? code = null) => Problems.WriteAsync(context, _found, code);

    public bool Required(object? value, string param)
    {
        if (value is null)
        {
            Add(param, FaultCode.Required, "A value is required.");
        }

        return value is not null;
    }

    /// <summary>
    /// Checks an id that the caller chose, of a customer, an event, a reservation: <see cref="CustomerRules.FaultOfId"/>.
    /// </summary>
    public bool Id(string? value, string param, bool required = true)
    {
        if (value is null)
        {
            return !required || Required(value, param);
        }

        if (OfId(value, param) is not { } fault)
        {
            return true;
        }

        Add(fault.Param, fault.Code, fault.Detail);
        return false;
    }

    /// <summary>The rule's finding as a fault of the API; null: the id is valid.</summary>
    internal static Fault? OfId(string id, string param) => CustomerRules.FaultOfId(id) switch
    {
        IdFault.None => null,
        IdFault.Empty => new(param, FaultCode.TooShort, Empty),
        IdFault.TooLong =>
            new(param, FaultCode.TooLong, $"At most {WireLimits.IdCharacters} characters are accepted; {id.Length} were sent."),
        IdFault.NotALine => new(param, FaultCode.InvalidFormat, NotALine),
        IdFault.DotSegment => new(param, FaultCode.InvalidFormat, "\".\" and \"..\" cannot be part of a URL, so they cannot be ids."),
        var other => throw new InvalidOperationException($"{other} is no fault of an id."),
    };

    /// <summary>Checks a text of 1 to <paramref name="longest"/> characters without control characters.</summary>
    public bool Text(string? value, string param, int longest)
    {
        if (value is null)
        {
            return true;
        }

        var before = _found.Count;
        if (value.Length == 0)
        {
            Add(param, FaultCode.TooShort, Empty);
        }
        else if (value.Length > longest)
        {
            Add(param, FaultCode.TooLong, $"At most {longest} characters are accepted; {value.Length} were sent.");
        }

        if (!CustomerRules.IsLine(value))
        {
            Add(param, FaultCode.InvalidFormat, NotALine);
        }

        return _found.Count == before;
    }

    public bool OneOf(string? value, string param, params ReadOnlySpan<string> allowed)
    {
        if (value is null || allowed.Contains(value))
        {
            return true;
        }

        Unknown("value", value, param, allowed.ToArray(), $"One of {string.Join(", ", allowed.ToArray())} is expected.");
        return false;
    }

    /// <summary>Adds the fault of an unknown name, which it repeats and for which it suggests the nearest known one.</summary>
    /// <param name="what">The kind of object that the name should have, in lower case.</param>
    /// <param name="expected">The known names, or an example.</param>
    public void Unknown(string what, string value, string param, IEnumerable<string> known, string expected) =>
        Add(param, FaultCode.InvalidValue, $"{Spelling.Unknown(what, value, known)} {expected}");

    public bool Range(long? value, string param, long lowest, long highest)
    {
        if (value is null || (value >= lowest && value <= highest))
        {
            return true;
        }

        Add(param, FaultCode.OutOfRange, $"A number from {lowest} to {highest} is expected; {value} was sent.");
        return false;
    }

    /// <summary>Reads an instant with its offset, such as <c>2026-11-01T00:00:00Z</c>; null: there is none, or it is faulty.</summary>
    public Instant? Moment(string? text, string param)
    {
        if (text is null)
        {
            return null;
        }

        if (UtcInstant.TryParse(text, out var moment) && moment.Year is > 1970 and < 9000)
        {
            return Instant.From(moment);
        }

        Add(param, FaultCode.InvalidFormat, WhyNoTime(text));
        return null;
    }

    internal const string TimeExpected = "An ISO 8601 time with Z or an offset, such as 2026-11-21T08:00:00Z,";

    /// <summary>Explains why a text is not an instant, with an example of one.</summary>
    internal static string WhyNoTime(string text)
    {
        var shown = Spelling.Shown(text);
        return DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            ? $"'{shown}' has no time of day: send {shown}T00:00:00Z, or the same with an offset."
            : text.Length <= LongestTime
            && DateTime.TryParseExact(text, ZonelessTimes, CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
                ? $"'{shown}' has neither Z nor an offset: send {shown.Replace(' ', 'T')}Z if it is UTC."
                : $"'{shown}' is not a time. {TimeExpected} is expected.";
    }

    private const int LongestTime = 40;

    private static readonly string[] ZonelessTimes = [
        "yyyy-MM-ddTHH:mm", "yyyy-MM-dd HH:mm", "yyyy-MM-ddTHH:mm:ss.FFFFFFF", "yyyy-MM-dd HH:mm:ss.FFFFFFF"];

    /// <summary>Reads a currency of ISO 4217; null: there is none, or it is unknown.</summary>
    public Currency? Currency(string? value, string param)
    {
        if (value is not null && !Core.Money.Currency.TryFind(value, out _))
        {
            Add(param, FaultCode.InvalidValue, Core.Money.Currency.Unknown(value));
        }

        return Core.Money.Currency.TryFind(value, out var currency) ? currency : null;
    }

    /// <summary>Checks an IANA time zone against the machine's time zone data.</summary>
    public bool TimeZone(string? value, string param)
    {
        if (value is null || TimeZones.TryFind(value, out _))
        {
            return true;
        }

        Add(param, FaultCode.InvalidValue, TimeZones.Unknown(value));
        return false;
    }

    /// <summary>Reads a whole number of the query, from 1 to <paramref name="most"/>.</summary>
    public int Number(string? text, string param, int fallback, int most)
    {
        if (text is null)
        {
            return fallback;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most)
        {
            return number;
        }

        Add(param, FaultCode.OutOfRange, $"A whole number from 1 to {most} is expected.");
        return fallback;
    }

    /// <summary>Checks a country of ISO 3166-1: two capital letters.</summary>
    public bool Country(string? value, string param)
    {
        if (value is null || Countries.IsCode(value))
        {
            return true;
        }

        Add(param, FaultCode.InvalidValue, Countries.Unknown(value));
        return false;
    }

    /// <summary>Checks free JSON that Tollgate stores: an object of limited size that PostgreSQL can store.</summary>
    public bool Properties(JsonElement? value, string param)
    {
        if (value is not { } element || element.ValueKind == JsonValueKind.Undefined)
        {
            return true;
        }

        var before = _found.Count;
        if (element.ValueKind != JsonValueKind.Object)
        {
            Add(param, FaultCode.InvalidType, "An object is expected.");
            return false;
        }

        var text = element.GetRawText();
        if (text.Length > WireLimits.PropertiesBytes || System.Text.Encoding.UTF8.GetByteCount(text) > WireLimits.PropertiesBytes)
        {
            Add(param, FaultCode.TooLong, $"At most {WireLimits.PropertiesBytes} bytes of JSON are accepted.");
        }

        Texts(element, param, text);
        if (!HasStorableNumbers(element))
        {
            Add(param, FaultCode.OutOfRange, NumberTooLarge);
        }

        return _found.Count == before;
    }

    /// <summary>Checks texts and names in JSON: jsonb stores any but U+0000 and lone surrogates.</summary>
    /// <param name="raw">The value's JSON, if the caller has it.</param>
    public bool Texts(JsonElement value, string param, string? raw = null)
    {
        if (!(raw ?? value.GetRawText()).Contains("\\u", StringComparison.Ordinal) || HasStorableTexts(value))
        {
            return true;
        }

        Add(param, FaultCode.InvalidFormat, "The character U+0000 and unpaired surrogates are not accepted.");
        return false;
    }

    internal const string Empty = "At least one character is expected.";

    internal const string NotALine = "Control characters and unpaired surrogates are not accepted.";

    internal static readonly string NumberTooLarge =
        $"Numbers have at most {WireLimits.NumberDigits} digits, and exponents between -{WireLimits.NumberDigits} and "
            + $"{WireLimits.NumberDigits}.";

    /// <summary>True if jsonb can store the number without thousands of digits.</summary>
    internal static bool IsStorableNumber(ReadOnlySpan<byte> number)
    {
        var exponent = number.IndexOfAny((byte)'e', (byte)'E');
        return number.Length <= WireLimits.NumberDigits
            && (exponent < 0
                || (System.Buffers.Text.Utf8Parser.TryParse(number[(exponent + 1)..], out int power, out _)
                    && Math.Abs((long)power) <= WireLimits.NumberDigits));
    }

    private static bool HasStorableNumbers(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().All(p => HasStorableNumbers(p.Value)),
        JsonValueKind.Array => element.EnumerateArray().All(HasStorableNumbers),
        JsonValueKind.Number => IsStorableNumber(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(element)),
        _ => true,
    };

    private static bool HasStorableTexts(JsonElement element)
    {
        try
        {
            return element.ValueKind switch
            {
                JsonValueKind.Object =>
                    element.EnumerateObject().All(p => !p.Name.Contains('\0', StringComparison.Ordinal) && HasStorableTexts(p.Value)),
                JsonValueKind.Array => element.EnumerateArray().All(HasStorableTexts),
                JsonValueKind.String => !element.GetString()!.Contains('\0', StringComparison.Ordinal),
                _ => true,
            };
        }
        catch (InvalidOperationException)
        {
            // System.Text.Json refuses to convert a lone surrogate to text.
            return false;
        }
    }
}
