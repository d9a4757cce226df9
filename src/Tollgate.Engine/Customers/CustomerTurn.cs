using Npgsql;

namespace Tollgate.Engine.Customers;

/// <summary>Changes of one customer that came before last too long: nothing was done.</summary>
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
/// The turn of a change of one customer, or of two, on this server. Changes of a customer run one after the other anyway, by the lock of
/// its row; who waits for that lock holds a connection. So they wait here first: however many want to change one customer, the others have
/// connections.
/// </summary>
internal sealed class CustomerTurn : IAsyncDisposable
{
    /// <summary>Longer than any change should last; then the caller hears that the customer is busy.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private static readonly Dictionary<(NpgsqlDataSource Database, int Project, string Customer), Queue> Queues = [];

    private readonly List<((NpgsqlDataSource, int, string) Key, Queue Queue)> _taken = [];

    private CustomerTurn()
    {
    }

    /// <summary>Waits for the turns of all of them, in one order, so that two who want the same two do not wait for each other.</summary>
    /// <exception cref="CustomerBusyException">The changes before it last too long.</exception>
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

    /// <summary>The next one's turn comes. Ending it again does nothing.</summary>
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

        /// <summary>Who has the turn, and who waits for it.</summary>
        public int Members { get; set; }
    }
}
