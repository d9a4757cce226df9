using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Metering;
using Tollgate.Core.Quotas;
using Tollgate.Core.Time;
using static Tollgate.Engine.Ledger.RowColumns;

namespace Tollgate.Engine.Ledger;

/// <summary>A signal of an event that a transaction books.</summary>
/// <param name="Month">The first day of its month in the project's time zone.</param>
internal readonly record struct NewSignal(
    short Partition, int Account, int ProjectId, Guid Id, Instant At, DateOnly Month, Signal Signal);

/// <summary>The signal of an event that a transaction voids.</summary>
internal readonly record struct VoidedSignal(AccountState Account, Instant At, Guid Id);

/// <summary>The signals that a transaction adds or removes. Nearly every batch has none, and then it writes nothing.</summary>
internal sealed class SignalRows
{
    private readonly List<NewSignal> _added = [];
    private readonly List<VoidedSignal> _voided = [];

    public int Count => _added.Count + _voided.Count;

    public void Clear()
    {
        _added.Clear();
        _voided.Clear();
    }

    public void Add(in NewSignal added) => _added.Add(added);

    public void Add(in VoidedSignal voided) => _voided.Add(voided);

    /// <summary>Adds the statements in the order in which the transaction sends them, after the events.</summary>
    /// <param name="isImport">True: the events are imported ones, which the transaction has booked or found.</param>
    public void AddTo(NpgsqlBatch batch, bool isImport = false)
    {
        if (Count == 0)
        {
            return;
        }

        var named = _added.FindAll(static one => one.Signal.Type == SignalRules.ValueMetric);
        if (named.Count > 0 && !isImport)
        {
            Add(
                batch, SignalSql.AddNames, Integers(named, s => s.ProjectId), Texts(named, s => s.Signal.Name),
                Texts(named, s => s.Signal.Unit), new() { Value = (long)SignalRules.MostNames, NpgsqlDbType = NpgsqlDbType.Bigint });
        }

        var touched = _added.Select(static one => (one.Partition, one.Account, Project: one.ProjectId))
            .Concat(_voided.Select(static one => (one.Account.Partition, Account: one.Account.Key, Project: one.Account.ProjectId)))
            .Distinct().ToArray();
        if (isImport)
        {
            Add(batch, SignalSql.Mark, Smallints(touched, one => one.Partition), Integers(touched, one => one.Account));
        }

        Add(
            batch, SignalSql.Lock, Smallints(touched, one => one.Partition), Integers(touched, one => one.Account),
            Integers(touched, one => one.Project));
        Add(batch, isImport ? SignalSql.AddImported : SignalSql.Change, [.. Added(isImport), .. isImport ? [] : Voided()]);
        Add(batch, SignalSql.FindFirst, Smallints(touched, t => t.Partition), Integers(touched, t => t.Account));
    }

    private NpgsqlParameter[] Added(bool isImport) =>
    [
        Smallints(_added, s => s.Partition), Integers(_added, s => s.Account), Integers(_added, s => s.ProjectId), Uuids(_added, s => s.Id),
        Moments(_added, s => s.At), Column(_added, s => s.Month, NpgsqlDbType.Date),
        Smallints(_added, s => isImport ? SignalSql.ImportShard : s.Partition), Texts(_added, s => s.Signal.Type),
        Texts(_added, s => s.Signal.Name), Texts(_added, s => s.Signal.Unit), Numerics(_added, s => s.Signal.Value),
    ];

    private NpgsqlParameter[] Voided() =>
    [
        Smallints(_voided, v => v.Account.Partition), Integers(_voided, v => v.Account.Key), Moments(_voided, v => v.At),
        Uuids(_voided, v => v.Id),
    ];

    private static void Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        batch.BatchCommands.Add(command);
    }
}
