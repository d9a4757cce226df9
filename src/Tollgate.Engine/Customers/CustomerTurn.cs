using Npgsql;

namespace Tollgate.Engine.Customers;

/// <summary>Earlier changes of the customer take too long: nothing was done.</summary>
public sealed class CustomerBusyException : TimeoutException
{
    public CustomerBusyException()
        : this("Other changes of this customer are still running.")
    {
    }

    public CustomerBusyException(string message)
        : base(message)
    {
    }

    public CustomerBusyException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

/// <summary>
/// The turn of a change of one customer, or of two, on this server. The row's lock already serializes the changes of a customer, but a
/// change that waits for it occupies a connection. So changes wait here first: however many changes one customer has, other customers get
/// connections.
/// </summary>
internal sealed class CustomerTurn : IAsyncDisposable
{
    /// <summary>Longer than any change should take; after that the caller gets the error that the customer is busy.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private static readonly Dictionary<(NpgsqlDataSource Database, int Project, string Customer), Queue> Queues = [];

    private readonly List<((NpgsqlDataSource, int, string) Key, Queue Queue)> _taken = [];

    private CustomerTurn()
    {
    }

    /// <summary>
    /// Waits for the turns of all customers, in one order, so that two changes of the same two do not wait for each other.
    /// </summary>
    /// <exception cref="CustomerBusyException">The changes before it take too long.</exception>
    public static async Task<CustomerTurn> TakeAsync(
        NpgsqlDataSource database, int project, IEnumerable<string> customers, CancellationToken cancel)
    {
        var turn = new CustomerTurn();
        try
        {
            foreach (var customer in customers.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
            {
                await turn.AddAsync((database, project, customer), cancel);
            }

            return turn;
        }
        catch
        {
            turn.End();
            throw;
        }
    }

    /// <summary>Ends the turn, so that the next change may begin. A second call does nothing.</summary>
    public void End()
    {
        foreach (var (key, queue) in _taken)
        {
            queue.Free.Release();
            Leave(key, queue);
        }

        _taken.Clear();
    }

    public ValueTask DisposeAsync()
    {
        End();
        return ValueTask.CompletedTask;
    }

    private async Task AddAsync((NpgsqlDataSource, int, string) key, CancellationToken cancel)
    {
        var queue = Join(key);
        var isTurn = false;
        try
        {
            isTurn = await queue.Free.WaitAsync(LongestWait, cancel);
        }
        finally
        {
            if (!isTurn)
            {
                Leave(key, queue);
            }
        }

        if (!isTurn)
        {
            throw new CustomerBusyException();
        }

        _taken.Add((key, queue));
    }

    private static Queue Join((NpgsqlDataSource, int, string) key)
    {
        lock (Queues)
        {
            if (!Queues.TryGetValue(key, out var queue))
            {
                Queues.Add(key, queue = new());
            }

            queue.Members++;
            return queue;
        }
    }

    private static void Leave((NpgsqlDataSource, int, string) key, Queue queue)
    {
        lock (Queues)
        {
            if (--queue.Members == 0)
            {
                Queues.Remove(key);
                queue.Free.Dispose();
            }
        }
    }

    private sealed class Queue
    {
        public SemaphoreSlim Free { get; } = new(1, 1);

        /// <summary>The number of changes that have the turn or wait for it.</summary>
        public int Members { get; set; }
    }
}
