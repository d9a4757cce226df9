using System.Collections.Frozen;

namespace Tollgate.Server.Http;

/// <summary>
/// The <c>operationId</c>s, from which client generators derive the names of functions: nouns and a verb, such as <c>invoices_void</c>. A
/// name follows from method and path, so it changes only with the path.
/// </summary>
internal static class OperationNames
{
    private const string Version = "v1";

    /// <summary>Names that are clearer than those of the rule.</summary>
    private static readonly FrozenDictionary<string, string> Own = new Dictionary<string, string>
    {
        ["POST /v1/check"] = "quotas_check",
        ["POST /v1/consume"] = "quotas_consume",
        ["POST /v1/verify"] = "ledger_verify",
        ["PUT /v1/catalog"] = "catalog_publish",
        ["DELETE /v1/api-keys/{id}"] = "api_keys_revoke",
        ["DELETE /v1/customers/{id}/tokens/{token_id}"] = "customers_tokens_revoke",
        ["DELETE /v1/customers/{id}/grants/{grant}"] = "customers_grants_void",
        ["DELETE /v1/customers/{id}/grant-schedules/{schedule}"] = "customers_grant_schedules_end",
        ["GET /v1/customers/{id}/explain"] = "customers_explain",
        ["GET /v1/decisions/{id}"] = "decisions_explain",
        ["GET /v1/invoices/{id}/lines/{n}/explain"] = "invoices_lines_explain",
        ["GET /v1/mail/unsubscribe"] = "mail_unsubscribe_page",
        ["GET /v1/plans/compare"] = "plans_compare",
        ["DELETE /v1/portal-sessions/{id}"] = "portal_sessions_revoke",
        ["DELETE /v1/reservations/{id}"] = "reservations_release",
        ["POST /v1/sandbox/payment-behavior"] = "sandbox_payment_behavior_set",
        ["POST /v1/sandbox/webhook-behavior"] = "sandbox_webhook_behavior_set",
        ["POST /v1/test-clock"] = "test_clock_advance",
        ["POST /v1/webhooks/{provider}"] = "webhooks_receive",
    }.ToFrozenDictionary();

    /// <param name="method">The method in upper case.</param>
    /// <param name="path">The path in the document, with a leading slash.</param>
    /// <param name="isList">True: the answer is a page of several objects.</param>
    public static string Of(string method, string path, bool isList)
    {
        if (Own.TryGetValue($"{method} {path}", out var own))
        {
            return own;
        }

        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var isOne = segments[^1].StartsWith('{');
        var dot = segments[^1].LastIndexOf('.');
        var format = dot < 0 ? null : segments[^1][(dot + 1)..];
        segments[^1] = dot < 0 ? segments[^1] : segments[^1][..dot];
        var words = segments.Where(static one => !one.StartsWith('{') && one != Version).Select(static one => one.Replace('-', '_'))
            .ToList();
        var verb = segments[0] == Version ? VerbOf(method, words[^1], isOne, isList, format)
            : isOne || words.Count == 1 ? method.ToLowerInvariant()
            : null;
        return string.Join('_', words.Append(verb).Append(format).OfType<string>());
    }

    /// <summary>Null: the last word of the path is the verb, as in <c>/v1/invoices/{id}/void</c>.</summary>
    private static string? VerbOf(string method, string word, bool isOne, bool isList, string? format) => method switch
    {
        "GET" => format is not null && !isOne ? "export" : isList && !isOne ? "list" : "get",
        "PUT" => "set",
        "PATCH" => "update",
        "DELETE" => "delete",
        _ => word.EndsWith('s') ? "create" : null,
    };
}
