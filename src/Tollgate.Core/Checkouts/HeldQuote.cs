using Tollgate.Core.Time;

namespace Tollgate.Core.Checkouts;

/// <summary>The price of a change that a customer was shown, which Tollgate charges to the cent until the quote ends.</summary>
/// <param name="At">The time as of which the change is priced and made.</param>
/// <param name="Until">The time from which the change gets a new price.</param>
/// <param name="Due">In minor units.</param>
/// <param name="Version">The version of the subscription before the change: another version has another price.</param>
public sealed record HeldQuote(Instant At, Instant Until, long Due, int Version)
{
    /// <summary>The longest validity: long enough to find a card, short enough to give away little of the period.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    public bool Holds(Instant now) => At <= now && now < Until;

    /// <summary>
    /// Returns the end of a quote made at <paramref name="at"/>: never beyond the next step of the subscription, which changes the price,
    /// nor beyond the expiry of the page.
    /// </summary>
    /// <param name="dueAt">The time of the subscription's next step; null: never.</param>
    /// <param name="expiresAt">The expiry of the page.</param>
    public static Instant End(Instant at, Instant? dueAt, Instant expiresAt)
    {
        var end = at.Plus(Longest);
        end = dueAt is { } due && at < due && due < end ? due : end;
        return expiresAt < end ? expiresAt : end;
    }
}
