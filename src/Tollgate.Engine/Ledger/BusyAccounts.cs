using System.Diagnostics;
using Npgsql;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Postgres;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// Customers whose rows somebody else holds for longer than a lane waits: a clock that is advanced, a migration of plans. What concerns
/// them leaves its batch and comes back; everybody else's goes on. Only the lane uses it.
/// </summary>
/// <param name="lane">Takes what comes back, over the bound: it was in it before.</param>
/// <param name="queue">The lane's: it counts what is aside.</param>
/// <param name="end">Ends an operation that has waited too long.</param>
internal sealed class BusyAccounts(Lane lane, LaneQueue queue, Action<LaneOp> end)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>How long an operation waits for its customer, as other changes of a customer do.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Customers that were busy when the lane last looked, and when that was. The lane looks again every <see cref="Pause"/> or so while
    /// operations wait for one.
    /// </summary>
    private readonly Dictionary<(int, string), long> _busy = [];

    /// <summary>Customers of the last look that have no row which this server sees.</summary>
    private readonly HashSet<(int, string)> _unborn = [];

    private readonly HashSet<LaneOp> _aside = [];

    /// <summary>Whether the operation has left the batch that is worked on.</summary>
    public bool HasLeft(LaneOp op) => _aside.Contains(op);

    /// <summary>
    /// A batch begins: what changes customers that are still busy leaves it without waiting for a lock. Reads take none and stay.
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
    /// The batch did not get a lock: looks whose rows are held, and takes what concerns them out of it, and what would create a customer,
    /// whom somebody else may be creating. What only forgets a book needs no lock.
    /// </summary>
    /// <returns>Whether there are any. False too where the whole table is held.</returns>
    public Task<bool> PutAsideAsync(NpgsqlConnection connection, List<LaneOp> ops) => PutAsideAsync(
        connection, ops, ops.FindAll(static op => op is not ForgetOp),
        op => IsBusy(op) || (op.CreatesCustomer && _unborn.Contains((op.Project.Id, op.Customer))));

    private bool IsBusy(LaneOp op) => _busy.ContainsKey((op.Project.Id, op.Customer));

    /// <summary>Whatever waited for a customer that was not looked at for so long has ended, in whichever way.</summary>
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

    /// <summary>Whose row of these is held now, and who has none.</summary>
    /// <returns>False: the whole table is held, and nobody knows.</returns>
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
    /// Each comes back to where it was: what came in bulk in parts again, so that it neither stands before single operations nor fills one
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
