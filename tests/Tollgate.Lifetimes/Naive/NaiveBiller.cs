using Tollgate.Lifetimes.Stories;

namespace Tollgate.Lifetimes.Naive;

/// <summary>
/// The invoices that a story must lead to, computed independently of the server's code, by the rules of time and money alone. One customer
/// after the other, one moment after the other, everything in memory.
/// </summary>
public sealed class NaiveBiller(Shop shop)
{
    private readonly Dictionary<string, NaiveCustomer> _customers = [];
    private readonly NaiveCalendar _calendar = new(shop.Zone);

    /// <summary>The present shop; <see cref="Publish"/> replaces it.</summary>
    public Shop Shop { get; private set; } = shop;

    public IEnumerable<string> Customers => _customers.Keys;

    /// <summary>Plays a step after all due work up to its time.</summary>
    public void Play(Step step)
    {
        switch (step)
        {
            case Wait wait:
                AdvanceTo(wait.At);
                break;
            case Publish publish:
                AdvanceTo(publish.At);
                Shop = publish.Shop;
                break;
            case CustomerStep theirs:
                Customer(theirs.Customer).Play(theirs, Shop);
                break;
            default:
                throw new InvalidOperationException($"No such step: {step}");
        }
    }

    public void AdvanceTo(DateTime now)
    {
        foreach (var customer in _customers.Values)
        {
            customer.AdvanceTo(now);
        }
    }

    public IReadOnlyList<Bill> BillsOf(string customer) => Customer(customer).Bills;

    public IReadOnlyList<Fact> FactsOf(string customer) => Customer(customer).Facts;

    /// <summary>Returns the last rating of the usage of a quota period, stretch by stretch.</summary>
    internal NaiveBilled Explain(string customer, string feature, DateTime start) => Customer(customer).Explain(feature, start);

    /// <summary>The live subscription or the one that ended last; null if there never was one.</summary>
    internal NaiveSubscription? SubscriptionOf(string customer) => Customer(customer).Subscription;

    internal bool HasReductions(string customer) => Customer(customer).HasReductions;

    private NaiveCustomer Customer(string name)
    {
        if (!_customers.TryGetValue(name, out var customer))
        {
            _customers[name] = customer = new NaiveCustomer(Shop, _calendar);
        }

        return customer;
    }
}
