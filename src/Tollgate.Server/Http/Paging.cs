using System.Globalization;
using Tollgate.Contracts.Http;
using Tollgate.Core;

namespace Tollgate.Server.Http;

/// <summary>
/// The page of a list that was asked for. Ask the database for <see cref="Probe"/> rows, one more than the page holds:
/// its presence is <c>has_more</c>.
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

    /// <summary>The last id of the page before, of lists whose ids are UUIDs; null where there is none, or it is at fault.</summary>
    /// <param name="what">What the list is of, for the message: <c>a key</c>.</param>
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

    /// <summary>The rows of the page and whether more follow.</summary>
    public (IReadOnlyList<T> Rows, bool HasMore) Cut<T>(IReadOnlyList<T> rows) =>
        rows.Count > Limit ? ([.. rows.Take(Limit)], true) : (rows, false);
}
