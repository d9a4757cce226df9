using System.Runtime.CompilerServices;
using Npgsql;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Postgres;

/// <summary>
/// Reads the rows of a result by the names of their columns, so that a statement and its reader cannot disagree on an order. The names are
/// resolved once for a result, not for each row.
/// </summary>
/// <remarks>
/// A name that the result lacks, or has twice, is a bug of the statement and throws. Readers of the ledger's batches use constants instead,
/// which a test compares with their statements: a look-up costs some 50 ns (a debug build), and a batch reads 100,000 columns.
/// </remarks>
public sealed class RowReader
{
    /// <summary>In place of a column's position: two columns have this name.</summary>
    private const int Twice = -1;

    private readonly NpgsqlDataReader _reader;
    private readonly Dictionary<string, int> _columns;

    /// <param name="reader">Stands at a result, before or at one of its rows. After <c>NextResult</c> another one is needed.</param>
    public RowReader(NpgsqlDataReader reader)
    {
        _reader = reader;
        _columns = new(reader.FieldCount, StringComparer.Ordinal);
        for (var i = 0; i < reader.FieldCount; i++)
        {
            var name = reader.GetName(i);
            _columns[name] = _columns.ContainsKey(name) ? Twice : i;
        }
    }

    public bool IsNull(string column) => _reader.IsDBNull(At(column));

    public string Text(string column) => _reader.GetString(At(column));

    public string? TextOrNull(string column) => At(column) is var at && _reader.IsDBNull(at) ? null : _reader.GetString(at);

    public short Small(string column) => _reader.GetInt16(At(column));

    public short? SmallOrNull(string column) => At(column) is var at && _reader.IsDBNull(at) ? null : _reader.GetInt16(at);

    public int Whole(string column) => _reader.GetInt32(At(column));

    public int? WholeOrNull(string column) => At(column) is var at && _reader.IsDBNull(at) ? null : _reader.GetInt32(at);

    public long Long(string column) => _reader.GetInt64(At(column));

    public long? LongOrNull(string column) => At(column) is var at && _reader.IsDBNull(at) ? null : _reader.GetInt64(at);

    public decimal Number(string column) => _reader.GetDecimal(At(column));

    public decimal? NumberOrNull(string column) => At(column) is var at && _reader.IsDBNull(at) ? null : _reader.GetDecimal(at);

    public bool Flag(string column) => _reader.GetBoolean(At(column));

    public Guid Id(string column) => _reader.GetGuid(At(column));

    public Guid? IdOrNull(string column) => At(column) is var at && _reader.IsDBNull(at) ? null : _reader.GetGuid(at);

    public Instant Time(string column) => Instant.FromUtc(_reader.GetDateTime(At(column)));

    public Instant? TimeOrNull(string column) =>
        At(column) is var at && _reader.IsDBNull(at) ? null : Instant.FromUtc(_reader.GetDateTime(at));

    /// <summary>A value of another type: an array, a date, bytes.</summary>
    public T Value<T>(string column) => _reader.GetFieldValue<T>(At(column));

    private int At(string column) => _columns.TryGetValue(column, out var at) && at != Twice ? at : Refuse(column);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int Refuse(string column) => throw new InvalidOperationException(
        _columns.ContainsKey(column)
            ? $"Two columns of the statement are called \"{column}\": rename one of them with AS."
            : $"The statement has no column \"{column}\"; it has {string.Join(", ", _columns.Keys)}.");
}
