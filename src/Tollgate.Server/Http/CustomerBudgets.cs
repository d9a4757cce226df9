using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Tollgate.Server.Http;

/// <summary>
/// Limits the requests of each customer with its own tokens: a minute's number at once, and then at that rate. Each customer has a
/// budget of its own, so that none can use up another's. The server forgets budgets that are full again: memory follows the customers of
/// the last minute.
/// </summary>
public sealed class CustomerBudgets(long perMinute)
{
    /// <summary>
    /// About 10 MB of budgets. Beyond that, the server forgets the full ones, and if more than half remain, each project keeps an equal
    /// share of the half.
    /// </summary>
    private const int Most = 100_000;

    private readonly ConcurrentDictionary<(int Project, string Customer), StrongBox<long>> _budgets = new();
    private readonly long _each = TimeSpan.TicksPerMinute / perMinute;
    private int _count;

    /// <summary>Counts a request. Null: it is within the budget; else the pause until the next one.</summary>
    /// <param name="now">The time of a monotonic clock.</param>
    public TimeSpan? Take(int project, string customer, TimeSpan now)
    {
        if (!_budgets.TryGetValue((project, customer), out var budget))
        {
            budget = _budgets.GetOrAdd((project, customer), static _ => new());
            if (Interlocked.Increment(ref _count) > Most)
            {
                Forget(now);
            }
        }

        return MinuteBudget.Take(ref budget.Value, now, _each);
    }

    /// <summary>The number of stored budgets.</summary>
    public int Count => _budgets.Count;

    private void Forget(TimeSpan now)
    {
        lock (_budgets)
        {
            if (Volatile.Read(ref _count) <= Most)
            {
                return;
            }

            foreach (var (customer, budget) in _budgets)
            {
                if (Volatile.Read(ref budget.Value) <= now.Ticks)
                {
                    _budgets.TryRemove(customer, out _);
                }
            }

            if (_budgets.Count > Most / 2)
            {
                ForgetFullest();
            }

            Volatile.Write(ref _count, _budgets.Count);
        }
    }

    /// <summary>
    /// Forgets the fullest budgets of projects with more than their share, so that a project with very many customers forgets only its own.
    /// </summary>
    private void ForgetFullest()
    {
        var projects = _budgets.ToArray().GroupBy(static one => one.Key.Project).ToArray();
        foreach (var project in projects)
        {
            foreach (var (customer, _) in project.Select(static one => (one.Key, FullAt: Volatile.Read(ref one.Value.Value)))
                .OrderByDescending(static one => one.FullAt).Skip(Most / 2 / projects.Length))
            {
                _budgets.TryRemove(customer, out _);
            }
        }
    }
}
