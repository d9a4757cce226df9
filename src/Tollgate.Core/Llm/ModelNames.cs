using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Tollgate.Core.Llm;

/// <summary>
/// The parts of model and provider names in addition to the model itself: the host, a dated version, a region. Letter case never matters.
/// </summary>
internal static partial class ModelNames
{
    /// <summary>
    /// The precedence of providers for a call that names a model but no provider: makers of models, then the clouds that resell them at the
    /// maker's prices, then hosts with prices of their own. Any other provider comes last.
    /// </summary>
    private static readonly string[][] Precedence =
    [
        ["openai", "anthropic", "gemini", "mistral", "cohere", "deepseek", "xai", "perplexity", "tavily", "serper", "exa", "firecrawl",
            "stability"],
        ["vertex_ai", "azure", "bedrock"],
        ["groq", "together_ai", "fireworks_ai"],
        ["openrouter"],
    ];

    private static readonly FrozenDictionary<string, int> Ranks = Precedence
        .SelectMany(static (names, rank) => names.Select(name => (name, rank)))
        .ToFrozenDictionary(static pair => pair.name, static pair => pair.rank, StringComparer.OrdinalIgnoreCase);

    /// <summary>The names by which SDKs, proxies and people call the same provider.</summary>
    private static readonly FrozenDictionary<string, string> Synonyms = new Dictionary<string, string>
    {
        ["google"] = "gemini", ["google_ai"] = "gemini", ["google-ai"] = "gemini", ["googleai"] = "gemini", ["google_genai"] = "gemini",
        ["vertex"] = "vertex_ai", ["vertexai"] = "vertex_ai", ["vertex-ai"] = "vertex_ai", ["google_vertex"] = "vertex_ai",
        ["google-vertex"] = "vertex_ai", ["azure_openai"] = "azure", ["azure-openai"] = "azure", ["azure_ai"] = "azure",
        ["azureopenai"] = "azure", ["claude"] = "anthropic", ["grok"] = "xai",
        ["aws"] = "bedrock", ["aws_bedrock"] = "bedrock", ["aws-bedrock"] = "bedrock", ["amazon"] = "bedrock",
        ["amazon_bedrock"] = "bedrock", ["amazon-bedrock"] = "bedrock", ["bedrock_converse"] = "bedrock",
        ["mistralai"] = "mistral", ["mistral_ai"] = "mistral", ["x-ai"] = "xai", ["x.ai"] = "xai", ["x_ai"] = "xai",
        ["together"] = "together_ai", ["togetherai"] = "together_ai", ["together-ai"] = "together_ai",
        ["fireworks"] = "fireworks_ai", ["fireworks-ai"] = "fireworks_ai", ["metaphor"] = "exa", ["exa_ai"] = "exa",
        ["stability_ai"] = "stability", ["stabilityai"] = "stability", ["cohere_chat"] = "cohere", ["deepseek-ai"] = "deepseek",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The most suffixes that are removed: no real name has more.</summary>
    private const int MostSuffixes = 6;

    /// <summary>Returns the rank; lower comes first.</summary>
    public static int RankOf(string provider) => Ranks.GetValueOrDefault(provider, Precedence.Length);

    public static string Canonical(string provider) => Synonyms.GetValueOrDefault(provider, provider);

    public static bool IsKnownProvider(string provider) => Ranks.ContainsKey(Canonical(provider));

    /// <summary>Returns the provider that begins a name (<c>openai/gpt-4o</c>) and the rest; null: it begins with none.</summary>
    public static (string Provider, string Model)? SplitProvider(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && slash < name.Length - 1 && IsKnownProvider(name[..slash])
            ? (Canonical(name[..slash]), name[(slash + 1)..])
            : null;
    }

    /// <summary>Returns the name without provider, resource path, or owner of a fine-tuned model; null: it has none of these.</summary>
    public static string? WithoutPrefix(string name)
    {
        if (name.StartsWith("arn:", StringComparison.OrdinalIgnoreCase))
        {
            return AfterLast(name, "/");
        }

        if (name.StartsWith("ft:", StringComparison.OrdinalIgnoreCase))
        {
            var end = name.IndexOf(':', 3);
            return end < 0 ? null : name[..end];
        }

        return SplitProvider(name)?.Model ?? AfterLast(name, "models/");
    }

    /// <summary>
    /// Returns ever shorter names: without a region, then without "-latest", a version, a date. The model's family comes last.
    /// </summary>
    public static IEnumerable<string> WithoutSuffixes(string name)
    {
        for (var i = 0; i < MostSuffixes; i++)
        {
            var shorter = Region().Replace(name, "");
            if (shorter.Length == name.Length)
            {
                shorter = Suffix().Replace(name, "");
            }

            if (shorter.Length == name.Length || shorter.Length == 0)
            {
                yield break;
            }

            yield return name = shorter;
        }
    }

    /// <summary>True if a name matches a pattern in which <c>*</c> matches any text, including none.</summary>
    public static bool Matches(string pattern, string name)
    {
        var (p, n, star, resume) = (0, 0, -1, 0);
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, resume) = (p++, n);
            }
            else if (p < pattern.Length && char.ToUpperInvariant(pattern[p]) == char.ToUpperInvariant(name[n]))
            {
                (p, n) = (p + 1, n + 1);
            }
            else if (star >= 0)
            {
                (p, n) = (star + 1, ++resume);
            }
            else
            {
                return false;
            }
        }

        return pattern.AsSpan(p).Trim('*').IsEmpty;
    }

    public static bool IsPattern(string name) => name.Contains('*', StringComparison.Ordinal);

    private static string? AfterLast(string name, string mark)
    {
        var at = name.LastIndexOf(mark, StringComparison.OrdinalIgnoreCase);
        return at >= 0 && at + mark.Length < name.Length ? name[(at + mark.Length)..] : null;
    }

    // -2024-08-06, -20250219, @20250219, @default, -latest, -v1:0, -v1, and Google's -001. Not -v3: deepseek-v3 and whisper-large-v3
    // are models, not versions of one.
    [GeneratedRegex(
        @"(?:-\d{4}-\d{2}-\d{2}|[-@]\d{8}|[-@]latest|@default|-v\d+:\d+|-v1|-00\d)\z",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Suffix();

    // Inference profiles of Bedrock name the region, then the vendor: us.anthropic.claude-…
    [GeneratedRegex(
        @"\A(?:us-gov|us|eu|apac|au|jp|ca|sa|me|af|global)\.(?=[a-z0-9]+\.)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Region();
}
