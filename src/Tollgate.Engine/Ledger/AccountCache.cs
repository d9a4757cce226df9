using System.Collections.Concurrent;
using System.Diagnostics;
using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Ledger;
using Tollgate.Core.Metering;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// The account states that a lane keeps in memory, and the reads that it makes before it decides a batch. Only the lane changes it; other
/// threads may <see cref="Peek"/>.
/// </summary>
internal sealed class AccountCache(int mostAccounts, ServerPresence presence, NewCustomers created)
{
    private readonly ConcurrentDictionary<(int Project, string Customer), AccountState> _accounts = new();

    /// <summary>
    /// The shortest time between two reloads of the directory. Otherwise an account whose rows name features or plans that no catalogue has
    /// would reload it for each operation.
    /// </summary>
    private static readonly TimeSpan RenewEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest wait for a reload of the directory: the lane waits for it.</summary>
    private static readonly TimeSpan LongestRenewal = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The time after which the lane reads an unreadable account again, which another server may have repaired. Otherwise it would read the
    /// account for each operation.
    /// </summary>
    private static readonly TimeSpan ReadAgainAfter = TimeSpan.FromSeconds(5);

    /// <summary>The most unreadable accounts to remember; beyond it all are dropped, and each costs one more read.</summary>
    private const int MostUnreadable = 10_000;

    private readonly Dictionary<(int Project, string Customer), (Exception Why, long At, int Revision)> _unreadable = [];

    private long _renewedAt = Stopwatch.GetTimestamp() - Stopwatch.Frequency;

    /// <summary>The number of cached accounts. <see cref="_accounts"/> locks itself as a whole to count: 15 µs for each batch.</summary>
    private int _count;

    /// <summary>
    /// Returns the cached state of the account; null if there is none or it was made with another catalogue. The write verifies its
    /// versions.
    /// </summary>
    public AccountState? Peek(int project, string customer, int catalogRevision) =>
        _accounts.TryGetValue((project, customer), out var account) && account.CatalogRevision == catalogRevision ? account : null;

    /// <summary>
    /// The same for operations that only read, while this server is alone: also null if the state was read before that. A server that has
    /// left since may have changed the account.
    /// </summary>
    public AccountState? PeekOfThisEra(int project, string customer, int catalogRevision) =>
        Peek(project, customer, catalogRevision) is { } account && account.Era == presence.Era ? account : null;

    /// <summary>
    /// Gives every operation the state of its account, and reads the missing ones in one round trip. Operations of an unreadable account
    /// get a <see cref="LaneOp.Failure"/>.
    /// </summary>
    public ValueTask LoadAsync(NpgsqlConnection connection, List<LaneOp> ops, bool locked)
    {
        // First, since operations before it in the batch also need the state that is read below.
        foreach (var op in ops)
        {
            if (op is ForgetOp)
            {
                _unreadable.Remove((op.Project.Id, op.Customer));
            }

            if (op is ForgetOp or ReadOp { Fresh: true }
                || (op is ReadOp && PeekOfThisEra(op.Project.Id, op.Customer, op.Project.Catalog.Revision) is null))
            {
                Remove((op.Project.Id, op.Customer));
            }
        }

        Dictionary<(int, string), AccountWanted>? wanted = null;
        Dictionary<int, ProjectSnapshot>? newest = null;
        foreach (var op in ops)
        {
            op.Account = Peek(op.Project.Id, op.Customer, op.Project.Catalog.Revision) is { } account && account.ReadFor <= op.Now
                ? account
                : null;
            if (op.Account is null && op is not ForgetOp)
            {
                var key = (op.Project.Id, op.Customer);
                newest ??= [];
                newest[op.Project.Id] = Newer(
                    op.Project,
                    newest.GetValueOrDefault(op.Project.Id) ?? presence.Directory.Current.ProjectsById.GetValueOrDefault(op.Project.Id));
                if (op is not ReadOp { Fresh: true } && _unreadable.TryGetValue(key, out var known)
                    && known.Revision == newest[op.Project.Id].Catalog.Revision && Stopwatch.GetElapsedTime(known.At) < ReadAgainAfter)
                {
                    (op.Failure, op.FailedBefore) = (known.Why, true);
                    continue;
                }

                wanted ??= [];
                var one = new AccountWanted(
                    op.Project, op.Customer, op.Partition, op.Now,
                    op.CreatesCustomer && op.Member is null && (!op.MayBeRefused || created.MayCreate(op.Project.Id)));
                op.TriedToCreate = one.Create;
                wanted[key] = wanted.TryGetValue(key, out var other) ? one.And(other) : one;
            }
        }

        return wanted is null ? ValueTask.CompletedTask
            : ReadAsync(connection, ops, [.. wanted.Values.Select(one => one with { Project = newest![one.Project.Id] })], locked);
    }

