using Tollgate.Core.Catalog;
using Tollgate.Core.Time;

namespace Tollgate.Core.Customers;

/// <summary>What a customer was entitled to from an instant on, until the next terms began.</summary>
/// <param name="IsDefault">The customer has no plan of its own: it is the default plan's version of that time.</param>
/// <param name="Changed">Entitlements that differ from the plan's, by feature number: add-ons and then overrides applied.</param>
public sealed record CustomerTerms(Instant From, PlanVersion Plan, bool IsDefault, IReadOnlyDictionary<int, Entitlement> Changed)
{
    /// <summary>Null: neither the plan nor anything beside it names the feature.</summary>
    public Entitlement? EntitlementOf(int feature) =>
        Changed.TryGetValue(feature, out var changed) ? changed : Plan.Entitlements.GetValueOrDefault(feature);

    /// <summary>Every feature that they name, with its entitlement.</summary>
    public IEnumerable<KeyValuePair<int, Entitlement>> Entitlements =>
        Plan.Entitlements.Where(pair => !Changed.ContainsKey(pair.Key)).Concat(Changed);
}

/// <summary>
/// A customer's terms for every instant (<c>SEMANTICS</c> 2, "Terms are a timeline"). Whatever looks back uses the terms of then, whatever
/// decides now uses <see cref="Current"/>. Never changes: a new catalogue, plan, override or add-on makes a new timeline.
/// </summary>
public sealed class TermsTimeline
{
    private readonly CustomerTerms[] _terms;

    /// <param name="terms">At least one, in the order of <see cref="CustomerTerms.From"/>. The first also holds for what was before
    /// it.</param>
    public TermsTimeline(IReadOnlyList<CustomerTerms> terms)
    {
        Invariant.That(terms.Count > 0, "A timeline without terms.");
        _terms = [.. terms];
        Rolling = [.. _terms.SelectMany(static one => one.Entitlements).Where(static pair => pair.Value.Rollover is not null)
            .Select(static pair => pair.Key).Distinct()];
    }

    public CustomerTerms Current => _terms[^1];

    /// <summary>In the order of time. Some may last no time: others replaced them at the same instant.</summary>
    public IReadOnlyList<CustomerTerms> All => _terms;

    /// <summary>Features that roll over, or did at some time.</summary>
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
    /// By which periods a feature is counted: those of the terms in force or, where they do not name it, of the last terms before that did,
    /// else of the first ones after. A plan without the feature between two plans with it neither cuts a period nor gives a quota a second
    /// time.
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

    /// <summary>When the next terms began; null: these are in force.</summary>
    public Instant? EndOf(CustomerTerms terms)
    {
        var next = Array.IndexOf(_terms, terms) + 1;
        return next < _terms.Length ? _terms[next].From : null;
    }

    /// <summary>The terms in force at the end of a period: what happens at that very instant belongs to the next one.</summary>
    public CustomerTerms AtEndOf(Period period) => At(new(period.End.UnixMicroseconds - 1));

    /// <summary>The parts of a period, in order, each with the terms that were in force in it. They tile the period.</summary>
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
