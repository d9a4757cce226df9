namespace Tollgate.Engine.Ledger;

/// <summary>A search through all of a project's events took longer than one search may occupy PostgreSQL.</summary>
public sealed class SearchTooLongException()
    : Exception(
        "The search through the events of all customers took too long. Name a customer, or shorten the range (from, to).");

/// <summary>Limits the time of searches without an index, which name no customer.</summary>
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
