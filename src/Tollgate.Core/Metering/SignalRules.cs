using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Metering;

/// <summary>The types of events that are signals of customer success, by their words in <c>type</c>.</summary>
public enum SignalKind
{
    OnboardingCompleted,
    SupportTicket,
    Csat,
    ValueMetric,
}

/// <summary>The part of an event that reports on customer success read, besides its customer and time.</summary>
/// <param name="Type">The type of the event.</param>
/// <param name="Name">The score of a csat; the name of a value metric; otherwise empty.</param>
/// <param name="Unit">The unit of a value metric; empty: it has none.</param>
/// <param name="Value">The score, or the value; otherwise 1.</param>
public sealed record Signal(string Type, string Name, string Unit, Quantity Value);

/// <summary>
/// The rules by which an event is a signal. A meter may read the same event. The database function <c>signal_of</c> applies the same rules
/// to recorded events, for verify.
/// </summary>
public static class SignalRules
{
    public const int LowestScore = 1;
    public const int HighestScore = 5;

    /// <summary>The lowest score of a satisfied customer.</summary>
    public const int SatisfiedScore = 4;

    /// <summary>The characters of a name, such as <c>hours_saved</c>.</summary>
    public const int LongestName = 64;

    public const int LongestUnit = 32;

    /// <summary>
    /// The pairs of name and unit that a project's reports tell apart, in the order in which they came. Further ones count together, so
    /// that a report has a bounded number of lines.
    /// </summary>
    public const int MostNames = 100;

    /// <summary>Characters of a number: a decimal has no more digits, and would round a longer one.</summary>
    private const int LongestNumber = 28;

    public const string OnboardingCompleted = "onboarding_completed";
    public const string SupportTicket = "support_ticket";
    public const string Csat = "csat";
    public const string ValueMetric = "value_metric";

    private static readonly FrozenSet<string> OfCsat = FrozenSet.Create(StringComparer.Ordinal, "score");

    private static readonly FrozenSet<string> OfValue = FrozenSet.Create(StringComparer.Ordinal, "name", "unit", "value");

    /// <summary>Returns the kind of signal of an event's type; null for nearly every event.</summary>
    public static SignalKind? KindOf(string type) => type switch
    {
        OnboardingCompleted => SignalKind.OnboardingCompleted,
        SupportTicket => SignalKind.SupportTicket,
        Csat => SignalKind.Csat,
        ValueMetric => SignalKind.ValueMetric,
        _ => null,
    };

    /// <summary>Returns the properties that reports read from a signal, which encryption leaves readable; null: none.</summary>
    public static IReadOnlySet<string>? ReadFrom(string type) => KindOf(type) switch
    {
        SignalKind.Csat => OfCsat,
        SignalKind.ValueMetric => OfValue,
        _ => null,
    };

    /// <summary>Reads the signal of an event.</summary>
    /// <param name="fault">Set if the result is null: what the event lacks.</param>
    public static Signal? Of(SignalKind kind, Quantity quantity, string? propertiesJson, out string? fault)
    {
        fault = null;
        switch (kind)
        {
            case SignalKind.OnboardingCompleted:
                return new(OnboardingCompleted, "", "", Quantity.One);
            case SignalKind.SupportTicket:
                return new(SupportTicket, "", "", Quantity.One);
        }

        using var properties = propertiesJson is null ? null : JsonDocument.Parse(propertiesJson);
        return kind == SignalKind.Csat ? Score(properties?.RootElement, out fault) : Value(properties?.RootElement, quantity, out fault);
    }

    /// <summary>Returns the first day of the calendar month in which a signal counts.</summary>
    public static DateOnly MonthOf(Instant at, TimeZoneInfo zone)
    {
        var local = LocalTime.At(at, zone);
        return new(local.Year, local.Month, 1);
    }

    private static Signal? Score(JsonElement? properties, out string? fault)
    {
        var given = Member(properties, "score");
        var text = given is { ValueKind: JsonValueKind.Number } number ? number.GetRawText()
            : given is { ValueKind: JsonValueKind.String } words ? words.GetString()!
            : "";
        var isWhole = text.Length == 1 || (text.Length > 2 && text[1] == '.' && text.AsSpan(2).IndexOfAnyExcept('0') < 0);
        if (isWhole && text[0] - '0' is >= LowestScore and <= HighestScore and var score)
        {
            fault = null;
            return new(Csat, text[..1], "", Quantity.Of(score));
        }

        fault = $"An event of the type 'csat' needs properties.score: a whole number from {LowestScore} to {HighestScore}{Instead(given)}.";
        return null;
    }

    private static Signal? Value(JsonElement? properties, Quantity quantity, out string? fault)
    {
        var (name, unit, value) = (Member(properties, "name"), Member(properties, "unit"), Member(properties, "value"));
        if (!IsWord(name, LongestName))
        {
            fault = "An event of the type 'value_metric' needs properties.name: a word such as 'hours_saved' of lower-case letters, digits and "
                + $"underscores, at most {LongestName} characters{Instead(name)}.";
            return null;
        }

        if (unit is not null && !IsWord(unit, LongestUnit))
        {
            fault = "properties.unit of a 'value_metric' is a word such as 'hours' of lower-case letters, digits and underscores, at most "
                + $"{LongestUnit} characters{Instead(unit)}.";
            return null;
        }

        if (value is not null && !TryNumber(value.Value, out quantity))
        {
            fault = $"properties.value of a 'value_metric' is a number from 0 to {Quantity.Largest} with at most {Quantity.Scale} "
                + $"decimals{Instead(value)}.";
            return null;
        }

        fault = null;
        return new(ValueMetric, name!.Value.GetString()!, unit?.GetString() ?? "", quantity);
    }

    private static bool IsWord(JsonElement? given, int longest)
    {
        if (given is not { ValueKind: JsonValueKind.String } words || words.GetString() is not { Length: > 0 } text || text.Length > longest
            || !char.IsAsciiLetterLower(text[0]))
        {
            return false;
        }

        foreach (var letter in text)
        {
            if (!char.IsAsciiLetterLower(letter) && !char.IsAsciiDigit(letter) && letter != '_')
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A number that a decimal holds exactly: it would round longer ones, and tiny ones to zero.</summary>
    private static bool TryNumber(JsonElement given, out Quantity number)
    {
        number = default;
        if (given.ValueKind != JsonValueKind.Number || given.GetRawText() is not { Length: <= LongestNumber } text)
        {
            return false;
        }

        var digits = text.AsSpan();
        var exponent = digits.IndexOfAny('e', 'E');
        return decimal.TryParse(
                text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value)
            && (value != 0m || !(exponent < 0 ? digits : digits[..exponent]).ContainsAnyInRange('1', '9'))
            && Quantity.TryCreate(value, out number);
    }

    /// <summary>A property that is null counts as missing.</summary>
    private static JsonElement? Member(JsonElement? properties, string name) =>
        properties is { } all && all.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string Instead(JsonElement? given) => given switch
    {
        null => "; it is missing",
        { ValueKind: JsonValueKind.String } words => $"; '{Spelling.Shown(words.GetString()!)}' was sent",
        { ValueKind: JsonValueKind.Object or JsonValueKind.Array } => "; an object or a list was sent",
        { } other => $"; {Spelling.Shown(other.GetRawText())} was sent",
    };
}
