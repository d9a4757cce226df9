using Tollgate.Core.Llm.Requests;
using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Core.Gateway;

/// <summary>The calls that the gateway forwards and meters.</summary>
public static class GatewayRules
{
    /// <summary>The tokens to hold for an unbounded answer that arrives in one piece. A long answer has 2,000.</summary>
    public const long AssumedOutputTokens = 4_096;

    /// <summary>The tokens to hold for an unbounded stream, and again whenever they are used up: each step costs one decision.</summary>
    public const long StepTokens = 512;

    /// <summary>
    /// The time for which the usage of a job stays held: the longest lifetime of a hold. Jobs of the known providers end within minutes or
    /// a few hours.
    /// </summary>
    public static readonly TimeSpan JobHoldTime = TimeSpan.FromHours(24);

    /// <summary>True for APIs with work that continues after the answer to its start.</summary>
    public static bool HasJobs(LlmApi api) => api is LlmApi.FirecrawlCrawl or LlmApi.OpenAiResponses or LlmApi.PerplexityAsync;

    /// <summary>True if the answer to the call reports the status of a job.</summary>
    public static bool IsPoll(LlmRoute route, string method) =>
        HasJobs(route.Api)
            && (method, route) is ("GET", { Job: not null, JobPart: null }) or ("POST", { Job: not null, JobPart: "cancel" });

    /// <summary>True if the call uses something. Reading, canceling, deleting and managing the account use nothing.</summary>
    public static bool IsMetered(LlmRoute route, string method, string path) =>
        method == "POST" && route is { Api: not LlmApi.Free, Job: null }
            && !(route.Api == LlmApi.Unknown && IsHousekeeping(route.Provider, path));

    /// <summary>
    /// True for calls of an unknown form that manage the account. The usage of a batch or a fine-tuning is on the provider's bill, not in
    /// an answer. A conversation of OpenAI stores messages; one of Mistral answers.
    /// </summary>
    private static bool IsHousekeeping(string provider, string path) =>
        path.EndsWith("/cancel", StringComparison.Ordinal) || Array.Exists(House, name => path.Contains(name, StringComparison.Ordinal))
        || (provider is "openai" or "azure" && path.Contains("/conversations", StringComparison.Ordinal));

    private static readonly string[] House =
        ["/batches", "/batch/jobs", "/uploads", "/vector_stores", "/fine_tuning/", "/fine-tunes", "/assistants", "/evals", "/containers",
            "/organization/"];

    /// <summary>
    /// True for calls that a customer may make in its own name: calls metered for it, the jobs and stored answers that it started
    /// (<see cref="GatewayJob"/> records the owner), and calls that reveal nothing about anybody. The rest (files, batches, lists of jobs)
    /// belongs to the project's account at the provider.
    /// </summary>
    /// <param name="path">The path as sent. The provider decodes it, so the check uses the decoded path.</param>
    public static bool IsForCustomers(LlmRoute route, string method, string path)
    {
        var plain = Uri.UnescapeDataString(path).TrimEnd('/');
        return (method, route.Api) switch
        {
            (_, LlmApi.Free) when plain.Contains("/files", StringComparison.OrdinalIgnoreCase) => false,
            ("POST", LlmApi.Free) => Array.Exists(FreePosts, end => plain.EndsWith(end, StringComparison.Ordinal)),
            ("POST", _) when route.Job is not null => route.JobPart == "cancel",
            ("POST", not LlmApi.Unknown) => true,
            ("GET", LlmApi.Free) => plain.EndsWith("/models", StringComparison.Ordinal),
            ("GET", _) => route is { Job: not null, JobPart: null or "input_items" or "errors" },
            _ => false,
        };
    }

    /// <summary>Returns the reason why a customer may not send this body, with the name of the member; null: it may.</summary>
    /// <param name="isOwn">Returns true if the customer itself created the stored answer with that id.</param>
    public static string? RefusalOf(LlmRoute route, AccountReferences named, Func<string, bool> isOwn) =>
        named.Foreign is { } member ? $"The request names '{member}', which belongs to the project's account at the provider."
        : !(named.Answer is null || isOwn(named.Answer))
        ? "The request continues an answer ('previous_response_id') that this customer did not get through the gateway."
        : route.Api == LlmApi.FirecrawlCrawl && named.HasWebhook
        ? "Tollgate polls the jobs that customers start, to meter them, so such a job cannot have a 'webhook'."
        : null;

    private static readonly string[] FreePosts = ["/messages/count_tokens", ":countTokens", "/moderations", "/responses/input_tokens"];

    /// <summary>
    /// True for a model with hidden reasoning: the provider reports its tokens only at the end. A caller that disconnects earlier would get
    /// the reasoning for free, so the gateway reads such a stream to its end. Azure's deployments have custom names, so this applies to all
    /// of them.
    /// </summary>
    public static bool HidesThought(LlmRoute route, LlmRequest ask) =>
        route.Api is LlmApi.OpenAiChat or LlmApi.OpenAiResponses
        && (route.Provider == "azure"
            || ((route.Model ?? ask.Model) is { } model
                && Array.Exists(Thinkers, name => model.Contains(name, StringComparison.OrdinalIgnoreCase))));

    // OpenAI's o series and gpt-5 on, and xAI's, with any text before the name ("openai/o3", a deployment's prefix).
    private static readonly string[] Thinkers = ["o1", "o3", "o4", "gpt-5", "gpt-oss", "grok-3-mini", "grok-4"];

    /// <summary>
    /// Returns the name that prices the call until the answer names its model: the model in the path or the body, otherwise the operation
    /// (<c>search</c>, <c>scrape</c>). Stability's <c>sd3</c> is a family, and a field of the form names its member.
    /// </summary>
    public static string NameOf(LlmRoute route, LlmRequest ask, string path) =>
        (route is { Api: LlmApi.StabilityImage, Model: "sd3" } ? ask.Model ?? route.Model : route.Model ?? ask.Model) ?? OperationOf(path);

    private static string OperationOf(string path)
    {
        var plain = path.Split('?')[0].TrimEnd('/');
        return plain[(plain.LastIndexOf('/') + 1)..] is { Length: > 0 } last ? last : "call";
    }
}
