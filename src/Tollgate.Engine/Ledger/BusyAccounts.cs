using System.Diagnostics;
using Npgsql;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// Customers whose rows another transaction locks for longer than a lane waits: a clock that advances, a migration of plans. Their
/// operations leave the batch and return later; all others continue. Only the lane uses it.
/// </summary>
/// <param name="lane">Takes returning operations, even beyond the limit: they were in it before.</param>
/// <param name="queue">The lane's queue, which counts operations set aside.</param>
/// <param name="end">Ends an operation that has waited too long.</param>
internal sealed class BusyAccounts(Lane lane, LaneQueue queue, Action<LaneOp> end)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest wait of an operation for its customer, as for other changes of a customer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Customers that were busy at the lane's last look, with its time. The lane looks again about every <see cref="Pause"/> while
    /// operations wait for one.
    /// </summary>
    private readonly Dictionary<(int, string), long> _busy = [];

    /// <summary>Customers of the last look without a row that this server sees.</summary>
    private readonly HashSet<(int, string)> _unborn = [];

    private readonly HashSet<LaneOp> _aside = [];

    /// <summary>True if the operation has left the current batch.</summary>
    public bool HasLeft(LaneOp op) => _aside.Contains(op);

    /// <summary>Begins a batch that is refused as a whole: no operation leaves it.</summary>
    public void BeginRefusal() => _aside.Clear();

    /// <summary>
    /// Begins a batch: operations that change customers who are still busy leave it without waiting for a lock. Reads take no lock and
    /// stay.
    /// </summary>
    public async ValueTask BeginAsync(Func<ValueTask<NpgsqlConnection>> connect, List<LaneOp> ops)
    {
        _aside.Clear();
        ForgetOld();
        if (_busy.Count > 0 && ops.FindAll(op => op is not (ReadOp or ForgetOp) && IsBusy(op)) is { Count: > 0 } suspects)
        {
            await PutAsideAsync(await connect(), ops, suspects, IsBusy);
        }
    }

    /// <summary>
    /// Handles a batch that got no lock: it looks for locked rows, and removes their operations from the batch, as well as those that would
    /// create a customer, which another transaction may be creating. Operations that only drop a cached state need no lock.
    /// </summary>
    /// <returns>True if it removed any. Also false if the whole table is locked.</returns>
    public Task<bool> PutAsideAsync(NpgsqlConnection connection, List<LaneOp> ops) => PutAsideAsync(
        connection, ops, ops.FindAll(static op => op is not ForgetOp),
        op => IsBusy(op) || (op.CreatesCustomer && _unborn.Contains((op.Project.Id, op.Customer))));

    private bool IsBusy(LaneOp op) => _busy.ContainsKey((op.Project.Id, op.Customer));

    /// <summary>Drops customers that were not looked at for so long that all operations waiting for them have ended.</summary>
    private void ForgetOld()
    {
        foreach (var (customer, seen) in _busy)
        {
            if (Stopwatch.GetElapsedTime(seen) > Patience)
            {
                _busy.Remove(customer);
            }
        }
    }

    private async Task<bool> PutAsideAsync(NpgsqlConnection connection, List<LaneOp> ops, List<LaneOp> suspects, Predicate<LaneOp> leaves)
    {
        if (!await LookAsync(connection, suspects))
        {
            return false;
        }

        var leaving = suspects.FindAll(leaves);
        if (leaving.Count == 0)
        {
            return false;
        }

        _aside.UnionWith(leaving);
        ops.RemoveAll(_aside.Contains);
        foreach (var op in leaving)
        {
            op.WaitsSince ??= Stopwatch.GetTimestamp();
            if (Stopwatch.GetElapsedTime(op.WaitsSince.Value) > Patience)
            {
                op.Failure = new CustomerBusyException("Another change of this customer is still running.");
            }
        }

        queue.PutAside(leaving);
        _ = ComeBackAsync(leaving);
        return true;
    }

    /// <summary>Looks for customers among these whose row is locked now, and for those without a row.</summary>
    /// <returns>False: the whole table is locked, so the answer is unknown.</returns>
    private async Task<bool> LookAsync(NpgsqlConnection connection, List<LaneOp> suspects)
    {
        var accounts = suspects.Select(static op => (op.Partition, Project: op.Project.Id, op.Customer)).Distinct().ToList();
        accounts.ForEach(one => _busy.Remove((one.Project, one.Customer)));
        _unborn.Clear();
        try
        {
            await ReadHeldAsync(connection, accounts);
            return true;
        }
        catch (PostgresException held) when (held.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return false;
        }
    }

    private async Task ReadHeldAsync(NpgsqlConnection connection, List<(short Partition, int Project, string Customer)> accounts)
    {
        await using (var command = connection.Command(
            LedgerSql.HeldCustomers, accounts.Select(static one => one.Partition).ToArray(),
            accounts.Select(static one => one.Project).ToArray(),
            accounts.Select(static one => one.Customer).ToArray()))
        await using (var row = await command.ExecuteReaderAsync())
        {
            while (await row.ReadAsync())
            {
                var customer = (row.GetInt32(0), row.GetString(1));
                if (row.GetBoolean(2))
                {
                    _busy[customer] = Stopwatch.GetTimestamp();
                }
                else
                {
                    _unborn.Add(customer);
                }
            }
        }
    }

    /// <summary>
    /// Returns each operation to its place: bulk operations in parts again, so that they neither precede single operations nor fill one
    /// transaction.
    /// </summary>
    private async Task ComeBackAsync(List<LaneOp> ops)
    {
        await Task.Delay(Pause);
        var bulk = new List<UseOp>();
        foreach (var op in ops)
        {
            if (op.Failure is not null)
            {
                op.IsClosed = true;
                end(op);
            }
            else if (op is UseOp { InBulk: true } item)
            {
                bulk.Add(item);
                continue;
            }
            else
            {
                lane.Accept(op);
            }

            queue.IsBack(op);
        }

        foreach (var part in bulk.GroupBy(static item => item.Project.Id).SelectMany(project => BulkParts.Of(lane, [.. project])))
        {
            lane.Accept(part);
            queue.IsBack(part);
        }
    }
}
