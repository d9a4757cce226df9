using Tollgate.Core.Time;

namespace Tollgate.Core.Checkouts;

/// <summary>The price of a change that a customer was shown, which is charged to the cent until it ends.</summary>
/// <param name="At">The change is priced, and made, as of this moment.</param>
/// <param name="Until">From then on the change is priced anew.</param>
/// <param name="Due">In minor units.</param>
/// <param name="Version">Of the subscription before the change: another one has another price.</param>
public sealed record HeldQuote(Instant At, Instant Until, long Due, int Version)
{
    /// <summary>Long enough to find a card, short enough that little of the period is given away.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    public bool Holds(Instant now) => At <= now && now < Until;

    /// <summary>
    /// The end of a quote made at <paramref name="at"/>: never beyond the next step of the subscription, which changes the price, nor
    /// beyond the page.
    /// </summary>
    /// <param name="dueAt">When the subscription takes its next step; null: never.</param>
    /// <param name="expiresAt">When the page expires.</param>
    public static Instant End(Instant at, Instant? dueAt, Instant expiresAt)
    {
        var end = at.Plus(Longest);
        end = dueAt is { } due && at < due && due < end ? due : end;
        return expiresAt < end ? expiresAt : end;
    }
}
