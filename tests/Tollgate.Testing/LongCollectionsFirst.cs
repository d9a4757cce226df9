using Xunit.Sdk;
using Xunit.v3;

namespace Tollgate.Testing;

/// <summary>Starts the collections that take minutes before the others: one that starts last would run alone at the end.</summary>
/// <param name="names">Parts of their names.</param>
public abstract class LongCollectionsFirst(params string[] names) : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [
            .. DefaultTestCollectionOrderer.Instance.OrderTestCollections(testCollections).OrderByDescending(
                collection => names.Any(name => collection.TestCollectionDisplayName.Contains(name, StringComparison.Ordinal))),
        ];
}
