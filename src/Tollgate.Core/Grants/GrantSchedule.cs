using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Grants;

/// <summary>The interval of a schedule's grants.</summary>
public enum GrantInterval
{
    Day,
    Week,
    Month,
    Year,
}

/// <summary>A request to grant units repeatedly.</summary>
/// <param name="Lives">The intervals after which each grant expires; null: never.</param>
/// <param name="StartsAt">The time at which the first grant takes effect; null: now.</param>
/// <param name="EndsAt">The time from which no grant takes effect; null: no end.</param>
/// <param name="Id">The caller's id, which makes the request idempotent; null: Tollgate generates one.</param>
public sealed record GrantScheduleOrder(
    string Feature, Quantity Amount, GrantSource Source, int? Priority, GrantInterval Every, int? Lives, Instant? StartsAt, Instant? EndsAt,
    string? Id);

/// <summary>
/// A schedule that grants a customer units in each interval. Each grant is a function of the schedule and its own number alone, whichever
/// server makes it, and when.
/// </summary>
public sealed record GrantSchedule
{
    /// <summary>The time before their effect at which grants are made: a server that was down for less grants nothing late.</summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromDays(7);

    public required Guid Id { get; init; }

    /// <summary>The id that callers use.</summary>
    public required string Name { get; init; }

    public required string Feature { get; init; }

    public required int FeatureKey { get; init; }

    public required Quantity Amount { get; init; }

    public required GrantSource Source { get; init; }

    public required int Priority { get; init; }

    public required GrantInterval Every { get; init; }

    /// <inheritdoc cref="GrantScheduleOrder" path="/param[@name='Lives']"/>
    public int? Lives { get; init; }

    public required Instant StartsAt { get; init; }

    /// <summary>The end in the order.</summary>
    public Instant? EndsAt { get; init; }

    /// <summary>The time at which a caller ended the schedule before <see cref="EndsAt"/>.</summary>
    public Instant? EndedAt { get; init; }

    /// <summary>The time from which no grant takes effect; null: no end.</summary>
    public Instant? End => EndedAt ?? EndsAt;

    public Instant? PausedAt { get; init; }

    /// <summary>
    /// The number of resumptions. It is part of a grant's id, so that no later grant has the id of one that a pause took back.
    /// </summary>
    public int Turn { get; init; }

    /// <summary>The number of the next grant, from 0.</summary>
    public int Next { get; init; }

    public required Instant CreatedAt { get; init; }

    /// <summary>
    /// Returns the time at which a grant takes effect: whole intervals after the start on the calendar of the zone. The 31st is the last
    /// day of a shorter month.
    /// </summary>
    public Instant StartOf(int number, TimeZoneInfo zone) => Every switch
    {
        GrantInterval.Day => number == 0 ? StartsAt : BillingPeriods.AfterDays(StartsAt, number, zone),
        GrantInterval.Week => BillingPeriods.Boundary(PriceInterval.Weekly, new(StartsAt), number, zone),
        GrantInterval.Month => BillingPeriods.Boundary(PriceInterval.Monthly, new(StartsAt), number, zone),
        _ => BillingPeriods.Boundary(PriceInterval.Yearly, new(StartsAt), number, zone),
    };

    public Instant ExpiryOf(int number, TimeZoneInfo zone) => Lives is { } lives ? StartOf(number + lives, zone) : Instant.FarFuture;

    /// <summary>Returns the caller's id of a grant: <c>monthly:3</c>, and <c>monthly:3.1</c> after the schedule was resumed once.</summary>
    public string NameOf(int number) => Turn == 0 ? $"{Name}:{number + 1}" : $"{Name}:{number + 1}.{Turn}";

    /// <summary>
    /// Returns the time to make the next grant: when the one before takes effect, or <see cref="Ahead"/> of its own time if that is
    /// earlier. Null: there is none.
    /// </summary>
    public Instant? DueAt(TimeZoneInfo zone)
    {
        if (PausedAt is not null || (End is { } end && StartOf(Next, zone) >= end))
        {
            return null;
        }

        var early = StartOf(Next, zone).Minus(Ahead);
        return Next == 0 || early < StartOf(Next - 1, zone) ? early : StartOf(Next - 1, zone);
    }

    /// <summary>Returns the number of the first grant that takes effect at this instant or later, made or not.</summary>
    public int FirstFrom(Instant at, TimeZoneInfo zone)
    {
        // At most two off on any calendar: a schedule may be years old, and a list of a hundred computes this for each.
        var average = Every switch { GrantInterval.Day => 1, GrantInterval.Week => 7, GrantInterval.Month => 30.436875, _ => 365.2425 };
        var number = Math.Max(0, (int)((at - StartsAt).TotalDays / average));
        while (number > 0 && StartOf(number - 1, zone) >= at)
        {
            number--;
        }

        while (StartOf(number, zone) < at)
        {
            number++;
        }

        return number;
    }
}

public static class GrantScheduleRules
{
    /// <summary>The most schedules of one customer, including ended ones.</summary>
    public const int MostSchedules = 100;

    /// <summary>The longest life of a grant in intervals: a grant that should live longer can live for ever.</summary>
    public const int LongestLife = 1_000;

    /// <summary>Returns every fault at once. <paramref name="feature"/> is null if the catalogue has none with that code.</summary>
    public static IReadOnlyList<FieldFault> FaultsOf(GrantScheduleOrder order, Feature? feature, Instant now)
    {
        var faults = GrantTerms.FaultsOf(new(order.Feature, order.Amount, order.Source, order.Priority, null, null, order.Id), feature, now)
            .ToList();
        Expect(order.Lives is null or (>= 1 and <= LongestLife), "expires_after",
            $"must lie between 1 and {LongestLife} intervals; null: the grants never expire.");
        Expect(order.StartsAt is not { } start || start >= now, "starts_at", $"must not lie in the past. It is {now} now.");
        Expect(order.StartsAt is not { } far || far < now.Plus(TimeSpan.FromDays(3660)), "starts_at", "must lie within 10 years.");
        Expect(order.EndsAt is not { } end || end > (order.StartsAt ?? now), "ends_at", "must come after starts_at.");
        Expect(order.EndsAt is not { } last || last < Instant.FarFuture, "ends_at", "must lie between 1970 and 9998.");
        return faults;

        void Expect(bool holds, string field, string detail)
        {
            if (!holds)
            {
                faults.Add(new(field, detail));
            }
        }
    }
}
