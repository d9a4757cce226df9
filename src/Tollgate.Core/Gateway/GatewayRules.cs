using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Core.Gateway;

/// <summary>What the gateway forwards, and what of it is metered.</summary>
public static class GatewayRules
{
    /// <summary>Tokens that are held for an answer whose request sets no bound, when it comes in one piece. A long answer has 2,000.</summary>
    public const long AssumedOutputTokens = 4_096;

    /// <summary>Tokens that are held for a stream without a bound, and again whenever they are used up: each costs one decision.</summary>
    public const long StepTokens = 512;

    /// <summary>A call that uses something. Reading back and deleting uses nothing.</summary>
    public static bool IsMetered(LlmRoute route, string method) => method == "POST" && route.Api != LlmApi.Free;

    /// <summary>
    /// What a customer may ask for in its own name: calls that are metered for it, the result of a job that it knows by its id, and
    /// what says nothing about anybody. The rest (files, batches, stored answers) belongs to the project's account at the provider.
    /// </summary>
    /// <param name="path">As it was written. The provider decodes it, so an encoded one is looked at as the provider will see it.</param>
    public static bool IsForCustomers(LlmRoute route, string method, string path)
    {
        var plain = Uri.UnescapeDataString(path);
        return (method, route.Api) switch
        {
            (_, LlmApi.Free) when plain.Contains("/files", StringComparison.OrdinalIgnoreCase) => false,
            ("POST", not LlmApi.Unknown) => true,
            ("GET", LlmApi.Free) => plain.EndsWith("/models", StringComparison.Ordinal),
            ("GET", _) => route.Job is not null,
            _ => false,
        };
    }

    /// <summary>What the call is priced by where neither answer nor request names a model: the operation (<c>search</c>, <c>scrape</c>).</summary>
    public static string OperationOf(string path)
    {
        var plain = path.Split('?')[0].TrimEnd('/');
        return plain[(plain.LastIndexOf('/') + 1)..] is { Length: > 0 } last ? last : "call";
    }
}
