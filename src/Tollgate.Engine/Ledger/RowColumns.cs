using System.Numerics;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Ledger;

/// <summary>Parameters of the statements of a batch: one array for each column, with a value of each row.</summary>
internal static class RowColumns
{
    public static NpgsqlParameter Smallints<T>(IReadOnlyList<T> rows, Func<T, short> value) => Column(rows, value, NpgsqlDbType.Smallint);

    public static NpgsqlParameter Integers<T>(IReadOnlyList<T> rows, Func<T, int> value) => Column(rows, value, NpgsqlDbType.Integer);

    public static NpgsqlParameter Bigints<T>(IReadOnlyList<T> rows, Func<T, long> value) => Column(rows, value, NpgsqlDbType.Bigint);

    public static NpgsqlParameter Uuids<T>(IReadOnlyList<T> rows, Func<T, Guid> value) => Column(rows, value, NpgsqlDbType.Uuid);

    public static NpgsqlParameter Texts<T>(IReadOnlyList<T> rows, Func<T, string?> value) => Column(rows, value, NpgsqlDbType.Text);

    public static NpgsqlParameter Numerics<T>(IReadOnlyList<T> rows, Func<T, Quantity> value) =>
        Column(rows, r => value(r).Value, NpgsqlDbType.Numeric);

    public static NpgsqlParameter BigIntegers<T>(IReadOnlyList<T> rows, Func<T, BigInteger> value) =>
        Column(rows, value, NpgsqlDbType.Numeric);

    public static NpgsqlParameter OptionalNumerics<T>(IReadOnlyList<T> rows, Func<T, Quantity?> value) =>
        Column(rows, r => value(r)?.Value, NpgsqlDbType.Numeric);

    public static NpgsqlParameter Moments<T>(IReadOnlyList<T> rows, Func<T, Instant> value) =>
        Column(rows, r => value(r).ToUtc(), NpgsqlDbType.TimestampTz);

    public static NpgsqlParameter<TColumn[]> Column<T, TColumn>(IReadOnlyList<T> rows, Func<T, TColumn> value, NpgsqlDbType type)
    {
        var column = new TColumn[rows.Count];
        for (var i = 0; i < column.Length; i++)
        {
            column[i] = value(rows[i]);
        }

        return new() { TypedValue = column, NpgsqlDbType = NpgsqlDbType.Array | type };
    }
}
