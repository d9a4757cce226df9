namespace Tollgate.Chaos.Servers;

/// <summary>The catalogue of the chaos projects, and its limits that the tests use.</summary>
public static class Catalogue
{
    /// <summary>Hard cap; 400 on <c>small</c>, 600 on <c>large</c>.</summary>
    public const string Units = "units";

    /// <summary>Hard cap; 300 on <c>small</c>, 450 on <c>large</c>.</summary>
    public const string Other = "other";

    /// <summary>Hard cap of 1,000 on every plan.</summary>
    public const string Thousand = "thousand";

    /// <summary>No limit.</summary>
    public const string Unlimited = "unlimited";

    /// <summary>A hard cap that no test reaches, so that holds are taken and freed.</summary>
    public const string Roomy = "roomy";

    public const string Small = "small";

    public const string Large = "large";

    public static readonly IReadOnlyDictionary<string, decimal> SmallLimits =
        new Dictionary<string, decimal> { [Units] = 400, [Other] = 300 };

    public static readonly IReadOnlyDictionary<string, decimal> LargeLimits =
        new Dictionary<string, decimal> { [Units] = 600, [Other] = 450 };

    // Lifetime and month: a run at midnight of the first of a month remains exact on the compared counters.
    public const string Text = """
        code: chaos
        name: Chaos
        default_plan: small
        features:
          - { code: units, name: Units }
          - { code: other, name: Other units }
          - { code: thousand, name: A thousand }
          - { code: unlimited, name: Unlimited }
          - { code: roomy, name: Roomy }
        plans:
          - code: small
            name: Small
            entitlements:
              - { feature: units, quota: 400, period: lifetime }
              - { feature: other, quota: 300, period: lifetime }
              - { feature: thousand, quota: 1000, period: lifetime }
              - { feature: unlimited, quota: null, period: lifetime }
              - { feature: roomy, quota: 1000000000, period: lifetime }
          - code: large
            name: Large
            entitlements:
              - { feature: units, quota: 600, period: lifetime }
              - { feature: other, quota: 450, period: lifetime }
              - { feature: thousand, quota: 1000, period: lifetime }
              - { feature: unlimited, quota: null, period: lifetime }
              - { feature: roomy, quota: 1000000000, period: lifetime }
        """;
}
