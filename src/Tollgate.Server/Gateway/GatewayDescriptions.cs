using Tollgate.Contracts.Http;
using Tollgate.Server.Http;

namespace Tollgate.Server.Gateway;

internal static class GatewayDescriptions
{
    private const string Answered =
        """
        {"id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-4o-mini-2024-07-18",
         "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi!"}, "finish_reason": "stop"}],
         "usage": {"prompt_tokens": 8, "completion_tokens": 2, "total_tokens": 10}}
        """;

    public static Description Of(string method) => new(
        "Gateway",
        method switch
        {
            "GET" => "Read from a provider",
            "POST" => "Call a provider",
            _ => $"Forward a {method} to a provider",
        },
        method == "POST"
            ? "Forwards the provider's own path and body, so an official client works with another base URL and key. "
                + "The key comes in the provider's usual header: a "
                + "customer token, or a secret key with `X-Tollgate-Customer`. Before the call, Tollgate holds the most that it may use on "
                + "every limit (calls, tokens, dollars, rates), or "
                + "refuses it; afterwards, Tollgate settles the hold with the true usage. `X-Tollgate-Feature` names a feature that the "
                + "call uses once. `X-Tollgate-Attribute-To` (a feature or any "
                + "other word of at most 100 characters) names the purpose of the cost in reports and uses nothing, "
                + "for a route that has already counted its use. The answer has "
                + "`X-Tollgate-Call` (the id in `GET /v1/llm-calls`) and, unless it is a stream, "
                + "`X-Tollgate-Cost` in dollars and `X-Tollgate-Remaining`. Errors of the gateway "
                + "have the provider's format, with their code in `X-Tollgate-Error`."
            : "Forwards the request unchanged and does not meter it. Customer tokens may read lists of models, "
                + "and the jobs and stored responses that they started. Everything else in the "
                + "provider's account "
                + "needs a secret key.")
    {
        Path = new Dictionary<string, string>
        {
            ["provider"] = "An upstream of the project, set up with `PUT /v1/upstreams/{provider}`.",
            ["path"] = "The provider's own path, such as `v1/chat/completions`.",
        },
        Answers = [
            Example.OfText(
                200, "The provider's own answer", Answer.JsonType, method == "POST" ? Answered : """{"object": "list", "data": []}""")],
        Errors =
        [
            .. method == "POST"
                ? (ErrorCode[])[ErrorCode.QuotaExceeded, ErrorCode.BudgetExceeded, ErrorCode.FeatureDisabled, ErrorCode.FeatureNotInPlan,
                    ErrorCode.RateLimited, ErrorCode.FeatureNotFound, ErrorCode.MalformedJson, ErrorCode.ValidationFailed]
                : [],
            ErrorCode.UpstreamNotConfigured, ErrorCode.PathNotForwarded, ErrorCode.UpstreamNotAllowed, ErrorCode.GatewayLoop,
            ErrorCode.GatewayBusy, ErrorCode.UpstreamUnreachable, ErrorCode.UpstreamTimeout, ErrorCode.UpstreamUnreadable,
        ],
    };
}
