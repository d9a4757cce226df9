using Tollgate.Core.Llm.Requests;
using Tollgate.Core.Llm.Shapes;

namespace Tollgate.Core.Gateway;

/// <summary>What the gateway forwards, and what of it is metered.</summary>
public static class GatewayRules
{
    /// <summary>
    /// Tokens that are held for an answer whose request sets no bound, when it comes in one piece. A long answer has 2,000.
    /// </summary>
    public const long AssumedOutputTokens = 4_096;

    /// <summary>Tokens that are held for a stream without a bound, and again whenever they are used up: each costs one decision.</summary>
    public const long StepTokens = 512;

    /// <summary>
    /// How long what a job may use stays held: as long as a hold may live. Jobs of the known providers end within minutes or a few hours.
    /// </summary>
    public static readonly TimeSpan JobHoldTime = TimeSpan.FromHours(24);

    /// <summary>APIs with work that goes on when its start was answered.</summary>
    public static bool HasJobs(LlmApi api) => api is LlmApi.FirecrawlCrawl or LlmApi.OpenAiResponses or LlmApi.PerplexityAsync;

    /// <summary>The answer to it says where a job stands.</summary>
    public static bool IsPoll(LlmRoute route, string method) =>
        HasJobs(route.Api)
            && (method, route) is ("GET", { Job: not null, JobPart: null }) or ("POST", { Job: not null, JobPart: "cancel" });

    /// <summary>A call that uses something. Reading back, cancelling, deleting and keeping the account's house uses nothing.</summary>
    public static bool IsMetered(LlmRoute route, string method, string path) =>
        method == "POST" && route is { Api: not LlmApi.Free, Job: null }
            && !(route.Api == LlmApi.Unknown && IsHousekeeping(route.Provider, path));

    /// <summary>
    /// Of calls that no shape is known for. What a batch or a fine-tuning uses is on the provider's bill, not in an answer. A conversation
    /// of OpenAI holds what was said; Mistral's answers.
    /// </summary>
    private static bool IsHousekeeping(string provider, string path) =>
        path.EndsWith("/cancel", StringComparison.Ordinal) || Array.Exists(House, name => path.Contains(name, StringComparison.Ordinal))
        || (provider is "openai" or "azure" && path.Contains("/conversations", StringComparison.Ordinal));

    private static readonly string[] House =
        ["/batches", "/batch/jobs", "/uploads", "/vector_stores", "/fine_tuning/", "/fine-tunes", "/assistants", "/evals", "/containers",
            "/organization/"];

    /// <summary>
    /// What a customer may ask for in its own name: calls that are metered for it, the jobs and stored answers that it started (whose
    /// those are, <see cref="GatewayJob"/> says), and what says nothing about anybody. The rest (files, batches, lists of jobs) belongs to
    /// the project's account at the provider.
    /// </summary>
    /// <param name="path">As it is sent. The provider decodes it, so an encoded one is looked at as the provider will see it.</param>
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

    /// <summary>Why a customer may not send this body; null: it may. The reason names the member.</summary>
    /// <param name="isOwn">Whether the customer itself made the stored answer of that id.</param>
    public static string? RefusalOf(LlmRoute route, AccountReferences named, Func<string, bool> isOwn) =>
        named.Foreign is { } member ? $"The request names '{member}', which is a thing of the project's account at the provider."
        : !(named.Answer is null || isOwn(named.Answer))
        ? "The request continues an answer ('previous_response_id') that this customer did not get through the gateway."
        : route.Api == LlmApi.FirecrawlCrawl && named.HasWebhook
        ? "Tollgate polls the jobs that customers start, to meter them, so such a job cannot have a 'webhook'."
        : null;

    private static readonly string[] FreePosts = ["/messages/count_tokens", ":countTokens", "/moderations", "/responses/input_tokens"];

    /// <summary>
    /// A model that thinks before it speaks and does not show it: the provider says how many tokens that took when it is done. Whoever
    /// hangs up before that would have the thinking for nothing, so such a stream is read to its end. Azure's deployments have names of
    /// their own, so all of them are.
    /// </summary>
    public static bool HidesThought(LlmRoute route, LlmRequest ask) =>
        route.Api is LlmApi.OpenAiChat or LlmApi.OpenAiResponses
        && (route.Provider == "azure"
            || ((route.Model ?? ask.Model) is { } model
                && Array.Exists(Thinkers, name => model.Contains(name, StringComparison.OrdinalIgnoreCase))));

    // OpenAI's o series and gpt-5 on, xAI's, whatever stands before the name ("openai/o3", a deployment's prefix).
    private static readonly string[] Thinkers = ["o1", "o3", "o4", "gpt-5", "gpt-oss", "grok-3-mini", "grok-4"];

    /// <summary>
    /// What the call is priced by until the answer names its model: what the path or the body names, or else the operation
    /// (<c>search</c>, <c>scrape</c>). Stability's <c>sd3</c> is a family, and a field of the form names the member of it.
    /// </summary>
    public static string NameOf(LlmRoute route, LlmRequest ask, string path) =>
        (route is { Api: LlmApi.StabilityImage, Model: "sd3" } ? ask.Model ?? route.Model : route.Model ?? ask.Model) ?? OperationOf(path);

    private static string OperationOf(string path)
    {
        var plain = path.Split('?')[0].TrimEnd('/');
        return plain[(plain.LastIndexOf('/') + 1)..] is { Length: > 0 } last ? last : "call";
    }
}
