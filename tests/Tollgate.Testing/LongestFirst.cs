using Xunit.Sdk;
using Xunit.v3;

namespace Tollgate.Testing;

/// <summary>
/// Starts the named classes and collections first, so that no long one is left at the end for one core. The others follow in their order.
/// </summary>
/// <param name="names">The ends of the names of classes, or the whole names of collections; the longest first.</param>
public abstract class LongestFirst(params string[] names) : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(
        IReadOnlyCollection<TTestCollection> testCollections) where TTestCollection : notnull, ITestCollection =>
        [.. testCollections.OrderBy(collection => RankOf(collection.TestCollectionDisplayName))];

    /// <param name="name">"Test collection for Namespace.Class (id: …)", or the name of a defined collection.</param>
    private int RankOf(string name)
    {
        var rank = Array.FindIndex(names, one => name == one || name.Contains($".{one} (id:", StringComparison.Ordinal));
        return rank < 0 ? names.Length : rank;
    }
}
