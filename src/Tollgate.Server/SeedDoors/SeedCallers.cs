using Tollgate.Contracts.Http;
using Tollgate.Engine.Quotas;
using Tollgate.Server.Http;
using Tollgate.Server.Quotas;

namespace Tollgate.Server.SeedDoors;

/// <summary>
/// Finds the customer of a request to a door. With a customer token it is the token's customer; with a secret key the app names the
/// customer, in the header or in the seed's <c>user_id</c>.
/// </summary>
internal static class SeedCallers
{
    public const string Header = "X-Tollgate-Customer";

    /// <summary>True if ids of the request are the customer's own (see <c>EventKey.OfToken</c>).</summary>
    public static bool IsOfToken(HttpContext context) => context.Caller().Customer is not null;

    /// <summary>
    /// The balances of that customer. Null: the request names none, or the database does not answer; the problem is written.
    /// </summary>
    /// <inheritdoc cref="CustomerAsync"/>
    public static async ValueTask<CustomerStanding?> StandingAsync(
        HttpContext context, QuotaGate gate, string? named = null, string field = Header) =>
        await CustomerAsync(context, named, field) is { } customer ? await ReadingEndpoints.StandingAsync(context, gate, customer) : null;

    /// <summary>Null: the request names no valid customer, or another than the token's; the problem is written.</summary>
    /// <param name="named">The request's <c>user_id</c>, if it has one; otherwise the header counts.</param>
    /// <param name="field">The expected place, for the message.</param>
    public static async ValueTask<string?> CustomerAsync(HttpContext context, string? named = null, string field = Header)
    {
        var asked = named ?? context.Request.Headers[Header];
        if (context.Caller().Customer is { } own)
        {
            if (asked is null || asked == own)
            {
                return own;
            }

            await Problems.WriteAsync(context, ErrorCode.KeyNotAllowed, "This customer token belongs to another customer.", field);
            return null;
        }

        var faults = new Faults();
        if (faults.Id(asked, field))
        {
            return asked;
        }

        await faults.WriteAsync(context);
        return null;
    }
}