    private static ProjectSnapshot Newer(ProjectSnapshot one, ProjectSnapshot? other) =>
        other is null || other.Catalog.Revision < one.Catalog.Revision ? one : other;

    private async ValueTask ReadAsync(NpgsqlConnection connection, List<LaneOp> ops, List<AccountWanted> wanted, bool locked)
    {
        var projects = wanted.Select(one => one.Project).DistinctBy(project => project.Id).ToDictionary(project => project.Id);
        var unreadable = await ReadAsync(connection, wanted, locked);
        if (unreadable.Values.Any(static why => why is CatalogTooOldException))
        {
            // A catalogue was published since the requests arrived: read once more, with the current one.
            var again = wanted.Where(one => unreadable.GetValueOrDefault(one.Key) is CatalogTooOldException);
            await RenewAsync(again.Select(one => one.Project.Id), projects);
            unreadable = await ReadAsync(
                connection, [.. wanted.Select(one => one with { Project = projects[one.Project.Id], Create = false })], locked);
        }

        Remember(unreadable, projects);
        foreach (var op in ops.Where(static op => !op.FailedBefore))
        {
            op.Account = _accounts.GetValueOrDefault((op.Project.Id, op.Customer));
            if (op.Account is { } account)
            {
                if (account.CatalogRevision > op.Project.Catalog.Revision)
                {
                    op.Renew(projects[op.Project.Id]);
                }
            }
            else if (op is not ForgetOp)
            {
                op.Failure = unreadable.GetValueOrDefault((op.Project.Id, op.Customer));
            }
        }
    }

    private void Remember(Dictionary<(int Project, string Customer), Exception> unreadable, Dictionary<int, ProjectSnapshot> projects)
    {
        if (_unreadable.Count + unreadable.Count > MostUnreadable)
        {
            _unreadable.Clear();
        }

        foreach (var (key, why) in unreadable)
        {
            _unreadable[key] = (why, Stopwatch.GetTimestamp(), projects[key.Project].Catalog.Revision);
        }
    }

    /// <returns>The accounts that cannot be read, with the reasons. They have no state.</returns>
    private async Task<Dictionary<(int Project, string Customer), Exception>> ReadAsync(NpgsqlConnection connection,
        List<AccountWanted> wanted, bool locked)
    {
        // Before the read, so that a change of era during it makes the read count as earlier.
        var era = presence.Era;
        var reading = await new AccountLoader(connection).LoadAsync(wanted, created, locked, CancellationToken.None);
        var nows = wanted.ToDictionary(static one => one.Key, static one => one.Now);
        foreach (var (key, account) in reading.Accounts)
        {
            (account.Era, account.ReadFor, account.GrantsSince) = (era, nows[key], nows[key]);
            _count += _accounts.ContainsKey(key) ? 0 : 1;
            _accounts[key] = account;
            _unreadable.Remove(key);
        }

        foreach (var key in reading.Unreadable.Keys)
        {
            Remove(key);
        }

        return reading.Unreadable;
    }

    /// <summary>Replaces snapshots of the named projects that are too old by current ones.</summary>
    private async Task RenewAsync(IEnumerable<int> stale, Dictionary<int, ProjectSnapshot> projects)
    {
        var ids = stale.Distinct().ToList();
        if (!Take() && Stopwatch.GetElapsedTime(_renewedAt) > RenewEvery)
        {
            _renewedAt = Stopwatch.GetTimestamp();
            try
            {
                using var soon = new CancellationTokenSource(LongestRenewal);
                await presence.Directory.RefreshAsync(soon.Token);
                Take();
            }
            catch (Exception away) when (away is OperationCanceledException or NpgsqlException or TimeoutException)
            {
                // Only those accounts fail: their callers retry.
            }
        }

        bool Take()
        {
            var current = presence.Directory.Current.ProjectsById;
            var newer = true;
            foreach (var id in ids)
            {
                newer &= current.TryGetValue(id, out var project) && project.Catalog.Revision > projects[id].Catalog.Revision;
                projects[id] = Newer(projects[id], project);
            }

            return newer;
        }
    }

    /// <summary>Loads the members that operations name into the states of their owners.</summary>
    public static async ValueTask LoadMembersAsync(NpgsqlConnection connection, List<LaneOp> ops)
    {
        var unknown = new HashSet<(AccountState, string)>();
        foreach (var op in ops)
        {
            if (op is { Member: { } member, Account: { } account } && !account.HasMember(member))
            {
                unknown.Add((account, member));
            }
        }

        if (unknown.Count > 0)
        {
            await new AccountLoader(connection).LoadMembersAsync(unknown, CancellationToken.None);
        }
    }

