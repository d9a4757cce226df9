using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Ledger;

namespace Tollgate.Engine.Ledger;

/// <summary>
/// <see cref="LedgerSql.WriteOne"/> with its parameters, kept from batch to batch: a quiet server sends it for every
/// decision, and the driver looks up the type of each new parameter.
/// </summary>
internal sealed class OneUse
{
    private readonly NpgsqlParameter<short> _partition = Of<short>(NpgsqlDbType.Smallint);
    private readonly NpgsqlParameter<int> _account = Of<int>(NpgsqlDbType.Integer);
    private readonly NpgsqlParameter<int> _feature = Of<int>(NpgsqlDbType.Integer);
    private readonly NpgsqlParameter<DateTime> _periodStart = Of<DateTime>(NpgsqlDbType.TimestampTz);
    private readonly NpgsqlParameter<long> _version = Of<long>(NpgsqlDbType.Bigint);
    private readonly NpgsqlParameter<decimal> _used = Of<decimal>(NpgsqlDbType.Numeric);
    private readonly NpgsqlParameter<decimal> _held = Of<decimal>(NpgsqlDbType.Numeric);
    private readonly NpgsqlParameter<decimal> _drawn = Of<decimal>(NpgsqlDbType.Numeric);
    private readonly NpgsqlParameter<long> _denied = Of<long>(NpgsqlDbType.Bigint);
    private readonly NpgsqlParameter<short> _fired = Of<short>(NpgsqlDbType.Smallint);
    private readonly NpgsqlParameter<short> _openHolds = Of<short>(NpgsqlDbType.Smallint);
    private readonly NpgsqlParameter<decimal?> _quota = Of<decimal?>(NpgsqlDbType.Numeric);
    private readonly NpgsqlParameter<DateTime> _occurredAt = Of<DateTime>(NpgsqlDbType.TimestampTz);
    private readonly NpgsqlParameter<Guid> _id = Of<Guid>(NpgsqlDbType.Uuid);
    private readonly NpgsqlParameter<DateOnly> _month = Of<DateOnly>(NpgsqlDbType.Date);
    private readonly NpgsqlParameter<decimal> _quantity = Of<decimal>(NpgsqlDbType.Numeric);
    private readonly NpgsqlParameter<decimal> _usedAfter = Of<decimal>(NpgsqlDbType.Numeric);
    private readonly NpgsqlParameter<string> _data = Of<string>(NpgsqlDbType.Jsonb);
    private readonly NpgsqlBatchCommand _command;

    public OneUse() => _command = new()
    {
        Parameters =
        {
            _partition, _account, _feature, _periodStart, _version, _used, _held, _drawn, _denied, _fired, _openHolds, _quota,
            _occurredAt, _id, _month, _quantity, _usedAfter, _data,
        },
    };

    /// <summary>The command, ready to be sent. It is good until the next one is asked for.</summary>
    public NpgsqlBatchCommand For(in DirtyRow<Balance> row, in NewEvent added)
    {
        var (book, before, after) = row;
        _partition.TypedValue = book.Partition;
        _account.TypedValue = book.Account;
        _feature.TypedValue = after.FeatureKey;
        _periodStart.TypedValue = after.Period.Start.ToUtc();
        _version.TypedValue = before!.Version;
        _used.TypedValue = after.Used.Value;
        _held.TypedValue = after.Held.Value;
        _drawn.TypedValue = after.Drawn.Value;
        _denied.TypedValue = after.Denied;
        _fired.TypedValue = (short)after.Fired;
        _openHolds.TypedValue = (short)after.OpenHolds;
        _quota.TypedValue = after.Quota?.Value;
        _occurredAt.TypedValue = added.OccurredAt.ToUtc();
        _id.TypedValue = added.Key.Id;
        _month.TypedValue = added.Key.Month;
        _quantity.TypedValue = added.Quantity.Value;
        _usedAfter.TypedValue = added.UsedAfter.Value;
        _data.TypedValue = added.Data;
        _command.CommandText = LedgerSql.WriteOne(added.Key.Month);
        return _command;
    }

    private static NpgsqlParameter<T> Of<T>(NpgsqlDbType type) => new() { NpgsqlDbType = type };
}
