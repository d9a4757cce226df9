using Tollgate.Contracts.Http;
using Tollgate.Core;

namespace Tollgate.Server.Http;

/// <summary>Finds query parameters that an operation does not read. Names are case-insensitive, as in the framework.</summary>
internal static class QueryFaults
{
    /// <summary>Null: the request has no query, or the endpoint accepts any.</summary>
    public static Faults? Of(HttpContext context)
    {
        if (!context.Request.QueryString.HasValue || context.GetEndpoint()?.Metadata.GetMetadata<KnownQuery>() is not { } known)
        {
            return null;
        }

        var faults = new Faults();
        foreach (var (name, values) in context.Request.Query)
        {
            if (!known.Names.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                var all = known.Names.Count == 0 ? " This operation has none." : $" Known: {string.Join(", ", known.Names)}.";
                faults.Add(Spelling.Shown(name), FaultCode.UnknownParameter, Spelling.Unknown("query parameter", name, known.Names) + all);
            }
            else if (values.Count > 1)
            {
                faults.Add(name, FaultCode.DuplicateParameter, "This parameter appears more than once.");
            }
        }

        return faults;
    }
}
