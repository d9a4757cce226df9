namespace Tollgate.Core.Llm;

/// <summary>
/// The names under which providers sell the same model faster, slower or later, at other prices: <c>flex</c>, <c>priority</c>,
/// <c>batch</c>. The standard tier has no name.
/// </summary>
public static class ServiceTiers
{
    /// <summary>The longest name in UTF-16 units.</summary>
    public const int Longest = 40;

    private static readonly string[] Standard = [
        "standard", "default", "auto", "on_demand", "standard_only", "traffic_type_unspecified", "unspecified"];

    /// <summary>Returns the tier that a provider or a caller names; null: the standard one, or not a name of a tier.</summary>
    public static string? Of(string? word)
    {
        if (word is not { Length: > 0 and <= Longest })
        {
            return null;
        }

        var tier = word.ToLowerInvariant();
        return tier switch
        {
            "batches" => "batch",
            "on_demand_flex" => "flex",
            "on_demand_priority" => "priority",
            _ when Array.IndexOf(Standard, tier) >= 0 || !IsName(tier) => null,
            _ => tier,
        };
    }

    /// <summary>True for lower-case letters, digits and <c>_</c>.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= Longest && text.All(static letter => letter is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_');
}
