using Microsoft.AspNetCore.Routing.Patterns;
using Tollgate.Contracts.Http;
using Tollgate.Core;

namespace Tollgate.Server.Http;

/// <summary>Repeats the unknown id of the path: that of <c>/v1/customers/{id}</c> for <c>customer_not_found</c>.</summary>
internal static class UnknownId
{
    private const string Ending = "_not_found";

    /// <returns>Null: the path has no id of this kind.</returns>
    public static string? Of(HttpContext context, ErrorCode code)
    {
        if (context.GetEndpoint() is not RouteEndpoint { RoutePattern.PathSegments: var segments }
            || !code.Code.EndsWith(Ending, StringComparison.Ordinal))
        {
            return null;
        }

        var noun = code.Code[..^Ending.Length];
        for (var i = 1; i < segments.Count; i++)
        {
            if (segments[i].Parts is [RoutePatternParameterPart] && segments[i - 1].Parts is [RoutePatternLiteralPart list]
                && IsListOf(list.Content, noun))
            {
                var id = RawPath.Segment(context, i);
                if (id.StartsWith("tg_", StringComparison.Ordinal))
                {
                    return null; // The text of a key or token, which nobody repeats.
                }

                return code == ErrorCode.InvoiceNotFound ? Invoice(id) : $"Unknown {noun.Replace('_', ' ')} '{Spelling.Shown(id)}'.";
            }
        }

        return null;
    }

    /// <summary>Operators know the numbers of invoices, but the API takes ids.</summary>
    public static string Invoice(string id) =>
        $"Unknown invoice '{Spelling.Shown(id)}'. An invoice is found by its number with GET /v1/invoices?number=.";

    private static bool IsListOf(string list, string noun) =>
        list.Replace('-', '_') is var plural && (plural == noun + "s" || (noun.EndsWith('y') && plural == noun[..^1] + "ies"));
}
