using Npgsql;
using Tollgate.Core.Catalog;
using Tollgate.Core.Ledger;
using Tollgate.Core.Money;
using Tollgate.Core.Quotas;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// The account states of one read. An unreadable row affects only its own account: lanes decide for all customers, and one account must not
/// stop them.
/// </summary>
internal sealed class AccountReading(IReadOnlyDictionary<int, ProjectSnapshot> projects)
{
    private readonly Dictionary<int, (AccountState Account, ProjectSnapshot Project)> _byAccount = [];
    private readonly Dictionary<FeatureState, List<Grant>> _grants = [];

    public Dictionary<(int Project, string Customer), AccountState> Accounts { get; } = [];

    /// <summary>Accounts that exist but cannot be read, with the reasons.</summary>
    public Dictionary<(int Project, string Customer), Exception> Unreadable { get; } = [];

    /// <summary>Reads the results of the statements of <see cref="AccountLoader.LoadAsync"/>, in their order.</summary>
    public async Task ReadAsync(NpgsqlDataReader reader, CancellationToken cancel)
    {
        while (await reader.ReadAsync(cancel))
        {
            ReadCustomer(reader);
        }

        await ReadRowsAsync(reader, static (row, feature) => feature.Load(AccountLoader.ReadBalance(row)), cancel);
        await ReadRowsAsync(reader, Gather, cancel);
        await ReadEachAsync(reader, ReadHold, cancel);
        await ReadRowsAsync(
            reader,
            static (row, feature) => feature.Load(new RateState(
                row.GetInt32(RateColumn.Feature), row.GetInt16(RateColumn.Slot), row.GetInt32(RateColumn.Fingerprint),
                AccountLoader.At(row, RateColumn.Moment), Quantity.Of(row.GetDecimal(RateColumn.Used)))),
            cancel);
        foreach (var (feature, grants) in _grants)
        {
            feature.Load(grants);
        }
    }

    private void ReadCustomer(NpgsqlDataReader reader)
    {
        var project = projects[reader.GetInt32(CustomerColumn.ProjectId)];
        var key = (project.Id, reader.GetString(CustomerColumn.Id));
        try
        {
            var account = AccountLoader.ReadCustomer(reader, project);
            Accounts[key] = account;
            _byAccount[account.Key] = (account, project);
        }
        catch (Exception fault) when (fault is not NpgsqlException)
        {
            Unreadable[key] = fault;
        }
    }

    private void Gather(NpgsqlDataReader row, FeatureState feature)
    {
        if (!_grants.TryGetValue(feature, out var grants))
        {
            _grants[feature] = grants = [];
        }

        grants.Add(AccountLoader.ReadGrant(row));
    }

    /// <summary>
    /// A hold may lie in an ended period, of a feature that has no other row: this loads the feature, so that an operation that frees the
    /// hold finds it.
    /// </summary>
    private static void ReadHold(NpgsqlDataReader row, AccountState account, ProjectSnapshot project)
    {
        var hold = AccountLoader.ReadHold(row);
        foreach (var part in hold.Parts)
        {
            FeatureOf(account, project, part.FeatureKey);
        }

        account.LoadHold(hold);
    }

    private Task ReadRowsAsync(NpgsqlDataReader reader, Action<NpgsqlDataReader, FeatureState> read, CancellationToken cancel) =>
        ReadEachAsync(reader, (row, account, project) => read(row, FeatureOf(account, project, row.GetInt32(2))), cancel);

    private async Task ReadEachAsync(
        NpgsqlDataReader reader, Action<NpgsqlDataReader, AccountState, ProjectSnapshot> read, CancellationToken cancel)
    {
        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var account = reader.GetInt32(1);
            if (!_byAccount.TryGetValue(account, out var known))
            {
                continue;
            }

            try
            {
                read(reader, known.Account, known.Project);
            }
            catch (Exception fault) when (fault is not NpgsqlException)
            {
                var key = (known.Project.Id, known.Account.Customer);
                Unreadable[key] = fault;
                Accounts.Remove(key);
                _byAccount.Remove(account);
            }
        }
    }

    private static FeatureState FeatureOf(AccountState account, ProjectSnapshot project, int featureKey) =>
        account.FeatureOf(project.Catalog.FeatureOf(featureKey));
}
