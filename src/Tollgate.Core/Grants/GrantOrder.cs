using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Core.Grants;

/// <summary>A request to grant a customer units in addition to the plan's quota.</summary>
/// <param name="Source">Not <see cref="GrantSource.Rollover"/>: only the ledger creates those.</param>
/// <param name="Priority">Null: <see cref="GrantTerms.DefaultPriorityOf"/>.</param>
/// <param name="EffectiveAt">Null: now.</param>
/// <param name="ExpiresAt">Null: never.</param>
/// <param name="Id">The caller's id, which makes the request idempotent; null: Tollgate generates one.</param>
public sealed record GrantOrder(
    string Feature, Quantity Amount, GrantSource Source, int? Priority, Instant? EffectiveAt, Instant? ExpiresAt, string? Id);

/// <summary>The validation of grants, and the defaults of an order.</summary>
public static class GrantTerms
{
    /// <summary>The priority that burns first.</summary>
    public const int FirstPriority = 0;

    public const int LastPriority = 1000;

    /// <summary>
    /// Returns the default priority. Given units burn before the plan's own quota, so that a promotion is visibly used; bought units have
    /// the plan's priority, where the earlier expiry decides: a top-up that never expires burns after the plan's quota.
    /// </summary>
    public static int DefaultPriorityOf(GrantSource source) =>
        source is GrantSource.Promotion or GrantSource.Gift ? Grant.DefaultPriority / 2 : Grant.DefaultPriority;

    /// <summary>Returns every fault at once. <paramref name="feature"/> is null if the catalogue has none with that code.</summary>
    public static IReadOnlyList<FieldFault> FaultsOf(GrantOrder order, Feature? feature, Instant now)
    {
        var faults = new List<FieldFault>();
        Expect(feature is not null, "feature", "names no feature of the catalogue.");
        Expect(feature is null or { Kind: FeatureKind.Metered }, "feature", "is not metered: only counted features can be granted.");
        Expect(feature is not { IsLevel: true }, "feature",
            "is a level: what is granted of it could not be used up. Override its quota instead.");
        Expect(order.Amount.IsPositive, "amount", "must be greater than 0.");
        Expect(order.Priority is null or (>= FirstPriority and <= LastPriority), "priority",
            $"must lie between {FirstPriority} and {LastPriority}.");
        Expect(order.EffectiveAt is not { } start || IsInCalendar(start), "effective_at", "must lie between 1970 and 9998.");
        Expect(order.ExpiresAt is not { } end || IsInCalendar(end), "expires_at", "must lie between 1970 and 9998.");
        Expect(order.ExpiresAt is not { } over || over > now, "expires_at", "must lie in the future.");
        Expect(order.ExpiresAt is not { } last || last > (order.EffectiveAt ?? now), "expires_at", "must come after effective_at.");
        Expect(order.Id is null || CustomerRules.IsId(order.Id), "id",
            $"must have 1 to {CustomerRules.LongestId} characters without control characters, and not be \".\" or \"..\".");
        return faults;

        void Expect(bool holds, string field, string detail)
        {
            if (!holds)
            {
                faults.Add(new(field, detail));
            }
        }
    }

    private static bool IsInCalendar(Instant instant) => instant >= Instant.Epoch && instant < Instant.FarFuture;
}
