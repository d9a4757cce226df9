namespace Tollgate.Engine.Ledger;

/// <summary>A search through events took longer than one search may occupy PostgreSQL.</summary>
public sealed class SearchTooLongException()
    : Exception(
        "The search through the events took longer than 5 seconds. Shorten the range (from, to), or name a customer.");

/// <summary>Limits the time of searches without an index: no index orders events by time, and none knows their types.</summary>
public static class SearchLimit
{
    /// <summary>
    /// A page of a busy project takes tenths of a second; a longer search goes through months of events, including those of other projects.
    /// </summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>Cancels the statement in PostgreSQL after the time.</summary>
    /// <exception cref="SearchTooLongException">The time has passed.</exception>
    public static async Task<T> RunAsync<T>(TimeSpan longest, Func<CancellationToken, Task<T>> search, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(longest);
        try
        {
            return await search(limit.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new SearchTooLongException();
        }
    }
}
