using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Postgres;

/// <summary>A statement that takes a batch as arrays, position by position: <c>$1</c> is what is added first.</summary>
internal sealed class ArrayCommand(string sql)
{
    public NpgsqlBatchCommand Command { get; } = new(sql);

    public ArrayCommand Small(IEnumerable<short> values) => Add(values.ToArray(), NpgsqlDbType.Smallint);

    public ArrayCommand SmallOrNull(IEnumerable<short?> values) => Add(values.ToArray(), NpgsqlDbType.Smallint);

    public ArrayCommand Whole(IEnumerable<int> values) => Add(values.ToArray(), NpgsqlDbType.Integer);

    public ArrayCommand WholeOrNull(IEnumerable<int?> values) => Add(values.ToArray(), NpgsqlDbType.Integer);

    public ArrayCommand Long(IEnumerable<long?> values) => Add(values.ToArray(), NpgsqlDbType.Bigint);

    public ArrayCommand Numbers(IEnumerable<decimal?> values) => Add(values.ToArray(), NpgsqlDbType.Numeric);

    public ArrayCommand Text(IEnumerable<string?> values) => Add(values.ToArray(), NpgsqlDbType.Text);

    public ArrayCommand Ids(IEnumerable<Guid?> values) => Add(values.ToArray(), NpgsqlDbType.Uuid);

    public ArrayCommand Flags(IEnumerable<bool> values) => Add(values.ToArray(), NpgsqlDbType.Boolean);

    public ArrayCommand Times(IEnumerable<Instant?> values) => Add(values.Select(static at => at?.ToUtc()).ToArray(), NpgsqlDbType.TimestampTz);

    /// <summary>The same for the whole batch: not an array.</summary>
    public ArrayCommand One(object value)
    {
        Command.Parameters.Add(new() { Value = value });
        return this;
    }

    private ArrayCommand Add(Array values, NpgsqlDbType type)
    {
        Command.Parameters.Add(new() { Value = values, NpgsqlDbType = NpgsqlDbType.Array | type });
        return this;
    }
}