    /// <summary>
    /// Loads rows that the states do not have with their open periods: periods of late events and old holds, and ended periods that a
    /// rollover depends on. Then it opens periods whose features roll over.
    /// </summary>
    public static ValueTask PrepareAsync(NpgsqlConnection connection, List<LaneOp> ops, StoredFacts? known, bool locked)
    {
        var rows = new RowsWanted(known);
        foreach (var op in ops)
        {
            if (op.Account is { } account)
            {
                rows.Add(op, account);
            }
        }

        return rows.IsEmpty ? ValueTask.CompletedTask : PrepareAsync(connection, rows, locked);
    }

    private static async ValueTask PrepareAsync(NpgsqlConnection connection, RowsWanted rows, bool locked)
    {
        var loader = new AccountLoader(connection);
        await loader.LoadRowsAsync(rows.Wanted, locked, CancellationToken.None);
        await loader.LoadHistoryAsync(rows.Histories, locked, CancellationToken.None);
        await loader.LoadReportsAsync(rows.Reports, locked, CancellationToken.None);
        await loader.LoadGrantsAsync(rows.GrantsSince, CancellationToken.None);
        await loader.LoadRolloversAsync(rows.RolloversSince(), CancellationToken.None);
        foreach (var (account, feature, period, now) in rows.ToOpen)
        {
            if (!feature.IsOpened(period))
            {
                RolloverRules.Open(account, feature, now);
            }
            else if (feature.FindBalance(period.Start) is null)
            {
                RolloverRules.OpenPast(account, feature, period);
            }
        }
    }

    /// <summary>Reads the stored facts about the ids of a batch, for the exact path.</summary>
    public static async Task<StoredFacts> LoadFactsAsync(NpgsqlConnection connection, List<LaneOp> ops, Instant now, UsageKeys? keys)
    {
        var known = new StoredFacts();
        var events = new List<(AccountState, Guid)>();
        var holds = new List<(AccountState, Guid)>();
        var uniques = new List<(AccountState, int, Instant, Guid)>();
        foreach (var op in ops)
        {
            if (op.Account is not { } account)
            {
                continue;
            }

            switch (op)
            {
                case UseOp use:
                    events.Add((account, use.Key.Id));
                    uniques.AddRange(use.Effects.Where(static e => AggregateRules.CountsValueOnce(e.Aggregate))
                        .Select(e => (account, e.Feature.Key, account.FeatureOf(e.Feature).PeriodAt(use.OccurredAt).Start, e.Value)));
                    break;
                case ReserveOp reserve:
                    // Also for a generated id: if the connection breaks after the commit, the batch is decided again.
                    holds.Add((account, reserve.Id));
                    break;
                case HoldOp hold:
                    holds.Add((account, hold.Id));
                    events.Add((account, hold.Id));
                    break;
                case VoidOp voiding:
                    events.Add((account, voiding.EventId));
                    events.Add((account, EventKey.OfVoid(voiding.EventId)));
                    break;
            }
        }

        await known.LoadEventsAsync(connection, events, now, CancellationToken.None);
        if (keys is not null)
        {
            await known.OpenAsync(connection, keys, CancellationToken.None);
        }

        await known.LoadHoldsAsync(connection, holds, CancellationToken.None);
        await known.LoadUniqueAsync(connection, uniques, CancellationToken.None);
        var burned = new List<(AccountState, Guid)>();
        foreach (var voiding in ops.OfType<VoidOp>())
        {
            if (voiding.Account is { } account && known.Events.TryGetValue((account.Key, voiding.EventId), out var target))
            {
                await known.LoadOthersAsync(connection, account, target, voiding.Project, CancellationToken.None);
                burned.AddRange(target.Data.Burns.Select(burn => (account, burn.Grant)));
            }
        }

        await new AccountLoader(connection).LoadGrantsAsync(burned, CancellationToken.None);

        return known;
    }

    /// <summary>Drops the accounts of a batch that was not committed; they are read again when needed.</summary>
    public void Forget(List<LaneOp> ops)
    {
        foreach (var op in ops)
        {
            Remove((op.Project.Id, op.Customer));
            _unreadable.Remove((op.Project.Id, op.Customer));
        }
    }

    /// <summary>
    /// Limits memory: if the cache is full, it drops half of the accounts. They cost one read when they are needed again.
    /// </summary>
    public void Trim()
    {
        if (_count <= mostAccounts)
        {
            return;
        }

        var most = _count / 2;
        foreach (var key in _accounts.Keys)
        {
            if (_count <= most)
            {
                break;
            }

            Remove(key);
        }
    }

    private void Remove((int Project, string Customer) key) => _count -= _accounts.TryRemove(key, out _) ? 1 : 0;
}
