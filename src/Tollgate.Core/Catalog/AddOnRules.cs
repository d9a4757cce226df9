using Tollgate.Core.Money;

namespace Tollgate.Core.Catalog;

/// <summary>An add-on that a subscription has.</summary>
/// <param name="Quantity">At least 1.</param>
public sealed record HeldAddOn(AddOn AddOn, long Quantity);

/// <summary>
/// The entitlements of plan and add-ons together (<c>SEMANTICS</c> 2). A customer's overrides apply afterwards and replace them.
/// </summary>
public static class AddOnRules
{
    /// <summary>
    /// Returns the entitlement of one feature. Quotas add up, and unlimited stays unlimited; period, caps and prices stay the plan's. A
    /// feature that the plan does not name gets a hard cap by the billing month.
    /// </summary>
    /// <param name="plan">Null: the plan does not name the feature.</param>
    /// <returns>The plan's own object if no add-on affects the feature.</returns>
    public static Entitlement? Apply(Entitlement? plan, string feature, IReadOnlyList<HeldAddOn> held)
    {
        var result = plan;
        foreach (var (addOn, quantity) in held)
        {
            Invariant.That(quantity > 0, $"{quantity} units of the add-on {addOn.Code}.");
            foreach (var added in addOn.Entitlements.Where(added => added.Feature == feature))
            {
                var before = result ?? new Entitlement { Feature = feature, Quota = Quantity.Zero };
                result = added.Enabled ? before with { Enabled = true } : before with { Quota = Sum(before.Quota, added.Quota, quantity) };
            }
        }

        return result;
    }

    /// <summary>Returns the codes of the features that the add-ons affect, each once, in their order.</summary>
    public static IEnumerable<string> FeaturesOf(IReadOnlyList<HeldAddOn> held) =>
        held.SelectMany(static one => one.AddOn.Entitlements).Select(static added => added.Feature).Distinct(StringComparer.Ordinal);

    /// <summary>Limits the sum to the largest quantity: a higher limit means as much as none.</summary>
    private static Quantity? Sum(Quantity? quota, Quantity? each, long times) =>
        quota is { } has && each is { } more
            ? Quantity.Of(Math.Min(Quantity.Largest, has.Value + Math.Min(Quantity.Largest, more.Value * times)))
            : null;
}
