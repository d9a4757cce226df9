using Tollgate.Core.Catalog;
using Tollgate.Core.Time;

namespace Tollgate.Core.Customers;

/// <summary>The terms of a customer from an instant until the next terms.</summary>
/// <param name="IsDefault">True if the customer has no plan of its own, and the plan is the default plan's version of that time.</param>
/// <param name="Changed">The entitlements that differ from the plan's, by feature number: after add-ons, and then overrides.</param>
public sealed record CustomerTerms(Instant From, PlanVersion Plan, bool IsDefault, IReadOnlyDictionary<int, Entitlement> Changed)
{
    /// <summary>Returns null if neither the plan nor an add-on or override names the feature.</summary>
    public Entitlement? EntitlementOf(int feature) =>
        Changed.TryGetValue(feature, out var changed) ? changed : Plan.Entitlements.GetValueOrDefault(feature);

    /// <summary>The entitlements of all features that the terms name.</summary>
    public IEnumerable<KeyValuePair<int, Entitlement>> Entitlements =>
        Plan.Entitlements.Where(pair => !Changed.ContainsKey(pair.Key)).Concat(Changed);
}

/// <summary>
/// A customer's terms for every instant (<c>SEMANTICS</c> 2, "Terms are a timeline"). Rules about the past use the terms of that time;
/// decisions now use <see cref="Current"/>. Immutable: a new catalogue, plan, override or add-on creates a new timeline.
/// </summary>
public sealed class TermsTimeline
{
    private readonly CustomerTerms[] _terms;

    /// <param name="terms">At least one, in the order of <see cref="CustomerTerms.From"/>. The first also applies to earlier times.</param>
    public TermsTimeline(IReadOnlyList<CustomerTerms> terms)
    {
        Invariant.That(terms.Count > 0, "A timeline without terms.");
        _terms = [.. terms];
        Rolling = [.. _terms.SelectMany(static one => one.Entitlements).Where(static pair => pair.Value.Rollover is not null)
            .Select(static pair => pair.Key).Distinct()];
    }

    public CustomerTerms Current => _terms[^1];

    /// <summary>The terms in order of time. Some may have no duration, because others replaced them at the same instant.</summary>
    public IReadOnlyList<CustomerTerms> All => _terms;

    /// <summary>The features that roll over, or did so under earlier terms.</summary>
    public IReadOnlyList<int> Rolling { get; }

    public CustomerTerms At(Instant at)
    {
        var i = _terms.Length - 1;
        while (i > 0 && _terms[i].From > at)
        {
            i--;
        }

        return _terms[i];
    }

    /// <summary>
    /// Returns the kind of period by which a feature is counted: that of the current terms or, if they do not name the feature, of the last
    /// earlier terms that do, else of the first later ones. A plan without the feature between two plans with it neither cuts a period nor
    /// grants a quota twice.
    /// </summary>
    public QuotaPeriodKind PeriodKindAt(int feature, Instant at)
    {
        QuotaPeriodKind? named = null;
        foreach (var terms in _terms)
        {
            if (named is not null && terms.From > at)
            {
                break;
            }

            named = terms.EntitlementOf(feature)?.Period ?? named;
        }

        return named ?? QuotaPeriodKind.BillingMonth;
    }

    /// <summary>Returns the start of the next terms; null: these are in force.</summary>
    public Instant? EndOf(CustomerTerms terms)
    {
        var next = Array.IndexOf(_terms, terms) + 1;
        return next < _terms.Length ? _terms[next].From : null;
    }

    /// <summary>Returns the terms in force at the end of a period: a change at that instant belongs to the next period.</summary>
    public CustomerTerms AtEndOf(Period period) => At(new(period.End.UnixMicroseconds - 1));

    /// <summary>Returns the parts of a period in order, each with its terms. They tile the period.</summary>
    public IReadOnlyList<(Period Part, CustomerTerms Terms)> Within(Period period)
    {
        var parts = new List<(Period, CustomerTerms)>();
        for (var i = 0; i < _terms.Length; i++)
        {
            var start = i == 0 || _terms[i].From < period.Start ? period.Start : _terms[i].From;
            var end = i + 1 < _terms.Length && _terms[i + 1].From < period.End ? _terms[i + 1].From : period.End;
            if (start < end)
            {
                parts.Add((new(start, end), _terms[i]));
            }
        }

        return parts;
    }
}
