using System.Globalization;
using Tollgate.Core.Customers;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Imports;

/// <summary>Reads the values of <see cref="RecordFields"/> as what they mean, and notes a fault where they mean nothing.</summary>
internal static class FieldValues
{
    /// <summary>Nothing before it is history of a product that calls models, and partial dates often become 0 seconds of 1970.</summary>
    private static readonly Instant Oldest = Instant.FromUtc(new DateTime(1970, 1, 2, 0, 0, 0, DateTimeKind.Utc));

    /// <summary>The clocks of two machines differ by seconds.</summary>
    private static readonly TimeSpan MostAhead = TimeSpan.FromMinutes(5);

    public static string? Id(this RecordFields fields, RecordField field, bool isRequired = true)
    {
        if (fields[field] is not { } value)
        {
            return fields.Missing(field, isRequired);
        }

        if (CustomerRules.FaultOfId(value) is var fault and not IdFault.None)
        {
            fields.Add(field, fault switch
            {
                IdFault.Empty => "It is empty.",
                IdFault.TooLong => $"At most {CustomerRules.LongestId} characters are accepted; {value.Length} were sent.",
                IdFault.DotSegment => "\".\" and \"..\" cannot be part of a URL, so they cannot be ids.",
                _ => "Control characters and unpaired surrogates are not accepted.",
            });
            return null;
        }

        return value;
    }

    public static string? Text(this RecordFields fields, RecordField field, int longest, bool isRequired = false)
    {
        if (fields[field] is not { } value)
        {
            return fields.Missing(field, isRequired);
        }

        if (value.Length == 0 || value.Length > longest || !CustomerRules.IsLine(value))
        {
            fields.Add(field, $"A line of 1 to {longest} characters is expected.");
            return null;
        }

        return value;
    }

    /// <summary>An instant of the past.</summary>
    public static Instant? Past(this RecordFields fields, RecordField field, Instant now, bool isRequired = false)
    {
        if (fields.Time(field, isRequired) is not { } at)
        {
            return null;
        }

        if (at > now.Plus(MostAhead))
        {
            fields.Add(field, $"{at} is in the future. An import takes history; send new facts to POST /v1/events.");
            return null;
        }

        return at;
    }

    public static Instant? Time(this RecordFields fields, RecordField field, bool isRequired = false)
    {
        if (fields[field] is not { } value)
        {
            fields.Missing(field, isRequired);
            return null;
        }

        if (!TryTime(value, out var at))
        {
            fields.Add(field, "An ISO 8601 time with Z or an offset, such as 2026-11-21T08:00:00Z, is expected.");
            return null;
        }

        if (at < Oldest || at >= Instant.FarFuture)
        {
            fields.Add(field, $"{at} is not possible: times from {Oldest} on are accepted.");
            return null;
        }

        return at;
    }

    public static Quantity? Quantity(this RecordFields fields, RecordField field)
    {
        if (fields[field] is not { } value)
        {
            return null;
        }

        if (TryNumber(value, out var quantity) && !quantity.IsNegative)
        {
            return quantity;
        }

        fields.Add(
            field,
            $"'{Spelling.Shown(value)}' is not possible: a number from 0 to {Money.Quantity.Largest} with at most nine decimals is expected.");
        return null;
    }

    public static long? Whole(this RecordFields fields, RecordField field, long least, long most)
    {
        if (fields[field] is not { } value)
        {
            return null;
        }

        if (long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most)
        {
            return number;
        }

        fields.Add(field, $"'{Spelling.Shown(value)}' is not possible: a whole number from {least} to {most} is expected.");
        return null;
    }

    public static bool Flag(this RecordFields fields, RecordField field)
    {
        if (fields[field] is { } value and not ("true" or "false"))
        {
            fields.Add(field, $"'{Spelling.Shown(value)}' is not possible: true or false is expected.");
        }

        return fields[field] == "true";
    }

    public static Currency? Currency(this RecordFields fields, RecordField field, Currency? fallback)
    {
        if (fields[field] is not { } code)
        {
            fields.Missing(field, fallback is null);
            return fallback;
        }

        if (Money.Currency.TryFind(code, out var currency))
        {
            return currency;
        }

        fields.Add(field, Money.Currency.Unknown(code));
        return null;
    }

    /// <summary>Reads a time with its offset; the framework passes over white space and U+0000 at both ends.</summary>
    public static bool TryTime(string text, out Instant at)
    {
        at = default;
        if (text.Length is < 17 or > 35 || !char.IsAsciiDigit(text[0]) || !char.IsAsciiLetterOrDigit(text[^1])
            || text.AsSpan(10).IndexOfAny('Z', '+', '-') <= 0
            || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var moment))
        {
            return false;
        }

        at = Instant.From(moment);
        return true;
    }

    private static bool TryNumber(string text, out Quantity quantity)
    {
        const int MostDigits = 28;
        quantity = default;
        return text.Length <= MostDigits
            && decimal.TryParse(
                text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                CultureInfo.InvariantCulture, out var value)
            && (value != 0m || text.AsSpan().IndexOfAnyInRange('1', '9') < 0)
            && Money.Quantity.TryCreate(value, out quantity);
    }

    private static string? Missing(this RecordFields fields, RecordField field, bool isRequired)
    {
        if (isRequired)
        {
            fields.Add(field, "A value is required.");
        }

        return null;
    }
}
