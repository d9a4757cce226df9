using System.Globalization;
using Tollgate.Contracts.Http;
using Tollgate.Core;

namespace Tollgate.Server.Http;

/// <summary>
/// The requested page of a list. Select <see cref="Probe"/> rows, one more than the page holds: its presence is <c>has_more</c>.
/// </summary>
public sealed record Paging(int Limit, string? StartingAfter)
{
    public int Probe => Limit + 1;

    /// <summary>Reads <c>limit</c> and <c>starting_after</c> of the query.</summary>
    public static Paging Read(HttpContext context, Faults faults)
    {
        var query = context.Request.Query;
        var limit = WireLimits.PageItems;
        string? text = query["limit"];
        if (text is not null
            && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit)
                || limit is < 1 or > WireLimits.LargestPageItems))
        {
            faults.Add(
                "limit", FaultCode.OutOfRange,
                $"'{Spelling.Shown(text)}' is not possible: a whole number from 1 to {WireLimits.LargestPageItems} is expected.");
            limit = WireLimits.PageItems;
        }

        string? after = query["starting_after"];
        faults.Id(after, "starting_after", required: false);
        return new(limit, after);
    }

    /// <summary>The last id of the previous page, for lists whose ids are UUIDs; null: there is none, or it is faulty.</summary>
    /// <param name="what">The kind of the list's objects, for the message: <c>a key</c>.</param>
    public Guid? IdAfter(string what, Faults faults)
    {
        if (StartingAfter is null)
        {
            return null;
        }

        if (Guid.TryParseExact(StartingAfter, "D", out var id))
        {
            return id;
        }

        faults.Add("starting_after", FaultCode.InvalidFormat, $"The id of {what} is expected.");
        return null;
    }

    /// <summary>Returns the rows of the page, and true if more follow.</summary>
    public (IReadOnlyList<T> Rows, bool HasMore) Cut<T>(IReadOnlyList<T> rows) =>
        rows.Count > Limit ? ([.. rows.Take(Limit)], true) : (rows, false);
}
