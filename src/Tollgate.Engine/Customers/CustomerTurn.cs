using Npgsql;

namespace Tollgate.Engine.Customers;

/// <summary>
/// The turn of a change of one customer on this server. Changes of a customer run one after the other anyway, by the lock of its row; who waits for
/// that lock holds a connection. So they wait here first: however many want to change one customer, the others have connections.
/// </summary>
internal sealed class CustomerTurn : IDisposable
{
    /// <summary>Longer than any change should last; then the caller hears that the storage is busy.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private static readonly Dictionary<(NpgsqlDataSource Database, int Project, string Customer), Queue> Queues = [];

    private readonly (NpgsqlDataSource, int, string) _customer;
    private readonly Queue _queue;

    private CustomerTurn((NpgsqlDataSource, int, string) customer, Queue queue) => (_customer, _queue) = (customer, queue);

    /// <exception cref="TimeoutException">The changes before it last too long.</exception>
    public static async Task<CustomerTurn> TakeAsync(NpgsqlDataSource database, int project, string customer, CancellationToken cancel)
    {
        var key = (database, project, customer);
        Queue? queue;
        lock (Queues)
        {
            if (!Queues.TryGetValue(key, out queue))
            {
                Queues.Add(key, queue = new());
            }

            queue.Members++;
        }

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

        return isTurn ? new(key, queue) : throw new TimeoutException("Too many changes of one customer at once.");
    }

    public void Dispose()
    {
        _queue.Free.Release();
        Leave(_customer, _queue);
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
