using System.Numerics;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Customers;
using Tollgate.Core.Ledger;
using Tollgate.Core.Metering;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using Tollgate.Engine.Customers;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Ledger;

/// <summary>An account that a batch needs.</summary>
/// <param name="Now">The time of the earliest operation: later ones need no row that has ended by then.</param>
internal readonly record struct AccountWanted(ProjectSnapshot Project, string Customer, short Partition, Instant Now, bool Create)
{
    public (int Project, string Customer) Key => (Project.Id, Customer);

    /// <summary>Combines the needs of two operations on the same account.</summary>
    public AccountWanted And(in AccountWanted other) =>
        this with { Now = Now < other.Now ? Now : other.Now, Create = Create || other.Create };
}

/// <summary>A balance row that a batch needs beyond those of open periods.</summary>
internal readonly record struct RowWanted(AccountState Account, int FeatureKey, Instant PeriodStart);

/// <summary>
/// A time-weighted level whose reports since an instant a batch needs, and the rows of the periods that end after it.
/// </summary>
internal readonly record struct ReportsWanted(AccountState Account, FeatureState Feature, Instant At, Instant Now);

/// <summary>Reads account states, all of a batch in one round trip.</summary>
internal sealed class AccountLoader(NpgsqlConnection connection)
{
    /// <summary>
    /// Reads the states of the wanted accounts; the result omits a missing account that is not to be created. With
    /// <paramref name="locked"/> the rows stay locked until the caller's transaction ends.
    /// </summary>
    /// <param name="wanted">The accounts, with one snapshot of each project.</param>
    public async Task<AccountReading> LoadAsync(
        IReadOnlyList<AccountWanted> wanted, NewCustomers created, bool locked, CancellationToken cancel)
    {
        var sorted = wanted.OrderBy(w => w.Partition).ThenBy(w => w.Project.Id).ThenBy(w => w.Customer, StringComparer.Ordinal).ToArray();
        var partitions = Array.ConvertAll(sorted, w => w.Partition);
        var projects = Array.ConvertAll(sorted, w => w.Project.Id);
        var ids = Array.ConvertAll(sorted, w => w.Customer);
        var nows = Array.ConvertAll(sorted, w => w.Now.ToUtc());
        if (sorted.Any(w => w.Create))
        {
            await CreateAsync([.. sorted.Where(w => w.Create)], created, cancel);
        }

        await using var batch = new NpgsqlBatch(connection);
        var customers = (locked ? LedgerSql.LockCustomers : LedgerSql.LoadCustomers, false);
        var balances = (locked ? LedgerSql.LockBalances : LedgerSql.LoadBalances, true);
        foreach (var (sql, takesNow) in new[]
        {
            customers, balances, (LedgerSql.LoadGrants, true), (LedgerSql.LoadHolds, false), (LedgerSql.LoadRates, false),
        })
        {
            var command = new NpgsqlBatchCommand(sql);
            command.Parameters.Add(new() { Value = partitions, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint });
            command.Parameters.Add(new() { Value = projects, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
            command.Parameters.Add(new() { Value = ids, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
            if (takesNow)
            {
                command.Parameters.Add(new() { Value = nows, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
            }

            batch.BatchCommands.Add(command);
        }

        var byProject = new Dictionary<int, ProjectSnapshot>();
        foreach (var one in sorted)
        {
            byProject[one.Project.Id] = one.Project;
        }

        await using var reader = await batch.ExecuteReaderAsync(cancel);
        var reading = new AccountReading(byProject);
        await reading.ReadAsync(reader, cancel);
        return reading;
    }

    private async Task CreateAsync(AccountWanted[] missing, NewCustomers created, CancellationToken cancel)
    {
        await using var create = new NpgsqlCommand(CustomerSql.CreateMissing, connection);
        create.Parameters.Add(
            new() { Value = Array.ConvertAll(missing, w => w.Partition), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint });
        create.Parameters.Add(
            new() { Value = Array.ConvertAll(missing, w => w.Project.Id), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        create.Parameters.Add(
            new() { Value = Array.ConvertAll(missing, w => w.Customer), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        create.Parameters.Add(ErasedIds.Parameter(created.Erased, Array.ConvertAll(missing, static w => w.Key)));
        await using var reader = await create.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            if (reader.GetBoolean(CustomerSql.IsNew))
            {
                created.Created(reader.GetInt32(CustomerSql.ProjectOfMissing), 1);
            }
        }
    }

    /// <exception cref="CatalogTooOldException">A plan version of the customer is newer than the snapshot.</exception>
    public static AccountState ReadCustomer(NpgsqlDataReader reader, ProjectSnapshot project)
    {
        var catalog = project.Catalog;
        var cycles = CycleText.Read(reader.GetString(CustomerColumn.Cycles));
        return new()
        {
            ProjectId = project.Id,
            Customer = reader.GetString(CustomerColumn.Id),
            Partition = reader.GetInt16(CustomerColumn.Partition),
            Key = reader.GetInt32(CustomerColumn.Account),
            CustomerVersion = reader.GetInt32(CustomerColumn.Version),
            CatalogRevision = catalog.Revision,
            Terms = TermsReader.Read(reader.IsDBNull(CustomerColumn.Terms) ? null : reader.GetString(CustomerColumn.Terms), catalog),
            CustomerSince = At(reader, CustomerColumn.CreatedAt),
            Cycles = cycles,
            IsInactive = catalog.Document.WithoutSubscription == WithoutSubscription.Inactive
                && BillingCycles.HaveLapsed(
                    cycles, reader.IsDBNull(CustomerColumn.PlanAssignedAt) ? null : At(reader, CustomerColumn.PlanAssignedAt)),
            Zone = project.Zone,
            Owner = reader.IsDBNull(CustomerColumn.Owner) ? null : reader.GetString(CustomerColumn.Owner),
            FeaturesByCode = catalog.Features,
        };
    }

    /// <summary>Loads those of the members that belong to the accounts; the others stay unknown.</summary>
    public async Task LoadMembersAsync(IReadOnlyCollection<(AccountState Account, string Member)> wanted, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(LedgerSql.FindMembers, connection);
        command.Parameters.Add(
            new() { Value = wanted.Select(w => w.Account.Partition).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint });
        command.Parameters.Add(
            new() { Value = wanted.Select(w => w.Account.Key).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        command.Parameters.Add(
            new() { Value = wanted.Select(w => w.Member).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        var accounts = wanted.Select(w => w.Account).Distinct().ToDictionary(account => account.Key);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            accounts[reader.GetInt32(0)].LoadMember(reader.GetString(1));
        }
    }

    /// <summary>Loads rows of ended periods into their states; rows that do not exist stay missing.</summary>
    public Task LoadRowsAsync(IReadOnlyCollection<RowWanted> wanted, bool locked, CancellationToken cancel) =>
        LoadRowsAsync(wanted, locked ? LedgerSql.LockBalancesByKey : LedgerSql.LoadBalancesByKey, cancel);

    /// <summary>Loads the rows from the newest one before a period on into their states.</summary>
    public Task LoadHistoryAsync(IReadOnlyCollection<RowWanted> wanted, bool locked, CancellationToken cancel) =>
        LoadRowsAsync(wanted, locked ? LedgerSql.LockHistory : LedgerSql.LoadHistory, cancel);

    /// <summary>
    /// Loads the rows that reports may change, and the reports of these rows. <paramref name="wanted"/> has everything that the batch needs
    /// of a level.
    /// </summary>
    public async Task LoadReportsAsync(IReadOnlyCollection<ReportsWanted> wanted, bool locked, CancellationToken cancel)
    {
        if (wanted.Count == 0)
        {
            return;
        }

        await LoadRowsAsync(
            [.. wanted.Where(static one => one.At < one.Now)
                .Select(static one => new RowWanted(one.Account, one.Feature.Feature.Key, one.At))],
            locked ? TimedSql.LockBalancesSince : TimedSql.LoadBalancesSince, cancel);
        var since = wanted.GroupBy(static one => one.Feature)
            .Select(static level => (level.First().Account, Feature: level.Key, Since: level.Min(SinceOf))).ToArray();
        await using var command = new NpgsqlCommand(TimedSql.LoadReports, connection);
        AddAccounts(command, Array.ConvertAll(since, static one => one.Account));
        command.Parameters.Add(
            new() { Value = Array.ConvertAll(since, static one => one.Feature.Feature.Key),
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        command.Parameters.Add(
            new() { Value = Array.ConvertAll(since, static one => one.Since.ToUtc()),
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        var reports = since.ToDictionary(static one => (one.Account.Key, one.Feature.Feature.Key), static _ => new List<LevelReport>());
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                reports[(reader.GetInt32(0), reader.GetInt32(1))].Add(
                    new(At(reader, 2), reader.GetInt32(3), Quantity.Of(reader.GetDecimal(4))));
            }
        }

        foreach (var (account, feature, from) in since)
        {
            feature.Load(LevelTimeline.Of(from, reports[(account.Key, feature.Feature.Key)]));
        }
    }

    /// <summary>Returns the instant before the report, or the start of a period without a row if that is earlier.</summary>
    private static Instant SinceOf(ReportsWanted wanted)
    {
        var since = new Instant(Math.Min(wanted.At.UnixMicroseconds, wanted.Now.UnixMicroseconds) - 1);
        foreach (var period in (ReadOnlySpan<Period>)[wanted.Feature.PeriodAt(wanted.At), wanted.Feature.PeriodAt(wanted.Now)])
        {
            since = wanted.Feature.FindBalance(period.Start) is null && period.Start < since ? period.Start : since;
        }

        return since;
    }

    private async Task LoadRowsAsync(IReadOnlyCollection<RowWanted> wanted, string sql, CancellationToken cancel)
    {
        if (wanted.Count == 0)
        {
            return;
        }

        var sorted = wanted.Distinct().OrderBy(w => w.Account.Partition).ThenBy(w => w.Account.Key)
            .ThenBy(w => w.FeatureKey).ThenBy(w => w.PeriodStart).ToArray();
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(
            new() { Value = Array.ConvertAll(sorted, w => w.Account.Partition),
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint });
        command.Parameters.Add(
            new() { Value = Array.ConvertAll(sorted, w => w.Account.Key), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        command.Parameters.Add(
            new() { Value = Array.ConvertAll(sorted, w => w.FeatureKey), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        command.Parameters.Add(
            new() { Value = Array.ConvertAll(sorted, w => w.PeriodStart.ToUtc()),
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        var accounts = new Dictionary<int, AccountState>();
        foreach (var one in sorted)
        {
            accounts[one.Account.Key] = one.Account;
        }

        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var balance = ReadBalance(reader);
            var account = accounts[reader.GetInt32(BalanceColumn.Account)];
            var feature = account.FindFeature(balance.FeatureKey);

            // A row of a period that had not ended when the state was read was written later, and grants with it: the state is stale, and
            // the batch will detect that.
            if (feature is not null && feature.FindBalance(balance.Period.Start) is null && balance.Period.End <= account.ReadFor)
            {
                feature.Load(balance);
            }
        }
    }

    /// <summary>Loads rollovers that had not expired at these times into their states.</summary>
    public async Task LoadRolloversAsync(IReadOnlyDictionary<AccountState, Instant> since, CancellationToken cancel)
    {
        if (since.Count > 0)
        {
            await using var command = new NpgsqlCommand(LedgerSql.LoadRolloversSince, connection);
            AddAccounts(command, [.. since.Keys]);
            command.Parameters.Add(
                new() { Value = since.Values.Select(static at => at.ToUtc()).ToArray(),
                    NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
            await ReadGrantsAsync(command, since.Keys, cancel);
        }
    }

    /// <summary>
    /// Loads expired grants that had not expired at these times into their states. It reads one more day, so that not every late event
    /// causes a read.
    /// </summary>
    public async Task LoadGrantsAsync(IReadOnlyDictionary<AccountState, Instant> since, CancellationToken cancel)
    {
        if (since.Count == 0)
        {
            return;
        }

        var from = since.ToDictionary(static one => one.Key, static one => one.Value.Minus(TimeSpan.FromDays(1)));
        await using var command = new NpgsqlCommand(LedgerSql.LoadGrantsSince, connection);
        AddAccounts(command, [.. from.Keys]);
        command.Parameters.Add(
            new() { Value = from.Values.Select(static at => at.ToUtc()).ToArray(),
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        await ReadGrantsAsync(command, from.Keys, cancel);
        foreach (var (account, at) in from)
        {
            account.GrantsSince = at;
        }
    }

    /// <summary>Loads particular grants into their states, expired or not.</summary>
    public async Task LoadGrantsAsync(IReadOnlyCollection<(AccountState Account, Guid Grant)> wanted, CancellationToken cancel)
    {
        if (wanted.Count == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand(LedgerSql.LoadGrantsByKey, connection);
        AddAccounts(command, [.. wanted.Select(static one => one.Account)]);
        command.Parameters.Add(
            new() { Value = wanted.Select(static one => one.Grant).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        await ReadGrantsAsync(command, wanted.Select(static one => one.Account), cancel);
    }

    private static void AddAccounts(NpgsqlCommand command, AccountState[] accounts)
    {
        command.Parameters.Add(
            new() { Value = Array.ConvertAll(accounts, static account => account.Partition),
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint });
        command.Parameters.Add(
            new() { Value = Array.ConvertAll(accounts, static account => account.Key),
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
    }

    private static async Task ReadGrantsAsync(NpgsqlCommand command, IEnumerable<AccountState> accounts, CancellationToken cancel)
    {
        var byAccount = accounts.Distinct().ToDictionary(static account => account.Key);
        var found = new Dictionary<FeatureState, Dictionary<Guid, Grant>>();
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                var (account, grant) = (byAccount[reader.GetInt32(GrantColumn.Account)], ReadGrant(reader));
                var feature = account.FindFeature(grant.FeatureKey)
                    ?? account.FeatureOf(account.FeaturesByCode.Values.First(one => one.Key == grant.FeatureKey));
                var read = found.TryGetValue(feature, out var known) ? known : found[feature] = [];
                read.TryAdd(grant.Id, grant);
            }
        }

        foreach (var (feature, grants) in found)
        {
            foreach (var slot in feature.Grants)
            {
                grants.Remove(slot.Current.Id);
            }

            feature.Load(grants.Values);
        }
    }

    public static Balance ReadBalance(NpgsqlDataReader reader) => new()
    {
        FeatureKey = reader.GetInt32(BalanceColumn.Feature),
        Period = new(At(reader, BalanceColumn.PeriodStart), At(reader, BalanceColumn.PeriodEnd)),
        Version = reader.GetInt64(BalanceColumn.Version),
        Used = Quantity.Of(reader.GetDecimal(BalanceColumn.Used)),
        Held = Quantity.Of(reader.GetDecimal(BalanceColumn.Held)),
        Drawn = Quantity.Of(reader.GetDecimal(BalanceColumn.Drawn)),
        Carried = Quantity.Of(reader.GetDecimal(BalanceColumn.Carried)),
        Quota = reader.IsDBNull(BalanceColumn.Quota) ? null : Quantity.Of(reader.GetDecimal(BalanceColumn.Quota)),
        Denied = reader.GetInt64(BalanceColumn.Denied),
        Fired = reader.GetInt16(BalanceColumn.Fired),
        OpenHolds = reader.GetInt16(BalanceColumn.OpenHolds),
        Reports = reader.IsDBNull(BalanceColumn.Reports)
            ? null
            : new(reader.IsDBNull(BalanceColumn.ReportAt) ? null : At(reader, BalanceColumn.ReportAt),
                reader.GetInt32(BalanceColumn.Reports)),
        Timed = reader.IsDBNull(BalanceColumn.LevelTime) ? null : new(
            Quantity.Of(reader.GetDecimal(BalanceColumn.Level)),
            reader.IsDBNull(BalanceColumn.ReportAt) ? null : At(reader, BalanceColumn.ReportAt),
            reader.GetFieldValue<BigInteger>(BalanceColumn.LevelTime), reader.GetInt64(BalanceColumn.LevelWhole)),
    };

    public static Grant ReadGrant(NpgsqlDataReader reader) => new()
    {
        FeatureKey = reader.GetInt32(GrantColumn.Feature),
        Id = reader.GetGuid(GrantColumn.Id),
        Source = Enum.Parse<GrantSource>(reader.GetString(GrantColumn.Source), ignoreCase: true),
        Priority = reader.GetInt16(GrantColumn.Priority),
        Amount = Quantity.Of(reader.GetDecimal(GrantColumn.Amount)),
        Used = Quantity.Of(reader.GetDecimal(GrantColumn.Used)),
        Forfeited = Quantity.Of(reader.GetDecimal(GrantColumn.Forfeited)),
        EffectiveAt = At(reader, GrantColumn.EffectiveAt),
        ExpiresAt = At(reader, GrantColumn.ExpiresAt),
        CreatedAt = At(reader, GrantColumn.CreatedAt),
        Reference = reader.IsDBNull(GrantColumn.Reference) ? null : reader.GetString(GrantColumn.Reference),
        Withdrawn = Quantity.Of(reader.GetDecimal(GrantColumn.Withdrawn)),
    };

    public static Hold ReadHold(NpgsqlDataReader reader)
    {
        var features = reader.GetFieldValue<int[]>(HoldColumn.Features);
        var amounts = reader.GetFieldValue<decimal[]>(HoldColumn.Amounts);
        var heldFeatures = reader.GetFieldValue<int[]>(HoldColumn.HeldFeatures);
        var heldPeriods = reader.GetFieldValue<DateTime[]>(HoldColumn.HeldPeriods);
        var heldAmounts = reader.GetFieldValue<decimal[]>(HoldColumn.HeldAmounts);
        return new()
        {
            Id = reader.GetGuid(HoldColumn.Id),
            State = Enum.Parse<HoldState>(reader.GetString(HoldColumn.State), ignoreCase: true),
            Amounts = [.. features.Select((f, i) => new FeatureQuantity(f, Quantity.Of(amounts[i])))],
            Parts = [.. heldFeatures.Select((f, i) => new HeldPart(f, Instant.FromUtc(heldPeriods[i]), Quantity.Of(heldAmounts[i])))],
            CreatedAt = At(reader, HoldColumn.CreatedAt),
            ExpiresAt = At(reader, HoldColumn.ExpiresAt),
            Reference = reader.IsDBNull(HoldColumn.Reference) ? null : reader.GetString(HoldColumn.Reference),
            Member = reader.IsDBNull(HoldColumn.Member) ? null : reader.GetString(HoldColumn.Member),
        };
    }

    public static Instant At(NpgsqlDataReader reader, int column) => Instant.FromUtc(reader.GetDateTime(column));
}
