using System.Globalization;
using System.Text;

namespace Tollgate.Chaos.Hostile;

/// <summary>Catalogues of a hostile tenant: its own, the largest allowed ones, and texts that no reader should accept.</summary>
internal static class HostileCatalogue
{
    public const int Metered = 200;

    public const string Hot = "hot";

    /// <summary>Hundreds of priced features: an invoice has a line for each.</summary>
    public static string Own(int generation = 0)
    {
        var text = new StringBuilder("code: hostile\nname: Hostile\ncurrency: USD\ntime_zone: Etc/UTC\ndefault_plan: free\nfeatures:\n");
        text.Append(CultureInfo.InvariantCulture, $"  - {{ code: {Hot}, name: Hot {generation} }}\n");
        for (var at = 0; at < Metered; at++)
        {
            text.Append(CultureInfo.InvariantCulture, $"  - {{ code: f{at}, name: Feature {at}, unit: call }}\n");
        }

        text.Append(
            CultureInfo.InvariantCulture,
            $"plans:\n  - code: free\n    name: Free\n    entitlements:\n      - {{ feature: {Hot}, quota: unlimited }}\n");
        text.Append(
            "  - code: pro\n    name: Pro\n    prices:\n      - { interval: monthly, amount: 2900 }\n      - { interval: yearly, amount: "
                + "29000 }\n    entitlements:\n");
        text.Append(CultureInfo.InvariantCulture, $"      - {{ feature: {Hot}, quota: unlimited }}\n");
        for (var at = 0; at < Metered; at++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"      - {{ feature: f{at}, quota: 0, hard_cap: false, overage_price: {{ mode: per_unit, tiers: [{{ unit_price: 0.01 }}] }} }}\n");
        }

        return text.ToString();
    }

    /// <summary>As many plans with as many entitlements as fit into a megabyte, or one plan too many.</summary>
    public static string Largest(int generation, bool tooMany)
    {
        var text = new StringBuilder(Own(generation));
        for (var plan = 0; plan < (tooMany ? 150 : 95) && text.Length < 1_000_000; plan++)
        {
            text.Append(CultureInfo.InvariantCulture, $"  - code: p{plan}\n    name: Plan {plan} {generation}\n    entitlements:\n");
            for (var at = 0; at < Metered && text.Length < 1_000_000; at++)
            {
                text.Append(CultureInfo.InvariantCulture, $"      - {{ feature: f{at}, quota: {at + generation} }}\n");
            }
        }

        return text.ToString();
    }

    /// <summary>Nine levels of ten aliases each: a billion laughs.</summary>
    public static string Laughs()
    {
        var text = new StringBuilder("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
        for (var level = 1; level < 10; level++)
        {
            text.Append(
                CultureInfo.InvariantCulture, $"a{level}: &a{level} [{string.Join(", ", Enumerable.Repeat($"*a{level - 1}", 10))}]\n");
        }

        return text.ToString();
    }

    /// <summary>Texts that make readers slow or deep, made once: the attackers run on the same cores as the server.</summary>
    public static readonly IReadOnlyList<string> Bombs = [.. Texts()];

    private static IEnumerable<string> Texts()
    {
        yield return Laughs();
        yield return string.Concat(Enumerable.Repeat("[", 500_000));
        yield return string.Concat(Enumerable.Repeat("{a: ", 250_000));
        yield return string.Concat(Enumerable.Repeat("- ", 500_000));
        yield return "a: \"" + new string('\\', 900_000);
        yield return "a: " + new string('x', 900_000);
        yield return string.Concat(Enumerable.Range(0, 100_000).Select(static at => $"k{at}:\n"));
        yield return "a: |\n" + string.Concat(Enumerable.Repeat("  x\n", 240_000));
        yield return "? " + string.Concat(Enumerable.Repeat("? ", 400_000));
        yield return string.Concat(Enumerable.Repeat("&a ", 300_000));
        yield return string.Concat(Enumerable.Repeat("a: b: ", 150_000));
    }
}
