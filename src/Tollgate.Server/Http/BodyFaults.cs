using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Tollgate.Contracts.Http;
using Tollgate.Core;

namespace Tollgate.Server.Http;

/// <summary>
/// Finds the faults of a JSON body that does not have the expected type. The serializer stops at the first fault; this walks the whole body
/// along the expected type and finds all of them. It runs only after a failure.
/// </summary>
internal static class BodyFaults
{
    public static Problem Explain(JsonElement body, JsonTypeInfo type)
    {
        var faults = new Faults();
        try
        {
            Walk(body, type, "", faults);
        }
        catch (InvalidOperationException) when (Problems.OfUnicode(JsonMarshal.GetRawUtf8Value(body)) is { } notUnicode)
        {
            // The name of a member is unreadable, so the fault has a position instead of a path.
            return notUnicode;
        }

        if (!faults.Any)
        {
            faults.Add("", FaultCode.InvalidType, "The value does not have the expected shape.");
        }

        var found = faults.Found;
        var onlyUnknown = found.All(fault => fault.Code is FaultCode.UnknownField or FaultCode.DuplicateField);
        return Problems.Of(found, onlyUnknown ? ErrorCode.UnknownField : ErrorCode.InvalidType);
    }

    /// <summary>True if a list of the body contains null, which the expected type does not allow.</summary>
    public static bool HasNullInList(ReadOnlySequence<byte> body, JsonTypeInfo type)
    {
        using var document = JsonDocument.Parse(body, new() { MaxDepth = WireLimits.JsonDepth });
        var faults = new Faults();
        Walk(document.RootElement, type, "", faults);
        return faults.Any;
    }

    private static void Walk(JsonElement value, JsonTypeInfo type, string path, Faults faults)
    {
        switch (type.Kind)
        {
            case JsonTypeInfoKind.Object:
                WalkObject(value, type, path, faults);
                break;
            case JsonTypeInfoKind.Enumerable when value.ValueKind == JsonValueKind.Array:
                var index = 0;
                foreach (var item in value.EnumerateArray())
                {
                    var at = $"{path}[{index++}]";
                    if (item.ValueKind == JsonValueKind.Null && !type.ElementType!.IsValueType)
                    {
                        faults.Add(at, FaultCode.InvalidType, "null is not accepted here.");
                    }
                    else
                    {
                        Walk(item, type.Options.GetTypeInfo(type.ElementType!), at, faults);
                    }
                }

                break;
            case JsonTypeInfoKind.Dictionary when value.ValueKind == JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    Walk(member.Value, type.Options.GetTypeInfo(type.ElementType!), Join(path, member.Name), faults);
                }

                break;
            case JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary:
                faults.Add(path, FaultCode.InvalidType, Expectation(type, value));
                break;
            default:
                WalkValue(value, type, path, faults);
                break;
        }
    }

    private static void WalkObject(JsonElement value, JsonTypeInfo type, string path, Faults faults)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            faults.Add(path, FaultCode.InvalidType, Expectation(type, value));
            return;
        }

        HashSet<string> seen = [];
        foreach (var member in value.EnumerateObject().TakeWhile(_ => !faults.IsFull))
        {
            var at = Join(path, member.Name);
            var property = type.Properties.FirstOrDefault(property => property.Name == member.Name);
            if (property is null)
            {
                var known = type.Properties.Select(static one => one.Name).ToArray();
                faults.Add(at, FaultCode.UnknownField, Spelling.Unknown("field", member.Name, known) + Spelling.Known("fields", known));
            }
            else if (!seen.Add(member.Name))
            {
                faults.Add(at, FaultCode.DuplicateField, $"The field '{Spelling.Shown(member.Name)}' appears twice.");
            }
            else if (member.Value.ValueKind != JsonValueKind.Null)
            {
                Walk(member.Value, type.Options.GetTypeInfo(property.PropertyType), at, faults);
            }
            else if (!property.IsSetNullable)
            {
                faults.Add(at, FaultCode.InvalidType, "null is not accepted here.");
            }
        }
    }

    private static void WalkValue(JsonElement value, JsonTypeInfo type, string path, Faults faults)
    {
        try
        {
            _ = value.Deserialize(type);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            faults.Add(path, FaultCode.InvalidType, Expectation(type, value) + MinorUnits(type, value, path));
        }
    }

    /// <summary>
    /// Suggests the minor units for <c>12.50</c> if the member is an amount of money in whole minor units; empty otherwise.
    /// </summary>
    private static string MinorUnits(JsonTypeInfo type, JsonElement value, string path) =>
        (Nullable.GetUnderlyingType(type.Type) ?? type.Type) == typeof(long) && value.ValueKind == JsonValueKind.Number
            && value.TryGetDecimal(out var sent)
        && path[(path.LastIndexOf('.') + 1)..] is "amount" or "amount_off" or "minimum"
            ? string.Create(
                CultureInfo.InvariantCulture,
                $" Amounts are in minor units of the currency: where it has cents, send {sent * 100m:0.##} for {sent}.")
            : "";

    private static string Expectation(JsonTypeInfo type, JsonElement value)
    {
        var plain = Nullable.GetUnderlyingType(type.Type) ?? type.Type;
        var expected = type.Kind switch
        {
            JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary => "An object",
            JsonTypeInfoKind.Enumerable => "An array",
            _ when plain == typeof(string) => "A string of well-formed Unicode",
            _ when plain == typeof(bool) => "true or false",
            _ when plain == typeof(decimal) => "A number of at most 28 digits",
            _ when plain == typeof(int) || plain == typeof(long) => "A whole number",
            _ when plain == typeof(DateTimeOffset) && value.ValueKind == JsonValueKind.String => null,
            _ when plain == typeof(DateTimeOffset) => Faults.TimeExpected,
            _ => "Another value",
        };
        return expected is null ? Faults.WhyNoTime(value.GetString()!)
            : $"{expected} is expected; {(value.ValueKind == JsonValueKind.Number ? Spelling.Shown(value.GetRawText()) : Name(value.ValueKind))} was sent.";
    }

    private static string Name(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        _ => "null",
    };

    private static string Join(string path, string name)
    {
        var shown = Spelling.Shown(name);
        return path.Length == 0 ? shown : $"{path}.{shown}";
    }
}
