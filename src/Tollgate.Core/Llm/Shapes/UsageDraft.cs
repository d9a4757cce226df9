using Tollgate.Core.Customers;
using System.Text.Json;
using Tollgate.Core.Money;

namespace Tollgate.Core.Llm.Shapes;

/// <summary>
/// The data of an answer so far. A stream writes it repeatedly: a later value replaces an earlier one, and nothing is summed. Reading never
/// throws; an implausible value leaves a sentence in <see cref="Inconsistency"/>, contradicting numbers one in <see cref="Difference"/>.
/// </summary>
internal sealed class UsageDraft(LlmRoute route)
{
    /// <summary>The most credible tokens of one call. The largest context windows have ten million.</summary>
    public const long MostTokens = 100_000_000;

    /// <summary>The most credible dollars of one call.</summary>
    public const long MostDollars = 10_000;

    /// <summary>The most characters that are kept of a provider's error message, which may repeat a prompt of any length.</summary>
    public const int LongestError = 500;

    // Larger numbers are implausible anyway; the limit keeps sums of counts from overflowing.
    private const long Ceiling = 1_000_000_000_000_000;

    private readonly Quantity[] _amounts = new Quantity[Enum.GetValues<LlmUnit>().Length];
    private readonly Dictionary<string, long> _earlier = [];

    public LlmApi Api { get; set; } = route.Api;

    public string Provider => route.Provider;

    public string? Model { get; private set; }

    public string? ResponseId { get; private set; } = route.Job;

    public string? Error { get; private set; }

    public string? Inconsistency { get; private set; }

    public string? Difference { get; private set; }

    public string? ServiceTier { get; private set; }

    public bool IsReported { get; private set; }

    /// <summary>True if the answer ended properly.</summary>
    public bool IsEnded { get; private set; }

    public NanoUsd? Cost { get; private set; }

    public WorkState Work { get; set; }

    public bool IsKept { get; set; }

    /// <summary>Discards earlier numbers before a complete set of new ones is read.</summary>
    public void Restart()
    {
        Array.Clear(_amounts);
        Inconsistency = null;
        Difference = null;
        Cost = null;
    }

    public void Reported() => IsReported = true;

    public void End() => IsEnded = true;

    public void Identify(string? model, string? id)
    {
        Model = IsName(model) ? model : Model;
        ResponseId = IsName(id) && route.Job is null ? id : ResponseId;
    }

    public void Fail(string message) => Error ??= string.Concat(
        WellFormed.Cut(message, LongestError).EnumerateRunes().Where(static rune => rune.Value is '\n' or >= ' ')
            .Select(static rune => rune.ToString()));

    /// <summary>True for a plausible name. Answers are untrusted: a text that cannot be stored, or is no name, is ignored.</summary>
    private static bool IsName(string? text) => text is { Length: > 0 and <= PriceRules.LongestModel } && CustomerRules.IsLine(text);

    public void Suspect(string why) => Inconsistency ??= why;

    public void Differs(string how) => Difference ??= how;

    /// <summary>Reads the member that names the service tier of the call; the last event that names one counts.</summary>
    public void ReadServiceTier(JsonElement parent, string name) => ServiceTier = ServiceTiers.Of(parent.Text(name)) ?? ServiceTier;

    public void Set(LlmUnit unit, long amount) => _amounts[(int)unit] = Quantity.Of(amount);

    /// <summary>Splits totals into units that exclude each other.</summary>
    public void Take(TokenTotals totals)
    {
        totals.WriteTo(this);
        IsReported = true;
    }

    /// <summary>Returns a count of at least zero; absent, null and zero are the same.</summary>
    public long Count(JsonElement parent, string name) => TryCount(parent, name) ?? 0;

    /// <summary>Returns the count, or that of an earlier event of the same stream.</summary>
    public long Latest(JsonElement parent, string name)
    {
        if (TryCount(parent, name) is { } count)
        {
            _earlier[name] = count;
            return count;
        }

        return _earlier.GetValueOrDefault(name);
    }

    /// <summary>Returns the largest count among the events of a stream under a name, for lists that only some events have.</summary>
    public long KeepLargest(string name, long count) => _earlier[name] = Math.Max(count, _earlier.GetValueOrDefault(name));

    /// <summary>Returns null if there is no such number.</summary>
    public long? TryCount(JsonElement parent, string name)
    {
        var value = parent.Member(name);
        if (value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Number)
        {
            Suspect($"{name} is not a number.");
            return null;
        }

        if (!value.TryGetDecimal(out var number))
        {
            Suspect($"{name} is {Shortened(value.GetRawText())}.");
            return Ceiling;
        }

        if (number < 0 || number != decimal.Truncate(number) || number > MostTokens)
        {
            Suspect($"{name} is {Shortened(value.GetRawText())}.");
        }

        return (long)Math.Clamp(decimal.Truncate(number), 0, Ceiling);
    }

    /// <summary>Sets the seconds, which may have a fraction.</summary>
    public void SetSeconds(JsonElement parent, string name)
    {
        var value = parent.Member(name);
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var seconds))
        {
            if (seconds is < 0 or > MostTokens)
            {
                Suspect($"{name} is {Shortened(value.GetRawText())}.");
            }

            _amounts[(int)LlmUnit.Second] = Quantity.Of(decimal.Round(Math.Clamp(seconds, 0, MostTokens), Quantity.Scale));
        }
    }

    /// <summary>
    /// Sets the cost that the provider reports; a negative or absurd number is noted and ignored. <paramref name="perDollar"/>: units of
    /// the number in a dollar.
    /// </summary>
    public void SetCost(JsonElement parent, string name, long perDollar = 1)
    {
        var value = parent.Member(name);
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDecimal(out var amount))
        {
            return;
        }

        var dollars = amount / perDollar;
        if (dollars is < 0 or > MostDollars)
        {
            Differs($"{name} is {Shortened(value.GetRawText())}.");
            return;
        }

        Cost = NanoUsd.OfDollars(dollars);
    }

    /// <summary>Adds a separate part of the cost. If it is missing, the whole cost is unknown.</summary>
    public void AddCost(JsonElement parent, string name)
    {
        var before = Cost;
        Cost = null;
        SetCost(parent, name);
        Cost = before + Cost;
    }

    /// <summary>Returns the report of an answer, with one request counted.</summary>
    public UsageReport Answered()
    {
        // Unfinished work counts when it ends.
        Set(LlmUnit.Request, Work == WorkState.Going ? 0 : 1);
        return Report();
    }

    /// <summary>Returns the report of an error in place of an answer: nothing was used.</summary>
    public UsageReport Refused()
    {
        Restart();
        IsReported = true;
        return Report();
    }

    // A number may have any count of digits.
    private static string Shortened(string number) => number.Length <= 40 ? number : number[..40];

    private UsageReport Report()
    {
        var parts = _amounts.Select(static (amount, at) => ((LlmUnit)at, amount)).ToArray();
        return new()
        {
            Model = Model,
            ResponseId = ResponseId,
            Usage = LlmUsage.Of(parts),
            IsReported = IsReported,
            Work = Work,
            IsKept = IsKept,
            ReportedCost = Cost,
            Error = Error,
            ServiceTier = ServiceTier,
            Inconsistency = Inconsistency,
            Difference = Difference,
        };
    }
}
